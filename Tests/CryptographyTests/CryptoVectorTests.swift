import Cryptography
import Notation
import TestSupport
import Testing

@Suite("Published vectors", .enabled(if: Vectors.isPresent, Vectors.hint))
struct CryptoVectorTests {
    private static let nist = "crypto/nist_sha.json"

    @Test("SHA-256, whole and in pieces")
    func sha256() throws {
        let rows = Row.all("sha256") + Row.all("sha256", in: Self.nist)
        #expect(rows.count == 11 + 81)
        for row in rows {
            let message = try row.message()
            let digest = try row.hex("digest")
            let hash = SHA256.hash(message.span)
            let double = SHA256.doubleHash(message.span)
            #expect(hash.hex == digest)
            var stream = SHA256Stream()
            var rest = message[...]
            for size in [1, 0, 62, 1, 64, 65, 191] {
                let piece = rest.prefix(size)
                stream.update(piece.span)
                rest = rest.dropFirst(size)
            }
            stream.update(rest.span)
            #expect(stream.finalize().hex == digest)
            #expect(stream.finalizeDouble() == double)
        }
    }

    @Test("SHA-1, SHA-512, RIPEMD-160")
    func digests() throws {
        let ones = Row.all("sha1") + Row.all("sha1", in: Self.nist)
        #expect(ones.count == 10 + 81)
        for row in ones {
            let message = try row.message()
            let digest = SHA1.hash(message.span)
            #expect(Hex.encode(digest) == (try row.hex("digest")))
        }
        let longs = Row.all("sha512") + Row.all("sha512", in: Self.nist)
        #expect(longs.count == 11 + 161)
        for row in longs {
            let message = try row.message()
            let digest = SHA512.hash(message.span)
            #expect(Hex.encode(digest) == (try row.hex("digest")))
        }
        let shorts = Row.all("ripemd160")
        #expect(shorts.count == 10)
        for row in shorts {
            let message = try row.message()
            let digest = RIPEMD160.hash(message.span)
            #expect(digest.hex == (try row.hex("digest")))
        }
    }

    @Test("HMAC and HKDF")
    func keyed() throws {
        let macs = Row.all("hmac_sha256")
        #expect(macs.count == 9)
        for row in macs {
            let (key, message) = (try row.bytes("key"), try row.message())
            let mac = HMAC.sha256(key: key.span, message.span)
            #expect(mac.hex == (try row.hex("mac")))
        }
        let longMacs = Row.all("hmac_sha512")
        #expect(longMacs.count == 9)
        for row in longMacs {
            let (key, message) = (try row.bytes("key"), try row.message())
            let mac = HMAC.sha512(key: key.span, message.span)
            #expect(Hex.encode(mac) == (try row.hex("mac")))
        }
        let derived = Row.all("hkdf_sha256_l32")
        #expect(derived.count == 3)
        for row in derived {
            let (material, salt) = (try row.bytes("ikm"), try row.bytes("salt"))
            let info = try row.bytes("info")
            let hkdf = HKDF(keyMaterial: material.span, salt: salt.span)
            let output = hkdf.expand32(info: info.span)
            #expect(output.hex == (try row.hex("okm")))
        }
    }

