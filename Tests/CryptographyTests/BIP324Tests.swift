import Cryptography
import Notation
import TestSupport
import Testing

@Suite("Encrypted connections (BIP324)") struct BIP324Tests {
    /// The rows of one of the BIP's tables, by the names of its columns.
    private static func rows(_ name: String) throws -> [[String: String]] {
        let text = String(decoding: try Vectors.load("bips/bip324-\(name).csv"), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let names = (lines.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
        return lines.dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            return Dictionary(
                zip(names.map(String.init), cells.map(String.init)), uniquingKeysWith: { $1 })
        }
    }

    private static func hash(_ text: String?) throws -> Hash256 {
        try #require(Hash256(hex: text ?? ""))
    }

    private static func bytes(_ text: String?) throws -> [UInt8] {
        try #require(Hex.decode(text ?? ""))
    }

    private static func form(_ text: String?) throws -> ElligatorSwift {
        let bytes = try bytes(text)
        let form = ElligatorSwift(bytes.span)
        return try #require(form)
    }

    @Test(
        "Sixty-four bytes stand for the x that the BIP's table gives",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func decoding() throws {
        let rows = try Self.rows("ellswift-decode")
        #expect(rows.count == 76)
        for row in rows {
            let form = try Self.form(row["ellswift"])
            #expect(Hex.encode(form.x.bytes) == row["x"], "\(row["comment"] ?? "")")
            #expect(Hex.encode(form.bytes) == row["ellswift"])
        }
    }

    @Test(
        "Each of the eight forms of a key is found where there is one, and no other",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func inverse() throws {
        let rows = try Self.rows("xswiftec-inv")
        #expect(rows.count == 32)
        for row in rows {
            let (u, x) = (try Self.hash(row["u"]), try Self.hash(row["x"]))
            for form in 0..<8 {
                let t = ElligatorSwift.secondNumber(x: x, u: u, form: form)
                #expect((t?.hex ?? "") == row["case\(form)_t"], "\(row["comment"] ?? "") \(form)")
                guard let t else { continue }
                let bytes = u.bytes + t.bytes
                #expect(ElligatorSwift(bytes.span)?.x.bytes == x.bytes)
            }
        }
    }

    @Test("A key is what its form stands for, and two forms of it differ")
    func encoding() throws {
        var random = SeededGenerator(seed: 324)
        for value: UInt8 in 1...20 {
            let secret = try #require(SecretKey(bytes: [UInt8](repeating: value, count: 32)))
            let first = ElligatorSwift(secret, using: &random)
            let second = ElligatorSwift(secret, using: &random)
            #expect(first.x == secret.xOnlyPublicKey)
            #expect(second.x == secret.xOnlyPublicKey)
            #expect(first != second)
        }
    }

    @Test(
        "Keys, terminators and packets are those of the BIP's table",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func packets() throws {
        let rows = try Self.rows("packet-encoding")
        #expect(rows.count == 7)
        for row in rows {
            let secret = try #require(SecretKey(bytes: try Self.bytes(row["in_priv_ours"])))
            let ours = try Self.form(row["in_ellswift_ours"])
            let theirs = try Self.form(row["in_ellswift_theirs"])
            let isInitiator = row["in_initiating"] == "1"
            #expect(Hex.encode(ours.x.bytes) == row["mid_x_ours"])
            #expect(Hex.encode(theirs.x.bytes) == row["mid_x_theirs"])
            let shared = theirs.sharedSecret(with: secret, ours: ours, isInitiator: isInitiator)
            #expect(shared.hex == row["mid_shared_secret"])

            var cipher = BIP324Cipher(
                secret: secret, ours: ours, theirs: theirs, isInitiator: isInitiator,
                magic: [0xf9, 0xbe, 0xb4, 0xd9])
            #expect(Hex.encode(cipher.sendGarbageTerminator) == row["mid_send_garbage_terminator"])
            #expect(
                Hex.encode(cipher.receiveGarbageTerminator) == row["mid_recv_garbage_terminator"])
            #expect(cipher.sessionID.hex == row["out_session_id"])

            for _ in 0..<(Int(row["in_idx"] ?? "") ?? 0) { _ = cipher.encrypt([]) }
            let contents = try Self.bytes(row["in_contents"])
            let times = try #require(Int(row["in_multiply"] ?? ""))
            let sealed = cipher.encrypt(
                Array(repeatElement(contents, count: times).joined()),
                authenticating: try Self.bytes(row["in_aad"]), isIgnored: row["in_ignore"] == "1")
            let whole = try Self.bytes(row["out_ciphertext"])
            let end = try Self.bytes(row["out_ciphertext_endswith"])
            #expect(!whole.isEmpty || !end.isEmpty)
            if !whole.isEmpty { #expect(sealed == whole) }
            #expect(Array(sealed.suffix(end.count)) == end)
        }
    }

    /// Both ends of a connection.
    private static func ends() throws -> (BIP324Cipher, BIP324Cipher) {
        var random = SeededGenerator(seed: 5)
        let first = try #require(SecretKey(bytes: [UInt8](repeating: 3, count: 32)))
        let second = try #require(SecretKey(bytes: [UInt8](repeating: 4, count: 32)))
        let (one, other) = (
            ElligatorSwift(first, using: &random), ElligatorSwift(second, using: &random)
        )
        let magic: [UInt8] = [1, 2, 3, 4]
        return (
            BIP324Cipher(
                secret: first, ours: one, theirs: other, isInitiator: true, magic: magic),
            BIP324Cipher(
                secret: second, ours: other, theirs: one, isInitiator: false, magic: magic)
        )
    }

    @Test("What one end sends the other reads, through three changes of key, both ways")
    func bothEnds() throws {
        var (initiator, responder) = try Self.ends()
        #expect(initiator.sessionID == responder.sessionID)
        #expect(initiator.sendGarbageTerminator == responder.receiveGarbageTerminator)
        for number in 0..<(3 * 224 + 5) {
            let contents = [UInt8](repeating: UInt8(number & 0xFF), count: number % 50)
            let data: [UInt8] = number == 0 ? [9, 9, 9] : []
            let sealed = initiator.encrypt(
                contents, authenticating: data, isIgnored: number % 7 == 0)
            #expect(sealed.count == contents.count + BIP324Cipher.expansion)
            #expect(responder.decryptLength(Array(sealed.prefix(3))) == contents.count)
            let packet = responder.decrypt(Array(sealed.dropFirst(3)), authenticating: data)
            #expect(packet?.contents == contents)
            #expect(packet?.isIgnored == (number % 7 == 0))
            let answer = responder.encrypt(contents)
            #expect(initiator.decryptLength(Array(answer.prefix(3))) == contents.count)
            #expect(initiator.decrypt(Array(answer.dropFirst(3)))?.contents == contents)
        }
    }

    @Test(
        "A packet of which a bit is changed, that is cut short, or of other garbage does not open")
    func tampering() throws {
        let (initiator, responder) = try Self.ends()
        var sender = initiator
        let sealed = Array(sender.encrypt([1, 2, 3], authenticating: [5]).dropFirst(3))
        var whole = responder
        #expect(whole.decrypt(sealed, authenticating: [5])?.contents == [1, 2, 3])
        for place in sealed.indices {
            var changed = sealed
            changed[place] ^= 4
            var cipher = responder
            #expect(cipher.decrypt(changed, authenticating: [5]) == nil)
        }
        var other = responder
        #expect(other.decrypt(sealed, authenticating: [6]) == nil)
        var short = responder
        #expect(short.decrypt(Array(sealed.prefix(10)), authenticating: [5]) == nil)
    }

    @Test("Short and long messages are sealed alike by OpenSSL and by what is written here")
    func kernels() throws {
        var random = SeededGenerator(seed: 11)
        let key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        let cipher = ChaCha20Poly1305(key: key.span)
        for count in Array(0...400) + [4095, 65_536, 100_003] {
            let nonce = (UInt32.random(in: 0...(.max), using: &random), random.next())
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let data = [UInt8](repeating: 5, count: count % 40)
            var own = message + [UInt8](repeating: 0, count: 16)
            var span = own.mutableSpan
            cipher.sealWithoutOpenSSL(&span, authenticating: data.span, nonce: nonce)
            let sealed = cipher.seal(message.span, authenticating: data.span, nonce: nonce)
            #expect(sealed == own, "\(count)")
            var room = message + [UInt8](repeating: 0, count: 16)
            var other = room.mutableSpan
            #expect(
                OpenSSLCipher.run(
                    encrypts: true, &other, authenticating: data.span, key: Hash256(key.span),
                    nonce: nonce))
            #expect(room == own, "\(count)")
            #expect(cipher.open(own.span, authenticating: data.span, nonce: nonce) == message)
            own[count] ^= 1
            #expect(cipher.open(own.span, authenticating: data.span, nonce: nonce) == nil)
        }
    }

    @Test(
        "The ciphers change their keys as Core's do",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func forwardSecrecy() throws {
        let rows = Row.all("fschacha20")
        #expect(!rows.isEmpty)
        for row in rows {
            let (key, plaintext) = (try row.bytes("key"), try row.bytes("plaintext"))
            let interval = try row.number("rekey_interval")
            var cipher = FSChaCha20(key: key.span, interval: interval)
            var message = plaintext
            for _ in 0...interval {
                message = plaintext
                cipher.crypt(&message)
            }
            #expect(Hex.encode(message) == (try row.hex("ciphertext_after_rotation")))
        }
        let authenticated = Row.all("fschacha20poly1305")
        #expect(!authenticated.isEmpty)
        for row in authenticated {
            let (key, plaintext) = (try row.bytes("key"), try row.bytes("plaintext"))
            let data = try row.bytes("aad")
            var cipher = FSChaCha20Poly1305(key: key.span)
            var other = cipher
            let none: [UInt8] = []
            for _ in 0..<(try row.number("message_index")) {
                let sealed = cipher.seal(none.span, authenticating: none.span)
                #expect(other.open(sealed.span, authenticating: none.span) == [])
            }
            let sealed = cipher.seal(plaintext.span, authenticating: data.span)
            #expect(Hex.encode(sealed) == (try row.hex("ciphertext")))
            #expect(other.open(sealed.span, authenticating: data.span) == plaintext)
        }
    }
}
