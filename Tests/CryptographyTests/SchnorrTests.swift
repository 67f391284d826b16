import Cryptography
import Notation
import TestSupport
import Testing

@Suite("Schnorr") struct SchnorrTests {
    @Test(
        "The vectors of BIP340 sign and verify as they say",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func bip340() throws {
        let text = String(decoding: try Vectors.load("bips/bip340.csv"), as: UTF8.self)
        let rows = text.split(whereSeparator: \.isNewline).dropFirst()
        #expect(rows.count == 19)
        let cache = PublicKeyCache()
        for row in rows {
            let fields = row.split(separator: ",", omittingEmptySubsequences: false)
            let bytes = try fields[1...5].map { try #require(Hex.decode($0)) }
            let (secret, key, auxiliary) = (bytes[0], bytes[1], bytes[2])
            let (message, signature) = (bytes[3], bytes[4])
            let isValid = Schnorr.verify(
                signature: signature.span, message: message.span, publicKey: key.span)
            #expect(isValid == (fields[6] == "TRUE"), "row \(fields[0])")
            // Through a key that was read before, which none of the bad ones can be.
            for _ in 0..<2 {
                let isValid = cache.key(xOnly: key.span).map {
                    Schnorr.verify(signature: signature.span, message: message.span, publicKey: $0)
                }
                #expect((isValid ?? false) == (fields[6] == "TRUE"), "row \(fields[0])")
            }
            guard !secret.isEmpty else { continue }
            let signer = try #require(SecretKey(bytes: secret))
            #expect(signer.xOnlyPublicKey.bytes == key)
            let made = Schnorr.sign(
                message.span, with: signer, auxiliary: try #require(Hash256(bytes: auxiliary)))
            #expect(made == signature, "row \(fields[0])")
        }
    }

    @Test("Signatures and keys of a wrong size verify nothing", arguments: [0, 31, 33, 63, 65])
    func sizes(_ count: Int) {
        let bytes = [UInt8](repeating: 2, count: count)
        let whole = [UInt8](repeating: 2, count: 64)
        let key = [UInt8](whole.prefix(32))
        let short = Schnorr.verify(
            signature: bytes.span, message: Hash256.zero, publicKey: key.span)
        let long = Schnorr.verify(
            signature: whole.span, message: Hash256.zero, publicKey: bytes.span)
        #expect(!short)
        #expect(!long)
        #expect(XOnlyPublicKey(bytes: bytes) == nil)
    }
}
