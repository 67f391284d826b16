import Cryptography
import Notation
import Scripting

extension ConformanceTool {
    /// A hash, a MAC, a cipher or a signature check.
    func cryptography(_ request: Request) throws(RequestError) -> JSON {
        switch try request.string("name") {
        case "ecdsa-verify": try verifyECDSA(request)
        case "schnorr-verify": try verifySchnorr(request)
        case "sha256", "sha512", "sha1", "ripemd160": try digest(request)
        case "hmac-sha256", "hmac-sha512": try authenticate(request)
        case "hkdf-sha256": try deriveKey(request)
        case "pbkdf2-sha512": try stretchPassword(request)
        case "chacha20": try streamCipher(request)
        case "chacha20poly1305": try authenticatedCipher(request)
        case "aes256-cbc": try blockCipher(request)
        case "siphash": try shortHash(request)
        case "murmur3": try murmur(request)
        case "muhash": try multisetHash(request)
        case let name: throw RequestError("unsupported: crypto \(name)")
        }
    }

    private func result(_ bytes: [UInt8]) -> JSON {
        .object(["result": .string(Hex.encode(bytes))])
    }

    private func result(bigEndian number: some FixedWidthInteger & UnsignedInteger) -> JSON {
        let places = stride(from: number.bitWidth - 8, through: 0, by: -8)
        return result(places.map { UInt8(truncatingIfNeeded: number >> $0) })
    }

    private func digest(_ request: Request) throws(RequestError) -> JSON {
        let message = try request.bytes("message")
        return switch try request.string("name") {
        case "sha512": result(SHA512.hash(message.span))
        case "sha1": result(SHA1.hash(message.span))
        case "ripemd160": result(RIPEMD160.hash(message.span).bytes)
        default: result(SHA256.hash(message.span).bytes)
        }
    }

    private func authenticate(_ request: Request) throws(RequestError) -> JSON {
        let key = try request.bytes("key")
        let message = try request.bytes("message")
        return try request.string("name") == "hmac-sha256"
            ? result(HMAC.sha256(key: key.span, message.span).bytes)
            : result(HMAC.sha512(key: key.span, message.span))
    }

    private func murmur(_ request: Request) throws(RequestError) -> JSON {
        let message = try request.bytes("message")
        let seed = UInt32(truncatingIfNeeded: try request.integer("seed"))
        return result(bigEndian: Murmur3.hash(seed: seed, message.span))
    }

    private func verdict(_ holds: Bool) -> JSON { .object(["ok": .bool(holds)]) }

    /// - `strict` asks for the encoding of BIP66, `lows` for the lower of the two possible S.
    private func verifyECDSA(_ request: Request) throws(RequestError) -> JSON {
        let signature = try request.bytes("signature")
        var flags: ScriptFlags = []
        if try request.flag("strict") { flags.insert(.derSignatures) }
        if try request.flag("lows") { flags.insert(.lowS) }
        do {
            // In a script a byte of hash type follows.
            try SignatureEncoding.check((signature + [1])[...], flags: flags)
        } catch {
            return verdict(false)
        }
        let hash = try request.hash("hash")
        let publicKey = try request.bytes("pubkey")
        return verdict(
            ECDSA.verify(signature: signature.span, hash: hash, publicKey: publicKey.span))
    }

    private func verifySchnorr(_ request: Request) throws(RequestError) -> JSON {
        let signature = try request.bytes("signature")
        let message = try request.bytes("message")
        let publicKey = try request.bytes("pubkey")
        return verdict(
            Schnorr.verify(
                signature: signature.span, message: message.span, publicKey: publicKey.span))
    }

    private func length(_ request: Request, atMost limit: Int) throws(RequestError) -> Int {
        let length = try request.integer("length")
        guard length >= 0, length <= limit else {
            throw RequestError("length is not between 0 and \(limit)")
        }
        return length
    }

    private func deriveKey(_ request: Request) throws(RequestError) -> JSON {
        // RFC 5869 ends at 255 blocks.
        let count = try length(request, atMost: 255 * 32)
        let material = try request.bytes("ikm")
        let salt = try request.bytesIfPresent("salt")
        let info = try request.bytesIfPresent("info")
        let hkdf = HKDF(keyMaterial: material.span, salt: salt.span)
        return result(hkdf.expand(info: info.span, count: count))
    }

