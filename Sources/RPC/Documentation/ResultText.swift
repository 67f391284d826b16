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

/// An example call: the arguments, each in the form of a JSON text: `"\"abc\""`, `"5"`. Or words
/// between examples.
///
/// A method with plain examples alone shows all for the shell, then all for the web; once there are
/// words or a choice, each stands where it is listed.
public struct Example: Sendable {
    enum Form: Hashable {
        case both, shell, web, words
    }

    public var arguments: [String]
    var form = Form.both
    /// The method to be called, where it is another than the one explained.
    var method: String?

    public init(_ arguments: [String] = []) {
        self.arguments = arguments
    }

    private init(_ arguments: [String], _ form: Form, method: String? = nil) {
        self.arguments = arguments
        self.form = form
        self.method = method
    }

    /// Words as they stand, their line ends too.
    public static func words(_ text: String) -> Example { Example([text], .words) }

    /// A call from the shell.
    public static func shell(_ arguments: [String] = [], method: String? = nil) -> Example {
        Example(arguments, .shell, method: method)
    }

    /// A call over the web.
    public static func web(_ arguments: [String] = [], method: String? = nil) -> Example {
        Example(arguments, .web, method: method)
    }
}
