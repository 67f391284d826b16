import Cryptography
import Notation
import Testing

@Suite("Curve") struct CurveTests {
    private func verifies(_ signature: [UInt8], _ hash: Hash256, _ key: [UInt8]) -> Bool {
        ECDSA.verify(signature: signature.span, hash: hash, publicKey: key.span)
    }

    private let key = SecretKey(
        bytes: Hex.decode("12b004fff7f4b69ef8650e767f18f11ede158148b425660723b9f9a66e61f747")!)!
    private let message = SHA256.doubleHash([UInt8]("Very deterministic message".utf8).span)

    @Test("Signatures are the deterministic ones of RFC 6979")
    func deterministic() {
        #expect(
            Hex.encode(ECDSA.sign(message, with: key))
                == "304402205dbbddda71772d95ce91cd2d14b592cfbc1dd0aabd6a394b6c2d377bbe59d31d0220"
                + "14ddda21494a4e221f0824f0b8b924c43fa43c0ad57dccdaa11f81a6bd4582f6")
        let compact: [UInt8] = ECDSA.signRecoverable(message, with: key, isCompressed: false)
        #expect(
            Hex.encode(compact)
                == "1c5dbbddda71772d95ce91cd2d14b592cfbc1dd0aabd6a394b6c2d377bbe59d31d"
                + "14ddda21494a4e221f0824f0b8b924c43fa43c0ad57dccdaa11f81a6bd4582f6")
        let recovered = ECDSA.recover(compact.span, hash: message)
        #expect(recovered?.key == key.publicKey)
        #expect(recovered?.isCompressed == false)
    }

    @Test("A signature verifies for its key and message, in every form of the key, and no other")
    func verification() {
        let point = key.publicKey
        let signature = ECDSA.sign(message, with: key)
        for form in [point.compressed, point.uncompressed] {
            #expect(
                verifies(signature, message, form))
        }
        let isLow = ECDSA.isLowS(signature: signature.span)
        #expect(isLow)
        var hybrid = point.uncompressed
        hybrid[0] = point.hasOddY ? 7 : 6
        #expect(verifies(signature, message, hybrid))
        hybrid[0] ^= 1
        #expect(!verifies(signature, message, hybrid))
        #expect(
            !verifies(signature, .zero, point.compressed))
        let other = key.negated.publicKey
        #expect(
            !verifies(signature, message, other.compressed))
        for count in 0..<65 {
            let short = [UInt8](point.uncompressed.prefix(count))
            #expect(!verifies(signature, message, short))
        }
    }

    @Test("Lax DER passes where strict DER fails, and cut signatures never trap")
    func lax() {
        let strict = ECDSA.sign(message, with: key)
        let point = key.publicKey
        func passes(_ bytes: [UInt8]) -> Bool {
            ECDSA.verify(signature: bytes.span, hash: message, publicKey: point)
        }
        #expect(passes(strict))
        #expect(passes(strict + [1, 2, 3]), "garbage at the end")
        var wrongTotal = strict
        wrongTotal[1] = 0
        #expect(passes(wrongTotal), "the length of the whole is never read")
        let long = [0x30, 0x82, 1, 2] + strict[2...]
        #expect(passes([UInt8](long)), "a long length of the whole")
        var padded = strict
        padded.replaceSubrange(3...3, with: [0x84, 0, 0, 0, strict[3]])
        #expect(passes(padded), "a length with leading zeros")
        padded = strict
        padded.replaceSubrange(3...3, with: [strict[3] + 2, 0, 0])
        #expect(passes(padded), "a padded number")
        padded.replaceSubrange(3...3, with: [0x85, 1, 0, 0, 0, 34])
        #expect(!passes(padded), "a length of more than three bytes")
        for count in 0..<strict.count { #expect(!passes([UInt8](strict.prefix(count)))) }
        for index in strict.indices {
            for value in [0, 0x7f, 0x80, 0xff] as [UInt8] {
                var changed = strict
                changed[index] = value
                _ = passes(changed)
            }
        }
    }

    @Test("R is low when ground, so no signature exceeds 71 bytes")
    func lowR() {
        for index in 0..<UInt8(64) {
            let hash = SHA256.hash([index].span)
            let signature = ECDSA.sign(hash, with: key)
            #expect(signature.count <= 70)
            #expect(verifies(signature, hash, key.publicKey.compressed))
        }
    }

    @Test("Zero and the order of the curve are no secrets")
    func invalidSecrets() {
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        #expect(SecretKey(bytes: Hash256.zero.bytes) == nil)
        #expect(SecretKey(bytes: Hex.decode(order)!) == nil)
        #expect(SecretKey(bytes: Hex.decode(order.dropLast(1) + "0")!) != nil)
        #expect(SecretKey(bytes: [1]) == nil)
        let key = key
        let opposite = Hash256(bytes: key.negated.bytes)!
        #expect(key.tweakAdd(opposite) == nil)
        #expect(key.publicKey.tweakAdd(opposite) == nil)
    }

    @Test("Tweaking the secret and tweaking the point agree")
    func tweaks() throws {
        let tweak = SHA256.hash([7].span)
        #expect(key.tweakAdd(tweak)?.publicKey == key.publicKey.tweakAdd(tweak))
        let root = SHA256.hash([8].span)
        for root in [nil, root] {
            let internalKey = key.xOnlyPublicKey
            let output = try #require(internalKey.taprootOutput(merkleRoot: root))
            #expect(key.taprootTweaked(merkleRoot: root)?.xOnlyPublicKey == output.key)
            let tweak = internalKey.taprootTweak(merkleRoot: root)
            for parity in [output.parity, !output.parity] {
                let isTweak = XOnlyPublicKey.isTweak(
                    output: output.key.bytes.span, parity: parity,
                    internalKey: internalKey.bytes.span, tweak: tweak)
                #expect(isTweak == (parity == output.parity))
            }
        }
        #expect(
            PublicKey.combine([key.publicKey, key.publicKey])
                == key.tweakAdd(Hash256(bytes: key.bytes)!)?.publicKey)
        #expect(PublicKey.combine([]) == nil)
        #expect(PublicKey.combine([key.publicKey, key.negated.publicKey]) == nil)
        #expect(key.publicKey.negated == key.negated.publicKey)
    }
}
