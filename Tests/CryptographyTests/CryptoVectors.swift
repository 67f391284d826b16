import Notation
import TestSupport
import Testing

/// One row of a vector file: named hexadecimal and numeric fields.
struct Row: Sendable, CustomTestStringConvertible {
    let json: JSON
    let place: String

    var testDescription: String { place }

    /// The bytes of a hexadecimal field. Two rows of the file carry C++ quotes around theirs.
    func bytes(_ key: String) throws -> [UInt8] {
        let text = try #require(json[key]?.stringValue)
        let digits = text.drop { !$0.isHexDigit }.prefix(while: \.isHexDigit)
        return try #require(Hex.decode(digits))
    }

    func hex(_ key: String) throws -> String { Hex.encode(try bytes(key)) }

    func number(_ key: String) throws -> UInt64 { try #require(json[key]?.unsigned) }

    /// The message, spelled or described.
    func message() throws -> [UInt8] {
        if json["message"] != nil { return try bytes("message") }
        if let unit = json["message_repeat"]?.stringValue {
            let count = Int(try number("message_repeat_count"))
            let byte = try #require(Hex.decode(unit)?.first)
            return [UInt8](repeating: byte, count: count)
        }
        return (0..<200_000).flatMap { value in
            [0, 4, 8, 12, 16].map { UInt8(truncatingIfNeeded: value >> $0) }
        }
    }

    /// The rows of one list of one file; none where the vectors are missing.
    static func all(_ list: String, in file: String = "core-extracted/crypto.json") -> [Row] {
        guard let bytes = try? Vectors.load(file), let json = try? JSON(parsing: bytes),
            let rows = json[list]?.array
        else { return [] }
        return rows.enumerated().map { Row(json: $1, place: "\(list) \($0)") }
    }
}
