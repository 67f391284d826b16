/// A table whose keys are byte strings, listed in the order of those bytes. What came first under a
/// key stays.
public struct ByteTable<Value: Hashable & Sendable>: Hashable, Sendable {
    /// A row of the table.
    public struct Entry: Hashable, Sendable {
        /// What the value is found under.
        public let key: [UInt8]
        /// The value.
        public let value: Value
    }

    private var values: [[UInt8]: Value] = [:]

    /// An empty table.
    public init() {}

    /// Whether there are no rows.
    public var isEmpty: Bool { values.isEmpty }

    /// The number of rows.
    public var count: Int { values.count }

    /// The rows, by key.
    public var entries: [Entry] {
        values.map { Entry(key: $0.key, value: $0.value) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// The value of a key. What is set here replaces what was there.
    public subscript(key: [UInt8]) -> Value? {
        get { values[key] }
        set { values[key] = newValue }
    }

    /// Adds a row unless there is one of this key.
    public mutating func insert(_ value: Value, for key: [UInt8]) {
        if values[key] == nil { values[key] = value }
    }

    /// Adds the rows of another table whose keys this one lacks.
    public mutating func merge(_ other: ByteTable) {
        values.merge(other.values) { mine, _ in mine }
    }

    /// Removes all rows.
    public mutating func removeAll() { values = [:] }
}
