import Cryptography
import Testing

@Suite("Hash256") struct Hash256Tests {
    private let counting = Hash256(bytes: 0..<32)!

    @Test("Bytes, digits and words tell one value")
    func forms() {
        #expect(counting.bytes == Array(0..<32))
        #expect(counting.hex.hasPrefix("000102"))
        #expect(counting.displayHex.hasPrefix("1f1e1d"))
        #expect(Hash256(hex: counting.hex) == counting)
        #expect(Hash256(displayHex: counting.displayHex) == counting)
        #expect((0..<32).map { counting[$0] } == counting.bytes)
        #expect(counting.words.0 == 0x0706_0504_0302_0100)
        var appended: [UInt8] = [9]
        counting.append(to: &appended)
        #expect(appended == [9] + counting.bytes)
    }

    @Test("Only 32 bytes make a Hash256", arguments: [0, 31, 33])
    func counts(_ count: Int) {
        #expect(Hash256(bytes: [UInt8](repeating: 1, count: count)) == nil)
        #expect(Hash256(hex: String(repeating: "01", count: count)) == nil)
    }

    @Test("Order is that of little-endian numbers")
    func order() {
        let large = Hash256(displayHex: "01" + String(repeating: "00", count: 31))!
        let small = Hash256(displayHex: "00" + String(repeating: "ff", count: 31))!
        #expect(small < large)
        #expect(Hash256.zero < small)
        #expect(large < .max)
        #expect(!(large < large))
    }

    @Test("Hash160 keeps its twenty bytes")
    func twenty() {
        let hash = Hash160(bytes: 0..<20)!
        #expect(hash.bytes == Array(0..<20))
        #expect(Hash160(hex: hash.hex) == hash)
        #expect(Hash160(bytes: 0..<21) == nil)
        #expect(Hash160.zero < hash)
    }

    @Test("The genesis header hashes to its name")
    func genesis() {
        let header =
            "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a"
            + "7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
        let bytes = stride(from: 0, to: 160, by: 2).map {
            UInt8(header.dropFirst($0).prefix(2), radix: 16)!
        }
        let expected = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
        #expect(SHA256.doubleHash(bytes.span).displayHex == expected)
        var stream = SHA256Stream()
        for byte in bytes { stream.update(byte) }
        #expect(stream.finalizeDouble().displayHex == expected)
    }
}
