import Cryptography
import Genesis
import Keys
import Notation
import TestSupport
import Testing

@Suite("MuSig2", .enabled(if: Vectors.isPresent, Vectors.hint)) struct MuSigTests {
    /// The items of a list that a row names by their places.
    private func pick(_ row: JSON, _ places: String, of list: JSON?) throws -> [[UInt8]] {
        try row.member(places).elements().map { place in
            try #require(list).element(Int(place.integer())).bytes()
        }
    }

    private func bytes(_ value: JSON?) throws -> [UInt8]? {
        try value?.stringValue.map { try #require(Hex.decode($0)) }
    }

    /// The aggregate of a row with its tweaks.
    private func key(_ row: JSON, _ file: JSON) throws -> MuSigKey {
        var key = try MuSigKey(pick(row, "key_indices", of: file["pubkeys"]))
        var tweaks = try row["tweaks"]?.elements().map { try $0.bytes() } ?? []
        if row["tweak_indices"] != nil {
            tweaks = try pick(row, "tweak_indices", of: file["tweaks"])
        }
        for (tweak, isXOnly) in zip(tweaks, row["is_xonly"]?.array ?? []) {
            try key.add(tweak: tweak, isXOnly: isXOnly.bool == true)
        }
        return key
    }

    /// The very error that a row asks for.
    private func error(of row: JSON) throws -> MuSigError {
        let error = try row.member("error")
        guard try error.member("type").text() == "invalid_contribution" else {
            let message = try error.member("message").text()
            let errors: [String: MuSigError] = [
                "The tweak must be less than n.": .tweakOutOfRange,
                "The result of tweaking cannot be infinity.": .infinity,
                "first secnonce value is out of range.": .nonceOutOfRange,
                "The signer's pubkey must be included in the list of pubkeys.": .unknownSigner,
            ]
            return try #require(errors[message], "\(message)")
        }
        let contributions: [String: MuSigError.Contribution] = [
            "pubkey": .publicKey, "pubnonce": .publicNonce, "aggnonce": .aggregateNonce,
            "aggothernonce": .otherNonces, "psig": .partialSignature,
        ]
        let name = try error.member("contrib").text()
        return .invalidContribution(
            signer: error["signer"]?.int.map { Int($0) },
            try #require(contributions[name], "\(name)"))
    }

    private func secretKey(_ value: JSON?) throws -> SecretKey {
        let scalar = try #require(try bytes(value))
        return try #require(SecretKey(bytes: scalar))
    }

    @Test("Keys are sorted as in bip327-key_sort.json")
    func keySort() throws {
        let file = try Vectors.json("bips/bip327-key_sort.json")
        let keys = try file.member("pubkeys").elements().map { try $0.bytes() }
        let sorted = try file.member("sorted_pubkeys").elements().map { try $0.bytes() }
        #expect(keys.count == 6)
        #expect(MuSigKey.sorted(keys) == sorted)
    }

    @Test("Keys are aggregated as in bip327-key_agg.json")
    func keyAggregation() throws {
        let file = try Vectors.json("bips/bip327-key_agg.json")
        let valid = try file.member("valid_test_cases").elements()
        #expect(valid.count == 4)
        for row in valid {
            let expected = try row.member("expected").bytes()
            #expect(try key(row, file).xOnly.bytes == expected)
        }
        let invalid = try file.member("error_test_cases").elements()
        #expect(invalid.count == 5)
        for row in invalid {
            let expected = try error(of: row)
            #expect(throws: expected) { try key(row, file) }
        }
    }

    @Test("Nonces are made as in bip327-nonce_gen.json")
    func nonceGeneration() throws {
        let rows = try Vectors.json("bips/bip327-nonce_gen.json").member("test_cases").elements()
        #expect(rows.count == 4)
        for row in rows {
            let secret = try bytes(row["sk"]).map { try #require(SecretKey(bytes: $0)) }
            let nonce = try MuSigSecretNonce.generate(
                randomness: row.member("rand_").bytes(), publicKey: row.member("pk").bytes(),
                secretKey: secret, aggregate: bytes(row["aggpk"]), message: bytes(row["msg"]),
                extra: bytes(row["extra_in"]))
            let (own, ownPublic) = (nonce.bytes, nonce.publicNonce)
            let expected = try row.member("expected_secnonce").bytes()
            let expectedPublic = try row.member("expected_pubnonce").bytes()
            #expect(own == expected)
            #expect(ownPublic == expectedPublic)
        }
    }

    @Test("Nonces are aggregated as in bip327-nonce_agg.json")
    func nonceAggregation() throws {
        let file = try Vectors.json("bips/bip327-nonce_agg.json")
        let valid = try file.member("valid_test_cases").elements()
        let invalid = try file.member("error_test_cases").elements()
        #expect(valid.count == 2 && invalid.count == 3)
        for row in valid {
            let nonces = try pick(row, "pnonce_indices", of: file["pnonces"])
            let expected = try row.member("expected").bytes()
            #expect(try MuSigPublicNonce.aggregate(nonces).bytes == expected)
        }
        for row in invalid {
            let nonces = try pick(row, "pnonce_indices", of: file["pnonces"])
            let expected = try error(of: row)
            #expect(throws: expected) { try MuSigPublicNonce.aggregate(nonces) }
        }
    }

    private func session(_ row: JSON, _ file: JSON) throws -> MuSigSession {
        let nonce = try file.member("aggnonces").element(
            Int(row.member("aggnonce_index").integer())
        ).bytes()
        let message = try file.member("msgs").element(
            Int(row.member("msg_index").integer())
        ).bytes()
        return try MuSigSession(key: key(row, file), aggregateNonce: nonce, message: message)
    }

    @Test("Parts are signed as in bip327-sign_verify.json, and verified")
    func signing() throws {
        let file = try Vectors.json("bips/bip327-sign_verify.json")
        let secret = try secretKey(file["sk"])
        let secrets = try file.member("secnonces").elements().map { try $0.bytes() }
        let valid = try file.member("valid_test_cases").elements()
        #expect(valid.count == 6)
        for row in valid {
            let session = try session(row, file)
            let own = try session.sign(with: secret, nonce: MuSigSecretNonce(bytes: secrets[0]))
            let expected = try row.member("expected").bytes()
            #expect(own == expected)
            #expect(try isValid(own, row, file))
        }
        let unsignable = try file.member("sign_error_test_cases").elements()
        #expect(unsignable.count == 6)
        for row in unsignable {
            let expected = try error(of: row)
            #expect(throws: expected) {
                let place = Int(try row.member("secnonce_index").integer())
                let nonce = try MuSigSecretNonce(bytes: secrets[place])
                return try session(row, file).sign(with: secret, nonce: nonce)
            }
        }
        let wrong = try file.member("verify_fail_test_cases").elements()
        #expect(wrong.count == 3)
        for row in wrong {
            let signature = try row.member("sig").bytes()
            #expect(try !isValid(signature, row, file))
        }
        let unverifiable = try file.member("verify_error_test_cases").elements()
        #expect(unverifiable.count == 2)
        for row in unverifiable {
            let signature = try row.member("sig").bytes()
            let expected = try error(of: row)
            #expect(throws: expected) { try isValid(signature, row, file) }
        }
    }

    private func isValid(_ signature: [UInt8], _ row: JSON, _ file: JSON) throws -> Bool {
        let nonces = try pick(row, "nonce_indices", of: file["pnonces"])
        let keys = try pick(row, "key_indices", of: file["pubkeys"])
        let signer = Int(try row.member("signer_index").integer())
        let message = try file.member("msgs").element(
            Int(row.member("msg_index").integer())
        ).bytes()
        let session = try MuSigSession(
            key: key(row, file), nonces: .aggregate(nonces), message: message)
        return try session.isValid(
            signature, publicKey: keys[signer], nonce: nonces[signer], signer: signer)
    }

    @Test("Tweaked keys sign as in bip327-tweak.json")
    func tweaks() throws {
        let file = try Vectors.json("bips/bip327-tweak.json")
        let secret = try secretKey(file["sk"])
        let aggregate = try file.member("aggnonce").bytes()
        let message = try file.member("msg").bytes()
        let valid = try file.member("valid_test_cases").elements()
        let invalid = try file.member("error_test_cases").elements()
        #expect(valid.count == 5 && invalid.count == 1)
        for row in valid {
            let session = try MuSigSession(
                key: key(row, file), aggregateNonce: aggregate, message: message)
            let nonce = try MuSigSecretNonce(bytes: file.member("secnonce").bytes())
            let expected = try row.member("expected").bytes()
            #expect(try session.sign(with: secret, nonce: nonce) == expected)
        }
        for row in invalid {
            let expected = try error(of: row)
            #expect(throws: expected) { try key(row, file) }
        }
    }

    @Test("Parts add up to a signature as in bip327-sig_agg.json, valid for the key")
    func signatureAggregation() throws {
        let file = try Vectors.json("bips/bip327-sig_agg.json")
        let message = try file.member("msg").bytes()
        let valid = try file.member("valid_test_cases").elements()
        let invalid = try file.member("error_test_cases").elements()
        #expect(valid.count == 4 && invalid.count == 1)
        for row in valid {
            let nonces = try pick(row, "nonce_indices", of: file["pnonces"])
            let aggregate = try MuSigPublicNonce.aggregate(nonces)
            let given = try row.member("aggnonce").bytes()
            #expect(aggregate.bytes == given)
            let session = try MuSigSession(
                key: key(row, file), nonces: aggregate, message: message)
            let parts = try pick(row, "psig_indices", of: file["psigs"])
            let signature = try session.aggregate(parts)
            let expected = try row.member("expected").bytes()
            #expect(signature == expected)
            let key = session.key.xOnly.bytes
            let isValid = Schnorr.verify(
                signature: signature.span, message: message.span, publicKey: key.span)
            #expect(isValid)
        }
        for row in invalid {
            let session = try MuSigSession(
                key: key(row, file), aggregateNonce: row.member("aggnonce").bytes(),
                message: message)
            let parts = try pick(row, "psig_indices", of: file["psigs"])
            let expected = try error(of: row)
            #expect(throws: expected) { try session.aggregate(parts) }
        }
    }

    @Test("The last signer needs no randomness, as in bip327-det_sign.json")
    func deterministicSigning() throws {
        let file = try Vectors.json("bips/bip327-det_sign.json")
        let secret = try secretKey(file["sk"])
        func sign(_ row: JSON) throws -> [[UInt8]] {
            let message = try file.member("msgs").element(
                Int(row.member("msg_index").integer())
            ).bytes()
            let answer = try MuSigSession.signDeterministically(
                with: secret, key: key(row, file),
                otherNonces: row.member("aggothernonce").bytes(), message: message,
                randomness: bytes(row["rand"]))
            return [answer.publicNonce, answer.signature]
        }
        let valid = try file.member("valid_test_cases").elements()
        let invalid = try file.member("error_test_cases").elements()
        #expect(valid.count == 4 && invalid.count == 5)
        for row in valid {
            let expected = try row.member("expected").elements().map { try $0.bytes() }
            #expect(try sign(row) == expected)
        }
        for row in invalid {
            let expected = try error(of: row)
            #expect(throws: expected) { try sign(row) }
        }
    }

    @Test("The aggregate has the extended key of bip328-vectors.json")
    func extendedKey() throws {
        let rows = try Vectors.rows("bips/bip328-vectors.json")
        #expect(rows.count == 3)
        for row in rows {
            let keys = try row.member("keys").elements().map { try $0.bytes() }
            let aggregate = try MuSigKey(keys)
            let expected = try row.member("aggregate_pubkey").bytes()
            #expect(aggregate.key.compressed == expected)
            let text = try row.member("xpub").text()
            #expect(aggregate.extendedKey.text(on: .mainnet) == text)
        }
    }

    @Test("Numbers of the curve add and multiply as numbers do", arguments: [1, 2, 3])
    func scalars(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            func any() -> Scalar {
                let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
                return Scalar(reducing: Hash256(bytes.span))
            }
            let (a, b, c) = (any(), any(), any())
            #expect(a * (b + c) == a * b + a * c, "seed \(seed)")
            #expect(a + -a == .zero, "seed \(seed)")
            #expect(a * .one == a && a + .zero == a && a * .zero == .zero, "seed \(seed)")
            let sum = CurvePoint.generator(times: a) + .generator(times: b)
            #expect(sum == .generator(times: a + b), "seed \(seed)")
        }
        let most = Scalar(reducing: Hash256(Array(repeating: 0xff, count: 32).span))
        #expect(Scalar(bytes: Array(repeating: 0xff, count: 32)) == nil)
        #expect(Hex.encode(most.bytes).hasSuffix("14551231950b75fc4402da1732fc9bebe"))
    }
}
