/// What the help says of an answer or of a part of it.
public struct ResultText: Sendable {
    public enum Kind: Sendable, Hashable {
        case null
        case string
        case hex
        case number
        case amount
        case time
        case bool
        case array
        /// An array whose elements each mean something of their own.
        case fixedArray
        case object
        /// An object whose names are data.
        case dynamicObject
        /// Three dots that stand for what the text says.
        case elision
    }

    public var kind: Kind
    /// The name of the member, empty where it is none.
    public var key: String
    public var text: String
    public var inner: [ResultText]
    public var isOptional: Bool
    /// When the method gives this answer, where it has several: "for verbosity = 1".
    public var condition: String

    public init(
        _ kind: Kind, _ key: String = "", _ text: String = "", _ inner: [ResultText] = [],
        optional isOptional: Bool = false, when condition: String = ""
    ) {
        self.kind = kind
        self.key = key
        self.text = text
        self.inner = inner
        self.isOptional = isOptional
        self.condition = condition
    }
}

/// The arguments of an example call, each in the form of a JSON text: `"\"abc\""`, `"5"`.
public struct Example: Sendable {
    public var arguments: [String]

    public init(_ arguments: [String] = []) {
        self.arguments = arguments
    }
}
