public import Cryptography
public import Notation

/// Reading an argument as what it must be; the errors have Bitcoin Core's words.
extension JSON {
    public func asString() throws -> String {
        guard let value = stringValue else { throw wrongKind("string") }
        return value
    }

    public func asBool() throws -> Bool {
        guard let value = bool else { throw wrongKind("bool") }
        return value
    }

    public func asArray() throws -> [JSON] {
        guard let value = array else { throw wrongKind("array") }
        return value
    }

    public func asObject() throws -> JSONObject {
        guard let value = object else { throw wrongKind("object") }
        return value
    }

    /// A whole number of 32 bits, as most numbers in requests are.
    public func asInt() throws -> Int { Int(try asInteger() as Int32) }
    public func asInt64() throws -> Int64 { try asInteger() }
    public func asUInt32() throws -> UInt32 { try asInteger() }
    public func asUInt64() throws -> UInt64 { try asInteger() }

    private func asInteger<Value: FixedWidthInteger>() throws -> Value {
        guard let text = numberText else { throw wrongKind("number") }
        guard let value = Value(text) else { throw RPCError.misc("JSON integer out of range") }
        return value
    }

    public func asDouble() throws -> Double {
        guard numberText != nil else { throw wrongKind("number") }
        guard let value = double, value.isFinite else {
            throw RPCError.misc("JSON double out of range")
        }
        return value
    }

    /// A hash in the order in which it is shown.
    public func asHash(_ name: String) throws -> Hash256 {
        let text = try asString()
        if text.utf8.count == 64, let hash = Hash256(displayHex: text) { return hash }
        guard text.utf8.count == 64 else {
            throw RPCError.invalidParameter(
                "\(name) must be of length 64 (not \(text.utf8.count), for '\(text)')")
        }
        throw RPCError.invalidParameter("\(name) must be hexadecimal string (not '\(text)')")
    }

    public func asHexBytes(_ name: String) throws -> [UInt8] {
        let text = stringValue ?? ""
        guard !text.isEmpty, let bytes = Hex.decode(text) else {
            throw RPCError.invalidParameter("\(name) must be hexadecimal string (not '\(text)')")
        }
        return bytes
    }

    /// An amount in bitcoins, as satoshis; a number or a text, up to 21 million.
    public func asAmount(decimals: Int = 8) throws -> Int64 {
        guard let text = numberText ?? stringValue else {
            throw RPCError.type("Amount is not a number or string")
        }
        guard let amount = Decimal8.parse(text, decimals: decimals) else {
            throw RPCError.type("Invalid amount")
        }
        guard (0...21_000_000 * Decimal8.unit).contains(amount) else {
            throw RPCError.type("Amount out of range")
        }
        return amount
    }

    /// A level of detail: a number or, where allowed, a Boolean, of which true is 1.
    public func asVerbosity(default level: Int, allowsBool: Bool) throws -> Int {
        if isNull { return level }
        guard let flag = bool else { return try asInt() }
        guard allowsBool else {
            throw RPCError.type("Verbosity was boolean but only integer allowed")
        }
        return flag ? 1 : 0
    }

    private func wrongKind(_ expected: String) -> RPCError {
        .type(JSON.kindMismatch(kindName, expected))
    }
}

/// The kind that a member of an object must have; `any` where the method judges it.
public enum MemberKind: String, Sendable {
    case string, number, bool, array, object, any
}

extension JSONObject {
    /// Checks the members of an object that came as an argument (Core's RPCTypeCheckObj).
    ///
    /// The names are checked in their alphabetical order, as Core's map has them.
    public func check(
        _ kinds: [String: MemberKind], allowsNull: Bool = false, isStrict: Bool = false
    ) throws {
        for (name, kind) in kinds.sorted(by: { $0.key < $1.key }) {
            let value = self[name] ?? .null
            if value.isNull {
                guard allowsNull else { throw RPCError.type("Missing \(name)") }
                continue
            }
            guard kind == .any || value.kindName == kind.rawValue else {
                throw RPCError.type(
                    "JSON value of type \(value.kindName) for field \(name) is not of expected "
                        + "type \(kind.rawValue)")
            }
        }
        guard isStrict else { return }
        if let name = keys.first(where: { kinds[$0] == nil }) {
            throw RPCError.type("Unexpected key \(name)")
        }
    }
}