    private func stretchPassword(_ request: Request) throws(RequestError) -> JSON {
        let rounds = try request.integer("iterations")
        guard rounds >= 1, rounds <= 10_000_000 else {
            throw RequestError("iterations is not between 1 and 10,000,000")
        }
        let count = try length(request, atMost: 1 << 20)
        let password = try request.bytes("password")
        let salt = try request.bytes("salt")
        return result(
            PBKDF2.sha512(password: password.span, salt: salt.span, rounds: rounds, count: count))
    }

    /// The 12 bytes of a nonce as ChaCha20 of RFC 8439 reads them: 32 bits and 64 bits.
    private func nonce(_ request: Request) throws(RequestError) -> (UInt32, UInt64) {
        let bytes = try request.bytes("nonce")
        guard bytes.count == 12 else { throw RequestError("nonce is not of 12 bytes") }
        let first = bytes[..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let rest = bytes[4...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (first, rest)
    }

    private func key(_ request: Request) throws(RequestError) -> [UInt8] {
        let key = try request.bytes("key")
        guard key.count == 32 else { throw RequestError("key is not of 32 bytes") }
        return key
    }

    private func streamCipher(_ request: Request) throws(RequestError) -> JSON {
        let name = request.has("message") ? "message" : "plaintext"
        var text = try request.bytes(name)
        let key = try key(request)
        var cipher = ChaCha20(key: key.span)
        let block = request.has("block") ? try request.integer("block") : 0
        cipher.seek(nonce: try nonce(request), block: UInt32(truncatingIfNeeded: block))
        cipher.crypt(&text)
        return result(text)
    }

    private func authenticatedCipher(_ request: Request) throws(RequestError) -> JSON {
        let key = try key(request)
        let cipher = ChaCha20Poly1305(key: key.span)
        let nonce = try nonce(request)
        let extra = try request.bytesIfPresent("aad")
        switch try request.string("mode") {
        case "encrypt":
            let text = try request.bytes("plaintext")
            return result(
                cipher.seal(text.span, authenticating: extra.span, nonce: nonce))
        case "decrypt":
            let text = try request.bytes("ciphertext")
            let opened = cipher.open(text.span, authenticating: extra.span, nonce: nonce)
            return opened.map(result) ?? .fails("the tag does not match")
        case let mode: throw RequestError("unknown mode \(mode)")
        }
    }

    private func blockCipher(_ request: Request) throws(RequestError) -> JSON {
        let vector = try request.bytes("iv")
        guard vector.count == 16 else { throw RequestError("iv is not of 16 bytes") }
        guard
            let cipher = AES256CBC(
                key: try key(request), initialVector: vector, isPadded: try request.flag("pad"))
        else { throw RequestError("key or iv is of the wrong size") }
        switch try request.string("mode") {
        case "encrypt":
            let text = cipher.encrypt(try request.bytes("plaintext"))
            return text.map(result) ?? .fails("the length is no multiple of the block size")
        case "decrypt":
            let text = cipher.decrypt(try request.bytes("ciphertext"))
            return text.map(result) ?? .fails("the padding or the length is wrong")
        case let mode: throw RequestError("unknown mode \(mode)")
        }
    }

    /// The key is k0 and k1, eight bytes each, least significant first.
    private func shortHash(_ request: Request) throws(RequestError) -> JSON {
        let key = try request.bytes("key")
        guard key.count == 16 else { throw RequestError("key is not of 16 bytes") }
        let words = [key[..<8], key[8...]].map { half in
            half.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        let message = try request.bytes("message")
        let hash = SipHash24.hash(words[0], words[1], message.span)
        return result(bigEndian: hash)
    }

    /// `insert` and `remove` hold elements; the result is the hash of the multiset.
    private func multisetHash(_ request: Request) throws(RequestError) -> JSON {
        var hash = MuHash3072()
        for item in request.has("insert") ? try request.array("insert") : [] {
            let element = try Request.bytes(item, "insert")
            hash.insert(element.span)
        }
        for item in request.has("remove") ? try request.array("remove") : [] {
            let element = try Request.bytes(item, "remove")
            hash.remove(element.span)
        }
        return result(hash.finalize().bytes)
    }
}
