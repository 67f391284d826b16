import Foundation
import Notation
import Testing

private let extracted = URL(filePath: #filePath)
    .deletingLastPathComponent().appending(path: "../../../shared/vectors/core-extracted")

private func vectors(_ name: String) -> JSON? {
    guard let data = try? Data(contentsOf: extracted.appending(path: name)) else { return nil }
    return try? JSON(parsing: Array(data))
}

@Suite("Amounts as text") struct Decimal8Tests {
    private static let money = vectors("money.json")

    @Test("Core's amounts are written with the zeros Core writes", .enabled(if: money != nil))
    func short() throws {
        let rows = try #require(Self.money?["format"]?.array)
        #expect(rows.count == 28)
        for row in rows {
            let satoshis = try #require(row["sat"]?.int)
            #expect(Decimal8.shortText(satoshis) == row["text"]?.stringValue)
        }
    }

    @Test("Core's option amounts are read or refused alike", .enabled(if: money != nil))
    func options() throws {
        let rows = try #require(Self.money?["parse"]?.array)
        #expect(rows.count == 46)
        for row in rows {
            let text = try #require(row["text"]?.stringValue)
            #expect(Decimal8.parseAmount(text) == row["sat"]?.int, "\(text)")
        }
    }

    @Test("Core's fixed-point numbers are read or refused alike", .enabled(if: money != nil))
    func fixedPoint() throws {
        let rows = try #require(Self.money?["parse_fixed_point"]?.array)
        #expect(rows.count == 43)
        for row in rows {
            let text = try #require(row["text"]?.stringValue)
            let decimals = Int(try #require(row["decimals"]?.int))
            #expect(Decimal8.parse(text, decimals: decimals) == row["value"]?.int, "\(text)")
        }
    }

    @Test(
        "An amount has eight decimals, whatever it is",
        arguments: [
            (0, "0.00000000"), (1, "0.00000001"), (-1, "-0.00000001"),
            (50_0000_0000, "50.00000000"),
            (Int64.min, "-92233720368.54775808"), (Int64.max, "92233720368.54775807"),
        ] as [(Int64, String)])
    func text(_ satoshis: Int64, _ text: String) {
        #expect(Decimal8.text(satoshis) == text)
    }
}

@Suite("Bytes as text") struct BytesTextTests {
    private static let encodings = vectors("encodings.json")

    @Test("Core's Base64 vectors hold both ways", .enabled(if: encodings != nil))
    func base64() throws {
        let rows = try #require(Self.encodings?["base64"]?.array)
        #expect(rows.count == 7)
        for row in rows {
            let bytes = try #require(row["bytes_hex"]?.stringValue.flatMap(Hex.decode))
            let text = try #require(row["text"]?.stringValue)
            #expect(Base64.encode(bytes) == text)
            #expect(Base64.decode(text) == bytes)
        }
        let wrong = try #require(Self.encodings?["base64_decode"]?.array)
        #expect(wrong.count == 2)
        for row in wrong {
            #expect(Base64.decode(try #require(row["text"]?.stringValue)) == nil)
        }
    }

    @Test(
        "What is not Base64 to the end is refused",
        arguments: [
            "Zg", "Zg=", "Zh==", "Zm9v\n", "Z===", "Zg==Zg==", "=Zg=", "Zm-v",
        ])
    func badBase64(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("Hexadecimal text is read in either case and written in lower case")
    func hex() {
        #expect(Hex.decode("00fFaB") == [0, 0xFF, 0xAB])
        #expect(Hex.encode([0, 0xFF, 0xAB]) == "00ffab")
        #expect(Hex.decode("") == [])
    }

    @Test("What is not hexadecimal to the end is refused", arguments: ["0", "0g", " 00", "0x00"])
    func badHex(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test("Every byte is read and written alike, wherever it stands in texts of any length")
    func hexOfAnyLength() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 37 &* $0 &+ count) }
            let text = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                .joined()
            #expect(Hex.encode(bytes) == text)
            #expect(Hex.decode(text) == bytes)
            #expect(Hex.decode(text.uppercased()) == bytes)
        }
    }

    @Test(
        "What is no digit is refused wherever it stands", arguments: [0, 1, 30, 31, 32, 63, 64, 65])
    func badDigits(_ place: Int) {
        let digits = Set("0123456789abcdefABCDEF".utf8)
        for byte in UInt8.min...UInt8.max {
            var text = [UInt8](repeating: UInt8(ascii: "5"), count: 66)
            text[place] = byte
            let isSpelled = Hex.decode(text.span) != nil
            #expect(isSpelled == digits.contains(byte), "byte \(byte)")
            guard byte < 0x80 else { continue }
            #expect((Hex.decode(String(decoding: text, as: UTF8.self)) != nil) == isSpelled)
        }
    }
}
