/// A JSON value that keeps what others throw away: the exact text of a number and the order of an
/// object's members.
///
/// Amounts of money travel as JSON numbers, so a number is never turned into a `Double` on its way.
/// What is accepted and what is written agree with univalue, the library of Bitcoin Core.
public enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The number as it was written, or is to be written: `0.10000000`, `1e-8`.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)
    /// The compact text of a value that would take long to write each time, in pieces. It is never
    /// looked into, nor indented.
    case written([[UInt8]])
}

/// The members of a JSON object in the order in which they were added.
public struct JSONObject: Sendable, Hashable {
    /// One member: its name and its value.
    public struct Member: Sendable, Hashable {
        public var key: String
        public var value: JSON

        public init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// The members in order. A parsed object keeps a name given twice; look-ups find the first.
    public private(set) var members: [Member]

    public init() {
        members = []
    }

    public init(members: [Member]) {
        self.members = members
    }

    public init(_ members: [(String, JSON)]) {
        self.members = members.map { Member(key: $0.0, value: $0.1) }
    }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }

    /// The value of the first member of this name. Setting replaces it where it stands, or adds it
    /// at the end; setting nil removes it.
    public subscript(key: String) -> JSON? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member at the end without looking whether the name is there already.
    public mutating func append(_ key: String, _ value: JSON) {
        members.append(Member(key: key, value: value))
    }

    /// Adds all members of another object at the end.
    public mutating func append(contentsOf other: JSONObject) {
        members.append(contentsOf: other.members)
    }

    public mutating func reserveCapacity(_ count: Int) {
        members.reserveCapacity(count)
    }
}

// MARK: - Making values

extension JSON {
    /// A whole number.
    public static func int(_ value: some BinaryInteger) -> JSON {
        .number(String(value))
    }

    /// A floating-point number as Bitcoin Core prints one: sixteen significant digits, `%.16g`.
    /// What is no number (infinite, not a number) becomes null.
    public static func double(_ value: Double) -> JSON {
        guard value.isFinite else { return .null }
        return .number(FloatingText.general(value, digits: 16))
    }

    /// An amount of satoshis as bitcoins with eight decimals.
    public static func amount(_ satoshis: Int64) -> JSON {
        .number(Decimal8.text(satoshis))
    }

    /// Bytes as lower-case hexadecimal text.
    public static func hex(_ bytes: some Collection<UInt8>) -> JSON {
        .string(Hex.encode(bytes))
    }

    /// The string, or null.
    public static func optional(_ text: String?) -> JSON {
        text.map(JSON.string) ?? .null
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .number(String(value)) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(JSONObject(elements))
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

// MARK: - Reading values

extension JSON {
    /// The member of this name, where this is an object that has one.
    public subscript(key: String) -> JSON? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// The element at this position, where this is an array that reaches so far.
    public subscript(index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    public var isNull: Bool { self == .null }

    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The text of a number, exactly as written.
    public var numberText: String? {
        guard case .number(let text) = self else { return nil }
        return text
    }

    /// The number, where it is written as a whole one (`1`, not `1.0` nor `1e2`) and fits.
    public var int: Int64? {
        numberText.flatMap { Int64($0) }
    }

    /// The number, where it is written as a whole one, is not negative, and fits.
    public var unsigned: UInt64? {
        numberText.flatMap { UInt64($0) }
    }

    public var double: Double? {
        numberText.flatMap { Double($0) }
    }

    public var stringValue: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    public var array: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    public var object: JSONObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }

    /// The kind of value in univalue's words, as error texts have it.
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        case .written: "written"
        }
    }
}
