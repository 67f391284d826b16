import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Signing")
struct SigningTests {
    private let keys = (1...5).compactMap { number in
        SecretKey(bytes: [UInt8](repeating: UInt8(number), count: 32)).map { PrivateKey($0) }
    }

    /// A transaction that spends one output into another.
    private func spend(_ script: Script, worth value: Int64 = 100_000) -> (
        transaction: Transaction, output: TransactionOutput
    ) {
        let input = TransactionInput(
            outPoint: OutPoint(txid: Hash256.hash(script), index: 3), sequence: 0xffff_fffd)
        let payment = TransactionOutput(value: Amount(satoshis: value - 1000), script: script)
        return (
            Transaction(version: 2, inputs: [input], outputs: [payment]),
            TransactionOutput(value: Amount(satoshis: value), script: script)
        )
    }

    private func text(_ template: String) -> String {
        keys.enumerated().reduce(template) { text, entry in
            text.replacingAll("key\(entry.offset)", with: entry.element.wif(on: .mainnet))
        }
    }

    @Test("Of leaves that cost the same the first by the bytes of its script is taken")
    func equalLeaves() throws {
        let inner = "a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
        let ordered = keys.prefix(2).sorted {
            $0.publicKeyBytes.dropFirst().lexicographicallyPrecedes($1.publicKeyBytes.dropFirst())
        }.map { $0.wif(on: .mainnet) }
        let first = try #require(PrivateKey(wif: ordered[0], network: .mainnet))
        for texts in [ordered, ordered.reversed()] {
            let descriptor = try Descriptor(
                "tr(\(inner),{pk(\(texts[0])),pk(\(texts[1]))})", network: .mainnet)
            let expansion = try #require(descriptor.expand())
            let (transaction, output) = spend(try #require(expansion.scripts.first))
            var provider = expansion.provider
            for key in descriptor.privateKeys() { provider.add(key) }
            let outcome = TransactionSigner(provider: provider).sign(
                transaction, spending: [output])
            #expect(outcome.errors.isEmpty)
            let stack = try #require(outcome.transaction.inputs.first?.witness.stack)
            #expect(stack.count == 3)
            #expect(stack[1] == [0x20] + first.publicKeyBytes.dropFirst() + [0xac])
        }
    }

    @Test(
        "What a descriptor's keys can sign is complete, no larger than reckoned",
        arguments: [
            "pk(key0)", "pkh(key0)", "wpkh(key0)", "sh(wpkh(key0))", "sh(pkh(key0))",
            "multi(1,key0,key1)", "sh(multi(2,key0,key1,key2))", "wsh(multi(2,key0,key1,key2))",
            "sh(wsh(sortedmulti(2,key0,key1,key2)))", "wsh(pkh(key0))", "tr(key0)",
            "tr(key0,pk(key1))", "rawtr(key0)",
            "wsh(or_d(pk(key0),and_v(v:pkh(key1),older(144))))",
            "wsh(thresh(2,pk(key0),s:pk(key1),a:pkh(key2)))",
            "sh(wsh(andor(pk(key0),multi(1,key1,key2),and_v(v:pk(key3),after(9)))))",
        ])
    func complete(_ template: String) throws {
        let descriptor = try Descriptor(text(template), network: .mainnet)
        let expansion = try #require(descriptor.expand())
        let (transaction, output) = spend(try #require(expansion.scripts.first))
        var provider = expansion.provider
        for key in descriptor.privateKeys() { provider.add(key) }
        let outcome = TransactionSigner(provider: provider).sign(transaction, spending: [output])
        #expect(outcome.errors.isEmpty)
        let input = try #require(outcome.transaction.inputs.first)
        let size = try #require(descriptor.satisfactionSize())
        let scriptSize = input.script.count + (input.script.count < 253 ? 1 : 3)
        let weight = (40 + scriptSize) * 4 + (size.isSegwit ? input.witness.serializedSize : 0)
        #expect(weight <= size.inputWeight(besideSegwit: false))
        // Signed once, it is left alone by whoever knows nothing.
        let again = TransactionSigner(provider: SigningProvider())
            .sign(outcome.transaction, spending: [output])
        #expect(again.isComplete && again.transaction == outcome.transaction)
        #expect(Descriptor.infer(output.script, provider: expansion.provider).isSolvable)
    }

    @Test("Of a tree the script is used whose key is known")
    func scriptPath() throws {
        let whole = try Descriptor(
            text("tr(key0,{pk(key1),{multi_a(2,key2,key3,key4),pk(key4)}})"), network: .mainnet)
        let expansion = try #require(whole.expand())
        let (transaction, output) = spend(try #require(expansion.scripts.first))
        for known in [[1], [2, 3], [2, 4], [4]] {
            var provider = expansion.provider
            for number in known { provider.add(keys[number]) }
            let outcome = TransactionSigner(provider: provider)
                .sign(transaction, spending: [output])
            #expect(outcome.errors.isEmpty)
        }
        var provider = expansion.provider
        provider.add(keys[3])
        let partial = TransactionSigner(provider: provider)
            .sign(transaction, spending: [output])
        #expect(!partial.isComplete)
    }

    @Test(
        "Two holders of a multisignature sign one after the other",
        arguments: ["sh", "wsh", "sh(wsh"])
    func partial(_ wrapper: String) throws {
        let close = wrapper.contains("(") ? "))" : ")"
        let whole = try Descriptor(
            text("\(wrapper)(multi(2,key0,key1,key2)\(close)"), network: .mainnet)
        let expansion = try #require(whole.expand())
        let (transaction, output) = spend(try #require(expansion.scripts.first))
        for order in [[0, 2], [2, 0], [1, 0]] {
            var first = expansion.provider
            first.add(keys[order[0]])
            let half = TransactionSigner(provider: first).sign(transaction, spending: [output])
            #expect(!half.isComplete)
            var second = SigningProvider()
            second.scripts = expansion.provider.scripts
            second.add(keys[order[1]])
            let full = TransactionSigner(provider: second)
                .sign(half.transaction, spending: [output])
            #expect(full.isComplete, "\(full.errors)")
        }
    }

    @Test("Core's words tell what keeps an input from being complete")
    func failures() throws {
        let descriptor = try Descriptor(text("wpkh(key0)"), network: .mainnet)
        let script = try #require(descriptor.expand()?.scripts.first)
        let (transaction, output) = spend(script)
        let none = TransactionSigner(provider: SigningProvider())
        #expect(
            none.sign(transaction, spending: [nil]).errors == [
                0: "Input not found or already spent"
            ])
        #expect(
            none.sign(transaction, spending: [output]).errors == [
                0: "Witness program hash mismatch"
            ])
        let legacy = spend(.payToPubKeyHash(.hash(keys[0].publicKeyBytes.span)))
        #expect(
            none.sign(legacy.transaction, spending: [legacy.output]).errors == [
                0: "Unable to sign input, invalid stack size (possibly missing key)"
            ])
    }

    @Test(
        "Key path spends give BIP341's signatures",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func bip341() throws {
        let file = try Vectors.json("core/bip341_wallet_vectors.json")
        for row in try #require(file["keyPathSpending"].array) {
            let bytes = try #require(
                row["given"]["rawUnsignedTx"].stringValue.flatMap { Hex.decode($0) })
            let transaction = try Transaction(decoding: bytes)
            let outputs = try #require(row["given"]["utxosSpent"].array).map { spent in
                TransactionOutput(
                    value: Amount(satoshis: spent["amountSats"].int ?? 0),
                    script: Script(hex: spent["scriptPubKey"].stringValue ?? "") ?? [])
            }
            for spending in try #require(row["inputSpending"].array) {
                let given = spending["given"]
                let secret = try #require(
                    given["internalPrivkey"].stringValue.flatMap { Hex.decode($0) }
                        .flatMap { SecretKey(bytes: $0) })
                let index = Int(try #require(given["txinIndex"].int))
                let type = SignatureHashType(rawValue: UInt32(given["hashType"].int ?? 0))
                let root = given["merkleRoot"].stringValue.flatMap { Hash256(hex: $0) }
                let tweaked = try #require(secret.taprootTweaked(merkleRoot: root))
                // The output key's own secret signs as the internal one, tweaked, does.
                let signer = TransactionSigner(
                    provider: SigningProvider(secrets: [PrivateKey(tweaked)]), hashType: type)
                let signed = signer.sign(transaction, spending: outputs)
                #expect(signed.errors[index] == nil)
                let witness = spending["expected"]["witness"].array?.compactMap(\.stringValue)
                let own = signed.transaction.inputs[index].witness.map { Hex.encode($0) }
                #expect(own == witness)
            }
        }
    }

    @Test(
        "Real spends are judged as Core judges them when it has nothing to sign",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func realSpends() throws {
        var count = 0
        for line in try lines("rpc/signrawtransactionwithkey.main.jsonl") {
            let bytes = try #require(line["params"][0].stringValue.flatMap { Hex.decode($0) })
            let transaction = try Transaction(decoding: bytes)
            var known: [OutPoint: TransactionOutput] = [:]
            for item in line["params"][2].array ?? [] {
                let txid = try #require(
                    item["txid"].stringValue.flatMap { Hash256(displayHex: $0) })
                let point = OutPoint(txid: txid, index: UInt32(item["vout"].int ?? 0))
                let amount = item["amount"].flatMap { $0.numberText ?? $0.stringValue }
                known[point] = TransactionOutput(
                    value: Amount(satoshis: amount.flatMap { Decimal8.parse($0) } ?? 0),
                    script: Script(hex: item["scriptPubKey"].stringValue ?? "") ?? [])
            }
            let outcome = TransactionSigner(provider: SigningProvider())
                .sign(transaction, spending: transaction.inputs.map { known[$0.outPoint] })
            let expected = line["result"]["complete"].bool
            #expect(outcome.isComplete == expected, "\(transaction.txid)")
            count += 1
        }
        #expect(count == 120)
    }
}

extension Hash256 {
    fileprivate static func hash(_ script: Script) -> Hash256 { SHA256.hash(script.span) }
}

extension String {
    fileprivate func replacingAll(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
