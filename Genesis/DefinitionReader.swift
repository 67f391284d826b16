import Cryptography
import Notation
import Primitives

/// Takes the fields out of one object of a definition, and says of each what is wrong with it.
struct DefinitionReader {
    private let path: String
    private var members: [String: JSON] = [:]

    /// - Parameter path: where the object stands in the definition; empty for the whole.
    init(_ json: JSON, path: String = "") throws(NetworkError) {
        self.path = path
        guard case .object(let object) = json else {
            throw NetworkError(field: path, reason: "must be an object")
        }
        for member in object.members {
            guard members.updateValue(member.value, forKey: member.key) == nil else {
                throw failure(member.key, "is given twice")
            }
        }
    }

    /// Refuses what no call has taken.
    func finish() throws(NetworkError) {
        guard let key = members.keys.min() else { return }
        throw failure(key, "is not a field of a network definition")
    }

    func failure(_ key: String, _ reason: String) -> NetworkError {
        NetworkError(field: path.isEmpty ? key : "\(path).\(key)", reason: reason)
    }

    /// Takes a field that may be left out; null counts as left out.
    private mutating func take(_ key: String) -> JSON? {
        guard let value = members.removeValue(forKey: key), value != .null else { return nil }
        return value
    }

    private mutating func require(_ key: String) throws(NetworkError) -> JSON {
        guard let value = take(key) else { throw failure(key, "is missing") }
        return value
    }

    func has(_ key: String) -> Bool {
        guard let value = members[key] else { return false }
        return value != .null
    }
}

// MARK: Kinds of values

extension DefinitionReader {
    mutating func object(_ key: String) throws(NetworkError) -> DefinitionReader {
        try DefinitionReader(require(key), path: path.isEmpty ? key : "\(path).\(key)")
    }

    mutating func optionalObject(_ key: String) throws(NetworkError) -> DefinitionReader? {
        has(key) ? try object(key) : nil
    }

    /// The objects of a list, each knowing its place.
    mutating func objects(_ key: String, limit: Int) throws(NetworkError) -> [DefinitionReader] {
        guard let value = take(key) else { return [] }
        guard case .array(let elements) = value, elements.count <= limit else {
            throw failure(key, "must be a list of at most \(limit) objects")
        }
        var readers: [DefinitionReader] = []
        for (index, element) in elements.enumerated() {
            readers.append(
                try DefinitionReader(
                    element, path: "\(path.isEmpty ? "" : "\(path).")\(key)[\(index)]"))
        }
        return readers
    }

    mutating func text(_ key: String) throws(NetworkError) -> String {
        guard let text = try require(key).stringValue else { throw failure(key, "must be a text") }
        return text
    }

    /// A list of texts; an empty one where it is left out.
    mutating func texts(_ key: String, limit: Int) throws(NetworkError) -> [String] {
        guard let value = take(key) else { return [] }
        let texts = value.array?.compactMap(\.stringValue)
        guard let texts, texts.count == value.array?.count, texts.count <= limit else {
            throw failure(key, "must be a list of at most \(limit) texts")
        }
        return texts
    }

    mutating func flag(_ key: String, default standard: Bool) throws(NetworkError) -> Bool {
        guard let value = take(key) else { return standard }
        guard let flag = value.bool else { throw failure(key, "must be true or false") }
        return flag
    }

    mutating func integer(
        _ key: String, in range: ClosedRange<Int64>, default standard: Int64? = nil
    ) throws(NetworkError) -> Int64 {
        guard let value = take(key) else {
            guard let standard else { throw failure(key, "is missing") }
            return standard
        }
        guard let number = value.int, range.contains(number) else {
            throw failure(
                key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func number(_ key: String) throws(NetworkError) -> Double {
        guard let number = try require(key).double, number >= 0 else {
            throw failure(key, "must be a number, not negative")
        }
        return number
    }

    /// Bytes in hexadecimal, as many as `counts` allows.
    mutating func bytes(
        _ key: String, count counts: ClosedRange<Int>
    ) throws(NetworkError) -> [UInt8] {
        let text = try require(key).stringValue
        guard let text, let bytes = Hex.decode(text), counts.contains(bytes.count) else {
            let size =
                counts.count == 1
                ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
            throw failure(key, "must be \(size) bytes in hexadecimal")
        }
        return bytes
    }

    /// A hash as it is shown, its bytes reversed.
    mutating func hash(_ key: String) throws(NetworkError) -> Hash256 {
        guard let text = try require(key).stringValue, let hash = Hash256(displayHex: text) else {
            throw failure(key, "must be a hash of 64 hexadecimal digits")
        }
        return hash
    }

    mutating func optionalHash(_ key: String) throws(NetworkError) -> Hash256? {
        has(key) ? try hash(key) : nil
    }

    /// A number of 256 bits, most significant digit first.
    mutating func wideNumber(_ key: String) throws(NetworkError) -> UInt256 {
        let text = try require(key).stringValue
        guard let text, text.utf8.count == 64, let number = UInt256(hex: text) else {
            throw failure(key, "must be a number of 64 hexadecimal digits")
        }
        return number
    }

    /// The compact form of a target, eight hexadecimal digits as RPC shows it.
    mutating func compact(_ key: String) throws(NetworkError) -> UInt32 {
        let text = try require(key).stringValue
        guard let text, text.utf8.count == 8, let bits = UInt32(text, radix: 16),
            text.utf8.first != UInt8(ascii: "+")
        else {
            throw failure(key, "must be eight hexadecimal digits")
        }
        return bits
    }
}
