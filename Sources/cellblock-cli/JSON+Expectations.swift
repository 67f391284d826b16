import Notation

/// Reading a value as what it must be, with the complaint of Core's client where it is not.
extension JSON {
    func expectInteger() throws(Failure) -> Int {
        guard case .number(let text) = self else { throw unexpected("number") }
        guard let value = Int32(text) else { throw Failure("JSON integer out of range") }
        return Int(value)
    }

    func expectLong() throws(Failure) -> Int64 {
        guard case .number(let text) = self else { throw unexpected("number") }
        guard let value = Int64(text) else { throw Failure("JSON integer out of range") }
        return value
    }

    func expectReal() throws(Failure) -> Double {
        guard case .number = self else { throw unexpected("number") }
        guard let value = double else { throw Failure("JSON double out of range") }
        return value
    }

    func expectText() throws(Failure) -> String {
        guard let stringValue else { throw unexpected("string") }
        return stringValue
    }

    func expectBool() throws(Failure) -> Bool {
        guard let bool else { throw unexpected("bool") }
        return bool
    }

    func expectArray() throws(Failure) -> [JSON] {
        guard let array else { throw unexpected("array") }
        return array
    }

    func expectObject() throws(Failure) -> JSONObject {
        guard let object else { throw unexpected("object") }
        return object
    }

    /// The member, or null.
    func member(_ key: String) -> JSON { self[key] ?? .null }

    /// The member, where it is there and not null.
    func given(_ key: String) -> JSON? { member(key).isNull ? nil : member(key) }

    /// The text of a scalar as it stands in a report; nothing for arrays, objects, null and false.
    var plainText: String {
        switch self {
        case .number(let text), .string(let text): text
        case .bool(true): "1"
        case .null, .bool, .array, .object, .written: ""
        }
    }

    private func unexpected(_ kind: String) -> Failure {
        Failure("JSON value of type \(kindName) is not of expected type \(kind)")
    }
}
