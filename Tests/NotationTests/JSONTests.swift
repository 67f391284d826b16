import Foundation
import Notation
import Testing

/// The files of univalue's own test suite.
private enum SuiteFiles {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../../shared/vectors/core/json")

    static let names: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

    static func named(_ prefix: String) -> [String] { names.filter { $0.hasPrefix(prefix) } }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }
}

@Suite("JSON") struct JSONTests {
    @Test("univalue's passing files parse", .enabled(if: !SuiteFiles.names.isEmpty))
    func passingFiles() throws {
        for name in SuiteFiles.named("pass") {
            let bytes = try SuiteFiles.bytes(name)
            #expect(throws: Never.self, "\(name)") { try JSON(parsing: bytes) }
        }
    }

    @Test("univalue's failing files are refused", .enabled(if: !SuiteFiles.names.isEmpty))
    func failingFiles() throws {
        for name in SuiteFiles.named("fail") {
            let bytes = try SuiteFiles.bytes(name)
            #expect(throws: JSONError.self, "\(name)") { try JSON(parsing: bytes) }
        }
    }

    @Test("What was read is written back byte for byte", .enabled(if: !SuiteFiles.names.isEmpty))
    func roundTrips() throws {
        for name in SuiteFiles.named("round") {
            let text = String(decoding: try SuiteFiles.bytes(name), as: UTF8.self)
            let trimmed = text.trimmingCharacters(in: .newlines)
            #expect(try JSON(parsing: text).text() == trimmed, "\(name)")
        }
    }

    @Test("A number keeps its text")
    func numberText() throws {
        let text = #"{"a":0.10000000,"b":[1e-8,-0,12345678901234567890]}"#
        #expect(try JSON(parsing: text).text() == text)
    }

    @Test("An object keeps its order, and the first of two members of one name counts")
    func order() throws {
        let object = try JSON(parsing: #"{"z":1,"a":2,"z":3}"#)
        #expect(object.object?.keys == ["z", "a", "z"])
        #expect(object["z"]?.int == 1)
    }

    @Test("Arrays and objects keep what they hold, however they stand in each other")
    func nesting() throws {
        let text = #"{"a":[1,{"b":[],"c":[[2],{}]},[3,[4]]],"d":{"e":{"f":null},"g":[{"h":5},6]}}"#
        let value = try JSON(parsing: text)
        #expect(value.text() == text)
        #expect(value["a"]?[1]?["c"]?[0]?[0]?.int == 2)
        #expect(value["d"]?["g"]?[1]?.int == 6)
    }

    @Test("Text ends at its quote and no sooner, wherever escapes and other letters stand in it")
    func stops() throws {
        for length in 0..<40 {
            for place in 0...length {
                for special in ["", "\"", "\\", "\n", "é", "\u{7F}", "!", "[", "\u{1D11E}"] {
                    let text =
                        String(repeating: "a", count: place) + special
                        + String(repeating: "b", count: length - place)
                    let written = JSON.array([.string(text), 1]).text()
                    #expect(try JSON(parsing: written) == [.string(text), 1])
                    // Cut short, it is no text.
                    #expect(throws: JSONError.self) { try JSON(parsing: "\"" + text + "\n\"") }
                }
            }
        }
    }

    @Test("With an indent each member has its line, and an empty array two")
    func pretty() {
        let value: JSON = ["a": 1, "b": [1, "x"], "c": [], "d": [:]]
        let lines = [
            "{", "  \"a\": 1,", "  \"b\": [", "    1,", "    \"x\"", "  ],",
            "  \"c\": [", "  ],", "  \"d\": {", "  }", "}",
        ]
        #expect(value.text(indent: 2) == lines.joined(separator: "\n"))
        #expect(value.text() == #"{"a":1,"b":[1,"x"],"c":[],"d":{}}"#)
    }

    @Test("Control characters are escaped, other text stands as it is")
    func escapes() throws {
        let text = "\u{1}\n\"\\/\u{7F}é\u{1D11E}"
        let written = JSON.string(text).text()
        #expect(written == #""\u0001\n\"\\/\u007fé"# + "\u{1D11E}\"")
        #expect(try JSON(parsing: written) == .string(text))
        #expect(try JSON(parsing: #""\ud834\udd1e""#) == "\u{1D11E}")
    }

    @Test(
        "Half of a surrogate pair is refused",
        arguments: [
            #""\ud834""#, #""\udd1e""#, #""\ud834\ud834""#, #""\ud834x""#,
        ])
    func surrogates(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test("Nesting ends at 512")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSON(parsing: nested(512)) }
        #expect(throws: JSONError.self) { try JSON(parsing: nested(513)) }
        #expect(throws: JSONError.self) {
            try JSON(parsing: String(repeating: "[", count: 1_000_000))
        }
    }

    @Test(
        "A floating-point number has sixteen digits as C's %.16g gives them",
        arguments: [
            (4.656542373906925e-10, "4.656542373906925e-10"), (1, "1"), (0.1, "0.1"),
            (0.1 + 0.2, "0.3"), (1.0 / 3, "0.3333333333333333"), (2.0 / 3, "0.6666666666666666"),
            (1e15, "1000000000000000"), (1e16, "1e+16"), (123456789.125, "123456789.125"),
            (0.0001, "0.0001"), (0.00001, "1e-05"),
            (.leastNonzeroMagnitude, "4.940656458412465e-324"),
            (1.7976931348623157e308, "1.797693134862316e+308"), (-2.5, "-2.5"), (0, "0"),
            (9.999999999999999e22, "9.999999999999999e+22"), (0.99999999999999999, "1"),
            (110568428300952.7, "110568428300952.7"), (9_007_199_254_740_992, "9007199254740992"),
        ] as [(Double, String)])
    func floatingText(_ value: Double, _ text: String) {
        #expect(JSON.double(value).text() == text)
        #expect(JSON.double(value).text() == String(format: "%.16g", value))
    }

    @Test("Random doubles print as C prints them")
    func randomDoubles() {
        var state: UInt64 = 12
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 33)
        }
        for _ in 0..<2000 {
            let value = Double(bitPattern: next())
            guard value.isFinite else { continue }
            #expect(JSON.double(value).text() == String(format: "%.16g", value))
            let small = Double(Int64(bitPattern: next())) / 0x1p43
            #expect(FloatingText.fixed(small, decimals: 3) == String(format: "%.3f", small))
        }
    }
}
