import Notation
import TestSupport
import Testing
import Wire

@Suite(
    "Base32, as the names of hidden services are written",
    .enabled(if: Vectors.isPresent, Vectors.hint))
struct Base32Tests {
    @Test("The Base32 of core-extracted/encodings.json holds both ways, without its padding")
    func published() throws {
        let rows = try Vectors.json("core-extracted/encodings.json").member("base32").elements()
        #expect(rows.count == 7)
        for row in rows {
            let bytes = try row.member("bytes_hex").bytes()
            let text = try row.member("text").text().replacing("=", with: "")
            #expect(Base32.encode(bytes) == text)
            #expect(Base32.decode(text) == bytes)
        }
    }

    @Test("Base32 with padding in it is refused, since no name has any")
    func padded() throws {
        let file = try Vectors.json("core-extracted/encodings.json")
        let rows = try file.member("base32_decode").elements()
        #expect(rows.count == 4)
        for row in rows { #expect(Base32.decode(try row.member("text").text()) == nil) }
    }
}