    @Test("PBKDF2 turns BIP39's words into its seed")
    func passwords() {
        let words =
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
            + "abandon about"
        let seed = PBKDF2.sha512(
            password: [UInt8](words.utf8).span, salt: [UInt8]("mnemonicTREZOR".utf8).span,
            rounds: 2048, count: 64)
        #expect(
            Hex.encode(seed)
                == "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d182"
                + "64c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04")
    }

    @Test("SipHash-2-4, by bytes, by words and over hashes")
    func sipHash() throws {
        let file = try JSON(parsing: Vectors.load("core-extracted/crypto.json"))
        let table = try #require(file["siphash_2_4_of_0_to_n_minus_1"])
        func word(_ text: String?) throws -> UInt64 {
            try #require(UInt64(text ?? "", radix: 16))
        }
        let k0 = try word(table["k0"]?.stringValue)
        let k1 = try word(table["k1"]?.stringValue)
        let results = try #require(table["results_u64_hex"]?.array)
        #expect(results.count == 64)
        for (count, expected) in results.enumerated() {
            let message = [UInt8]((0..<64).prefix(count))
            let hash = SipHash24.hash(k0, k1, message.span)
            #expect(hash == (try word(expected.stringValue)))
        }
        let hash = SHA256.hash([1].span)
        #expect(SipHash24.hash(k0, k1, hash) == SipHash24.hash(k0, k1, hash.bytes.span))
        let extended = hash.bytes + [4, 3, 2, 1]
        #expect(SipHash24.hash(k0, k1, hash, 0x0102_0304) == SipHash24.hash(k0, k1, extended.span))
        var words = SipHash24(k0, k1)
        words.update(hash.words.0)
        #expect(words.finalize() == SipHash24.hash(k0, k1, [UInt8](hash.bytes.prefix(8)).span))
    }

    @Test("MurmurHash3")
    func murmur() throws {
        let rows = Row.all("murmurhash3")
        #expect(rows.count == 14)
        for row in rows {
            let data = try row.bytes("data")
            let hash = Murmur3.hash(seed: UInt32(try row.number("seed")), data.span)
            #expect(UInt64(hash) == (try row.number("hash")))
        }
    }

    @Test("ChaCha20, whole and in pieces")
    func chaCha20() throws {
        let rows = Row.all("chacha20")
        #expect(rows.count == 21)
        for row in rows {
            let expected = try row.bytes("output")
            var message = try row.message()
            if message.isEmpty { message = [UInt8](repeating: 0, count: expected.count) }
            let nonce = (UInt32(try row.number("nonce32")), try row.number("nonce64"))
            let key = try row.bytes("key")
            var cipher = ChaCha20(key: key.span)
            cipher.seek(nonce: nonce, block: UInt32(try row.number("seek_block")))
            var pieces = cipher
            var whole = message
            cipher.crypt(&whole)
            #expect(whole == expected)
            var first = [UInt8](message.prefix(7))
            var rest = [UInt8](message.dropFirst(7))
            pieces.crypt(&first)
            pieces.crypt(&rest)
            #expect(first + rest == expected)
        }
    }

    @Test("Poly1305 and ChaCha20-Poly1305; one bit changed is refused")
    func authenticated() throws {
        let tags = Row.all("poly1305")
        #expect(tags.count == 15)
        for row in tags {
            let key = try row.bytes("key")
            var tag = Poly1305(key: key.span)
            let message = try row.message()
            for piece in [message.prefix(5), message.dropFirst(5)] { tag.update(piece.span) }
            #expect(Hex.encode(tag.finalize()) == (try row.hex("tag")))
        }
        let boxes = Row.all("chacha20poly1305")
        #expect(boxes.count == 4)
        for row in boxes {
            let key = try row.bytes("key")
            let cipher = ChaCha20Poly1305(key: key.span)
            let nonce = (UInt32(try row.number("nonce32")), try row.number("nonce64"))
            let plaintext = try row.bytes("plaintext")
            let data = try row.bytes("aad")
            var sealed = cipher.seal(plaintext.span, authenticating: data.span, nonce: nonce)
            #expect(Hex.encode(sealed) == (try row.hex("ciphertext")))
            var opened = cipher.open(sealed.span, authenticating: data.span, nonce: nonce)
            #expect(opened == plaintext)
            sealed[sealed.count / 2] ^= 1
            opened = cipher.open(sealed.span, authenticating: data.span, nonce: nonce)
            #expect(opened == nil)
            opened = cipher.open([1, 2].span, authenticating: data.span, nonce: nonce)
            #expect(opened == nil)
        }
    }

    @Test("AES-256-CBC")
    func aes() throws {
        let rows = Row.all("aes256_cbc")
        #expect(rows.count == 8)
        for row in rows {
            let (key, vector) = (try row.bytes("key"), try row.bytes("iv"))
            let isPadded = row.json["pad"] == .bool(true)
            let cipher = try #require(
                AES256CBC(key: key, initialVector: vector, isPadded: isPadded))
            let plaintext = try row.bytes("plaintext")
            let ciphertext = try row.bytes("ciphertext")
            #expect(cipher.encrypt(plaintext) == ciphertext)
            #expect(cipher.decrypt(ciphertext) == plaintext)
            #expect(cipher.decrypt([1]) == nil)
        }
    }

    @Test("MuHash: order does not matter, and numbers above the modulus are remainders")
    func muHash() throws {
        let rows = Row.all("muhash3072")
        #expect(rows.count == 3)
        var set = MuHash3072()
        for operation in try #require(rows[0].json["ops"]?.array) {
            let element = try #require(Hex.decode(operation[1]?.stringValue ?? ""))
            if operation[0]?.stringValue == "insert" {
                set.insert(element.span)
            } else {
                set.remove(element.span)
            }
        }
        let expected = rows[0].json["finalize_display_hex"]?.stringValue
        #expect(set.finalize().displayHex == expected)

        func element(_ value: UInt8) -> [UInt8] { [value] + [UInt8](repeating: 0, count: 31) }
        var other = MuHash3072(element(1).span)
        other.subtract(MuHash3072(element(2).span))
        other.formUnion(MuHash3072(element(0).span))
        #expect(other.finalize().displayHex == expected)

        var pair = MuHash3072()
        pair.insert(element(1).span)
        pair.insert(element(2).span)
        #expect(Hex.encode(pair.serialized) == (try rows[1].hex("serialized_384_bytes_le")))
        let reread = try #require(Self.read(pair.serialized))
        #expect(reread.finalize() == pair.finalize())

        let overflowing = try rows[2].bytes("serialized_384_bytes_le_overflowing")
        let large = try #require(Self.read(overflowing))
        #expect(large.serialized == overflowing)
        #expect(large.finalize().hex == (try rows[2].hex("finalize_bytes_hex")))
        #expect(Self.read([UInt8](overflowing.dropLast())) == nil)
    }

    private static func read(_ bytes: [UInt8]) -> MuHash3072? {
        MuHash3072(serialized: bytes.span)
    }
}
