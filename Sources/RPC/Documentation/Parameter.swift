public import Notation

/// One parameter of a method: what its argument may be, and what the help says of it.
public struct Parameter: Sendable {
    /// The kind of JSON value that the argument must be.
    public enum Kind: Sendable, Hashable {
        case string
        case hex
        case number
        /// A number or a string; the method itself judges it.
        case amount
        /// A number or an array of two.
        case range
        case bool
        case object
        /// An object whose members can also be given as named arguments of the method.
        case namedOptions
        /// An object whose names the user chooses.
        case userKeys
        case array
    }

    /// What counts when no argument is given.
    public enum Fallback: Sendable, Hashable {
        case required
        case omitted
        /// A default that the help tells in words.
        case hint(String)
        case value(JSON)
    }

    /// All names, the first is the one the help shows.
    public var names: [String]
    public var kind: Kind
    public var fallback: Fallback
    public var text: String
    /// The elements of an array, the members of an object.
    public var inner: [Parameter]
    /// Left out of the help, with all parameters that follow.
    public var isHidden = false
    /// The method judges the kind of the argument itself.
    public var skipsTypeCheck = false
    /// Stands in the line of the synopsis in place of what the kind gives.
    public var synopsis: String?
    /// How the help shows the value and names its type, where the kind says too little.
    public var typeText: (value: String, name: String)?

    public init(
        _ names: String, _ kind: Kind, _ fallback: Fallback, _ text: String,
        inner: [Parameter] = []
    ) {
        self.names = names.split(separator: "|").map(String.init)
        self.kind = kind
        self.fallback = fallback
        self.text = text
        self.inner = inner
    }

    /// A parameter that must be given.
    public init(_ names: String, _ kind: Kind, _ text: String, inner: [Parameter] = []) {
        self.init(names, kind, .required, text, inner: inner)
    }

    public init(
        _ names: String, _ kind: Kind, default value: JSON, _ text: String,
        inner: [Parameter] = []
    ) {
        self.init(names, kind, .value(value), text, inner: inner)
    }

    public init(
        _ names: String, _ kind: Kind, hint: String, _ text: String, inner: [Parameter] = []
    ) {
        self.init(names, kind, .hint(hint), text, inner: inner)
    }

    /// The same parameter, left out of the help.
    public func hidden() -> Parameter {
        var copy = self
        copy.isHidden = true
        return copy
    }

    /// The same parameter, of which the method judges the kind.
    public func unchecked() -> Parameter {
        var copy = self
        copy.skipsTypeCheck = true
        return copy
    }

    /// The same parameter, shown so in the synopsis.
    public func shown(as synopsis: String) -> Parameter {
        var copy = self
        copy.synopsis = synopsis
        return copy
    }

    /// The same parameter, its value and type shown so in the help.
    public func typed(_ value: String, _ name: String) -> Parameter {
        var copy = self
        copy.typeText = (value, name)
        return copy
    }

    var name: String { names.first ?? "" }
    /// All names as one text, as error texts show them.
    var pattern: String { names.joined(separator: "|") }
    var isOptional: Bool { fallback != .required }
}

extension Parameter {
    /// Says what is wrong with the kind of an argument, or nil.
    func mismatch(_ argument: JSON) -> String? {
        guard !skipsTypeCheck, !(isOptional && argument.isNull) else { return nil }
        let expected: String
        switch kind {
        case .amount, .range: return nil
        case .string, .hex: expected = "string"
        case .number: expected = "number"
        case .bool: expected = "bool"
        case .object, .namedOptions, .userKeys: expected = "object"
        case .array: expected = "array"
        }
        guard argument.kindName != expected else { return nil }
        return JSON.kindMismatch(argument.kindName, expected)
    }
}

extension JSON {
    static func kindMismatch(_ actual: String, _ expected: String) -> String {
        "JSON value of type \(actual) is not of expected type \(expected)"
    }
}
