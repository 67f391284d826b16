import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Keys, orders and scripts", .enabled(if: Vectors.isPresent, Vectors.hint))
struct KeyVectorTests {
    @Test("Private keys have the addresses of core-extracted/keys.json")
    func wif() throws {
        let rows = try Vectors.json("core-extracted/keys.json").member("wif_p2pkh").elements()
        #expect(rows.count == 4)
        for row in rows {
            let text = try row.member("wif").text()
            let key = try #require(PrivateKey(wif: text, network: .mainnet))
            #expect(key.isCompressed == row["compressed"]?.bool)
            let address = Address.pubKeyHash(.hash(key.publicKeyBytes.span))
            let expected = try row.member("address").text()
            #expect(address.text(on: .mainnet) == expected)
        }
    }

    @Test("The same message gets the same signatures, those of core-extracted/keys.json")
    func deterministic() throws {
        let file = try Vectors.json("core-extracted/keys.json")
        let keys = try file.member("wif_p2pkh").elements().map { row in
            try #require(PrivateKey(wif: row.member("wif").text(), network: .mainnet))
        }
        let row = try file.member("deterministic")
        let message = Array(try row.member("message_utf8").text().utf8)
        let hash = SHA256.doubleHash(message.span)
        let compact = try row.member("compact_signatures").elements().map { try $0.bytes() }
        var found: Set<[UInt8]> = []
        for key in keys {
            // Core makes these without grinding for a low r, which they have anyway.
            let signature = ECDSA.sign(hash, with: key.secret)
            let bytes = key.publicKeyBytes
            let isValid = ECDSA.verify(
                signature: signature.span, hash: hash, publicKey: bytes.span)
            #expect(isValid)
            found.insert(signature)
            let recoverable = ECDSA.signRecoverable(
                hash, with: key.secret, isCompressed: key.isCompressed)
            found.insert(recoverable)
            let recovered = ECDSA.recover(recoverable.span, hash: hash)?.key
            #expect(recovered == key.secret.publicKey)
        }
        for name in ["der_key1", "der_key2"] {
            let expected = try row.member(name).bytes()
            #expect(found.contains(expected))
        }
        #expect(compact.count == 2)
        for expected in compact {
            // The header tells the form of the key, too.
            let forms = [expected, [expected[0] + 4] + expected.dropFirst()]
            #expect(forms.contains { found.contains($0) })
        }
    }

    @Test("Messages are signed and verified as in core-extracted/keys.json")
    func messages() throws {
        let file = try Vectors.json("core-extracted/keys.json")
        let row = try file.member("message_sign")
        let secret = try #require(SecretKey(bytes: row.member("private_key").bytes()))
        let key = PrivateKey(secret, isCompressed: row["compressed"]?.bool == true)
        let signature = try row.member("signature").text()
        #expect(MessageSigning.sign(try row.member("message").text(), with: key) == signature)
        let rows = try file.member("message_verify").elements()
        #expect(rows.count == 7)
        for row in rows {
            let expected = try row.member("result").text()
            let address = try? Address(row.member("address").text(), network: .mainnet)
            guard let address else {
                #expect(expected == "ERR_INVALID_ADDRESS")
                continue
            }
            guard case .pubKeyHash(let hash) = address else {
                #expect(expected == "ERR_ADDRESS_NO_KEY")
                continue
            }
            let verdict = MessageSigning.verify(
                try row.member("signature").text(), of: try row.member("message").text(), by: hash)
            switch expected {
            case "OK": #expect(verdict == true)
            case "ERR_MALFORMED_SIGNATURE": #expect(verdict == nil)
            default: #expect(verdict == false, "\(expected)")
            }
        }
    }

    @Test(
        "Keys of a multisignature are sorted as BIP67 has it",
        arguments: ["bips/bip67.json", "core/functional/rpc_bip67.json"])
    func sortedKeys(_ name: String) throws {
        let rows = try Vectors.rows(name)
        #expect(rows.count == 4)
        for row in rows {
            let keys = try row.member("keys").elements().map { try $0.text() }
            let descriptor = try Descriptor(
                "sh(sortedmulti(2,\(keys.joined(separator: ","))))", network: .mainnet)
            let expansion = try #require(descriptor.expand())
            let script = try row.member("script").text()
            #expect(expansion.provider.scripts.values.map(\.hex) == [script])
            let sorted = try (row["sorted"] ?? row.member("sorted_keys")).elements()
                .map { try $0.text() }
            #expect(sorted.allSatisfy { script.contains($0) })
            let address = try row.member("address").text()
            // Core's rows are for the chain of its tests.
            let networks: [Network] = [.mainnet, .regtest]
            let texts = networks.map { network in
                expansion.scripts.compactMap { Address($0)?.text(on: network) }.first
            }
            #expect(texts.contains(address))
        }
    }

    @Test("Inputs and outputs are ordered as in bip69.json")
    func lexicographicOrder() throws {
        let file = try Vectors.json("bips/bip69.json")
        let inputRows = try file.member("inputs").elements()
        let outputRows = try file.member("outputs").elements()
        #expect(inputRows.count == 6 && outputRows.count == 6)
        for row in inputRows {
            let inputs = try row.member("inputs").elements().map { input in
                let txid = try #require(Hash256(displayHex: input.member("txId").text()))
                return TransactionInput(
                    outPoint: OutPoint(
                        txid: txid, index: UInt32(try input.member("vout").integer())),
                    sequence: 0)
            }
            let order = try row.member("expected").elements().map { Int(try $0.integer()) }
            let sorted = Transaction(version: 2, inputs: inputs, outputs: [])
                .lexicographicallyOrdered
            #expect(sorted.inputs.map(\.outPoint) == order.map { inputs[$0].outPoint })
        }
        for row in outputRows {
            let outputs = try row.member("outputs").elements().map { output in
                // Scripts are given as text where only their order matters.
                let text = try output.member("script").text()
                return TransactionOutput(
                    value: Amount(satoshis: try output.member("value").integer()),
                    script: Script(Hex.decode(text) ?? Array(text.utf8)))
            }
            let order = try row.member("expected").elements().map { Int(try $0.integer()) }
            let sorted = Transaction(version: 2, inputs: [], outputs: outputs)
                .lexicographicallyOrdered
            #expect(Array(sorted.outputs) == order.map { outputs[$0] })
        }
    }

    @Test("The words are those of bip39-english.txt")
    func words() throws {
        let text = String(decoding: try Vectors.load("bips/bip39-english.txt"), as: UTF8.self)
        let words = text.split(separator: "\n").map(String.init)
        #expect(words.count == 2048)
        // Eleven words and seven bits of a twelfth make the smallest entropy.
        for start in stride(from: 0, to: words.count, by: 11) {
            var bits = (start..<start + 11).flatMap { place in
                (0..<11).reversed().map { UInt8(((place % 2048) >> $0) & 1) }
            }
            bits += Array(repeating: 0, count: 7)
            let entropy = stride(from: 0, to: 128, by: 8).map { byte in
                bits[byte..<byte + 8].reduce(0) { $0 << 1 | $1 }
            }
            let phrase = try Mnemonic(entropy: entropy).phrase.split(separator: " ")
            #expect(
                phrase.prefix(11).map(String.init)
                    == (start..<start + 11).map { words[$0 % 2048] })
        }
    }

    @Test("Scripts are described as in rpc_decodescript.json")
    func decodeScript() throws {
        let rows = try Vectors.rows("core/functional/rpc_decodescript.json")
        #expect(rows.count == 10)
        var wrapped = 0
        for row in rows {
            let bytes = try row.element(0).bytes()
            let script = Script(bytes)
            let result = try row.element(1)
            let own = Descriptor.infer(script, provider: SigningProvider())
            let expected = try result.member("desc").text()
            #expect(own.text(on: .regtest) == expected)
            guard let segwit = result["segwit"], segwit["type"]?.stringValue != nil else {
                continue
            }
            var provider = SigningProvider()
            provider.add(script)
            let output = Script(try segwit.member("hex").bytes())
            let inside = Descriptor.infer(output, provider: provider)
            let expectedInside = try segwit.member("desc").text()
            #expect(inside.text(on: .regtest) == expectedInside)
            wrapped += 1
        }
        #expect(wrapped == 1)
    }

    @Test("What a witness script says is described as in rpc/decodescript.main.jsonl")
    func wrappedScripts() throws {
        var count = 0
        for line in try Vectors.lines("rpc/decodescript.main.jsonl") {
            guard let segwit = line["result"]?["segwit"],
                segwit["type"]?.stringValue == "witness_v0_scripthash"
            else { continue }
            let text = try line.member("params").element(0).text()
            var provider = SigningProvider()
            provider.add(Script(try #require(Hex.decode(text))))
            let output = Script(try segwit.member("hex").bytes())
            let expected = try segwit.member("desc").text()
            let own = Descriptor.infer(output, provider: provider)
            #expect(own.text(on: .mainnet) == expected, "\(text)")
            count += 1
        }
        #expect(count == 7)
    }

    @Test("Trees of scripts come to the outputs of bip341_wallet_vectors.json")
    func taprootTrees() throws {
        let rows = try Vectors.json("core/bip341_wallet_vectors.json").member("scriptPubKey")
            .elements()
        #expect(rows.count == 7)
        var others = 0
        for row in rows {
            let given = try row.member("given")
            let key = try #require(
                XOnlyPublicKey(bytes: given.member("internalPubkey").bytes()))
            var scripts: [(depth: Int, script: Script)] = []
            var areTapscript = true
            func walk(_ tree: JSON, _ depth: Int) throws {
                if let parts = tree.array {
                    for part in parts { try walk(part, depth + 1) }
                } else if tree["script"] != nil {
                    scripts.append((depth, Script(try tree.member("script").bytes())))
                    areTapscript = areTapscript && tree["leafVersion"]?.int == 192
                }
            }
            if let tree = given["scriptTree"] { try walk(tree, 0) }
            // Trees are made of tapscript only: the one row with a leaf of another version stays out.
            guard areTapscript else {
                others += 1
                continue
            }
            let tree = try #require(TaprootTree(internalKey: key, scripts: scripts))
            let expected = try row.member("expected")
            let script = Script.payToTaproot(outputKey: tree.outputKey.bytes)
            let output = try expected.member("scriptPubKey").text()
            let address = try expected.member("bip350Address").text()
            #expect(script.hex == output)
            #expect(Address(script)?.text(on: .mainnet) == address)
            let blocks = (expected["scriptPathControlBlocks"]?.array ?? []).map(\.stringValue)
            #expect(tree.leaves.map { Hex.encode(tree.controlBlock(for: $0)) } == blocks)
        }
        #expect(others == 1)
    }
}
