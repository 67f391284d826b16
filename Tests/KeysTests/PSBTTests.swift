import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Partially signed transactions")
struct PSBTTests {
    /// The rows of a file of BIP vectors that are of these categories.
    private func rows(_ name: String, _ categories: Set<String>) throws -> [JSON] {
        try Vectors.rows("bips/\(name).json").filter { row in
            categories.contains(try row.member("category").text())
        }
    }

    /// The lists of a file of Core's functional tests.
    private func functional(_ list: String) throws -> [JSON] {
        try Vectors.json("core/functional/rpc_psbt.json").member(list).elements()
    }

    /// Adds to `changes` what a reading and writing does to the pairs, which must do nothing the second
    /// time.
    private func rewrite(_ bytes: [UInt8], into changes: inout [String: Int]) throws {
        let psbt = try PSBT(decoding: bytes)
        changes.merge(
            try PSBTPairs(bytes).changes(
                in: try PSBTPairs(psbt.bytes), inputs: psbt.inputs.count), uniquingKeysWith: +)
        let again = try PSBT(decoding: psbt.bytes)
        #expect(again.bytes == psbt.bytes)
        #expect(again.identifier == psbt.identifier)
    }

    @Test(
        "What the BIPs call valid is read, and written with the pairs it had",
        .enabled(if: Vectors.isPresent, Vectors.hint),
        arguments: ["bip174", "bip370", "bip371", "bip373"])
    func validOnes(_ name: String) throws {
        let rows = try rows(name, ["valid", "signer_must_refuse"])
        #expect(rows.count == ["bip174": 14, "bip370": 14, "bip371": 6, "bip373": 14][name])
        var changes: [String: Int] = [:]
        for row in rows {
            try rewrite(try row.member("psbt_hex").bytes(), into: &changes)
        }
        // Previous transactions lose their witnesses, which their ids do not cover, as in Core.
        #expect(changes == (name == "bip174" ? ["input 00 changed": 2] : [:]))
    }

    @Test(
        "What the BIPs call invalid is refused", .enabled(if: Vectors.isPresent, Vectors.hint),
        arguments: ["bip174", "bip370", "bip371", "bip373"])
    func invalidOnes(_ name: String) throws {
        let rows = try rows(name, ["invalid"])
        #expect(rows.count == ["bip174": 20, "bip370": 24, "bip371": 11, "bip373": 10][name])
        for row in rows {
            let title = try row.member("title").text()
            let bytes = try row.member("psbt_hex").bytes()
            #expect(throws: PSBTError.self, "\(title)") { try PSBT(decoding: bytes) }
        }
    }

    @Test(
        "The lock time is the one that BIP370 makes of the inputs'",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func lockTimes() throws {
        var count = 0
        for row in try Vectors.rows("bips/bip370.json") {
            let category = try row.member("category").text().split(separator: ":")
            guard category.first == "locktime", let expected = category.last else { continue }
            let psbt = try PSBT(decoding: try row.member("psbt_hex").bytes())
            let title = try row.member("title").text()
            #expect(psbt.lockTime == UInt32(expected), "\(title)")
            count += 1
        }
        #expect(count == 10)
    }

    @Test(
        "What Core's tests call valid is read, and what they call invalid is not",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func functionalOnes() throws {
        #expect(try functional("valid").count == 48)
        var changes: [String: Int] = [:]
        for row in try functional("valid") {
            let bytes = try #require(Base64.decode(try row.text()))
            #expect(try PSBT(base64: try row.text()) == PSBT(decoding: bytes))
            try rewrite(bytes, into: &changes)
        }
        // So do those here, and a version that is 0 is not told.
        #expect(changes == ["input 00 changed": 8, "global fb lost": 1])
        #expect(try functional("invalid").count == 63)
        for row in try functional("invalid") {
            let text = try row.text()
            #expect(throws: PSBTError.self) { try PSBT(base64: text) }
        }
        #expect(try functional("invalid_with_msg").count == 23)
        for row in try functional("invalid_with_msg") {
            let text = try row.element(0).text()
            let message = try row.element(1).text()
            let error = #expect(throws: PSBTError.self) { try PSBT(base64: text) }
            #expect(error?.message.contains(message) == true, "\(message)")
        }
    }

    @Test("No cut and no change of a byte brings the reader down", .enabled(if: Vectors.isPresent))
    func damage() throws {
        for row in try rows("bip371", ["valid"]) + rows("bip370", ["valid"]).prefix(3) {
            let bytes = try row.member("psbt_hex").bytes()
            for end in bytes.indices {
                #expect(throws: PSBTError.self) { try PSBT(decoding: Array(bytes[..<end])) }
            }
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= 0xff
                _ = try? PSBT(decoding: changed).analysis()
            }
        }
    }
}

// MARK: Extended keys

extension PSBTTests {
    /// A transaction of nothing with these extended keys, each with the place it comes from.
    private func psbt(_ keys: [(bytes: [UInt8], origin: [UInt8])]) throws -> PSBT {
        var bytes = try #require(Hex.decode("70736274ff01000a00000000000000000000"))
        for (key, origin) in keys {
            bytes += [79, 1] + key + [UInt8(origin.count)] + origin
        }
        return try PSBT(decoding: bytes + [0])
    }

    @Test("Of extended keys that differ only in version or place above the first is kept")
    func equalKeys() throws {
        let point = try #require(
            Hex.decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"))
        func key(version: UInt8, depth: UInt8, child: UInt8, chain: UInt8) -> [UInt8] {
            [4, 0x35, 0x87, version, depth, 0, 0, 0, 0, 0, 0, 0, child]
                + [UInt8](repeating: chain, count: 32) + point
        }
        let origin: [UInt8] = [1, 2, 3, 4]
        let first = key(version: 0xcf, depth: 1, child: 1, chain: 9)
        for other in [
            key(version: 0xce, depth: 1, child: 1, chain: 9),
            key(version: 0xcf, depth: 2, child: 1, chain: 9),
            key(version: 0xcf, depth: 1, child: 0, chain: 9),
        ] {
            #expect(
                try psbt([(first, origin), (other, origin)]).extendedKeys.map(\.bytes) == [first])
            #expect(
                try psbt([(other, origin), (first, origin)]).extendedKeys.map(\.bytes) == [other])
            let parts = try [psbt([(first, origin)]), psbt([(other, origin)])]
            #expect(PSBT.combining(parts)?.extendedKeys.map(\.bytes) == [first])
            // From another place they stand beside each other.
            #expect(
                try psbt([(first, origin), (other, [1, 2, 3, 5])]).extendedKeys.map(\.bytes)
                    == [first, other])
        }
        let another = key(version: 0xcf, depth: 1, child: 1, chain: 8)
        #expect(
            try psbt([(first, origin), (another, origin)]).extendedKeys.map(\.bytes)
                == [another, first])
    }
}

// MARK: Roles

extension PSBTTests {
    @Test("The creator's result is Core's", .enabled(if: Vectors.isPresent, Vectors.hint))
    func creator() throws {
        #expect(try functional("creator").count == 1)
        for row in try functional("creator") {
            let inputs = try row.member("inputs").elements().map { input in
                let txid = try #require(
                    Hash256(displayHex: try input.member("txid").text()))
                let index = UInt32(try input.member("vout").integer())
                return TransactionInput(
                    outPoint: OutPoint(txid: txid, index: index), sequence: 0xffff_ffff)
            }
            let regtest = try #require(Network.named("regtest"))
            let outputs = try row.member("outputs").elements().map { output in
                let member = try #require(output.object?.members.first)
                let address = try Address(member.key, network: regtest)
                let value = try #require(member.value.numberText)
                let amount = try #require(Decimal8.parse(value))
                return TransactionOutput(
                    value: Amount(satoshis: amount), script: address.script)
            }
            let transaction = Transaction(version: 2, inputs: inputs, outputs: outputs)
            let version = UInt32(try row.member("version").integer())
            let psbt = PSBT(transaction, version: version)
            let expected = try row.member("result").text()
            #expect(psbt.base64 == expected)
        }
    }

    @Test(
        "The signer's result is Core's, and what bip174.json wants refused is left as it was",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func signer() throws {
        let regtest = try #require(Network.named("regtest"))
        var refused = Set(
            try rows("bip174", ["signer_must_refuse"]).map { try $0.member("psbt_base64").text() })
        #expect(refused.count == 4)
        #expect(try functional("signer").count == 6)
        for row in try functional("signer") {
            let keys = try row.member("privkeys").elements().map { key in
                try #require(PrivateKey(wif: try key.text(), network: regtest))
            }
            var psbt = try PSBT(base64: try row.member("psbt").text())
            _ = psbt.process(
                provider: SigningProvider(secrets: keys), hashType: 1, finalizes: true)
            let expected = try row.member("result").text()
            #expect(psbt.base64 == expected)
            if refused.remove(try row.member("psbt").text()) != nil {
                #expect(try row.member("psbt").text() == expected)
            }
        }
        #expect(refused.isEmpty)
    }

    @Test(
        "All that bip174.json's workflow makes follows from what was there before",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func flow() throws {
        let flow = try rows("bip174", ["flow"]).map { try $0.member("psbt_hex").bytes() }
        #expect(flow.count == 11)
        // In their order: created, updated, with hash types, signed by either, combined, final, the
        // transaction; two with pairs unknown, and those combined.
        let transaction = try Transaction(decoding: flow[7])
        let created = PSBT(transaction, version: 0)
        #expect(created.bytes == flow[0])
        var updated = try PSBT(decoding: flow[1])
        #expect(updated.bytes == flow[1])
        #expect(updated.identifier == created.identifier)
        for index in updated.inputs.indices { updated.inputs[index].hashType = 1 }
        #expect(updated.bytes == flow[2])
        let regtest = try #require(Network.named("regtest"))
        let keys = try [
            "cP53pDbR5WtAD8dYAW9hhTjuvvTVaEiQBdrz9XPrgLBeRFiyCbQr",
            "cR6SXDoyfQrcp4piaiHE97Rsgta9mNhGTen9XeonVgwsh4iSgw6d",
            "cT7J9YpCwY3AVRFSjN6ukeEeWY6mhpbJPxRaDaP5QTdygQRxP9Au",
            "cNBc3SWUip9PPm1GjRoLEJT6T41iNzCYtD7qro84FMnM5zEqeJsE",
        ].map { try #require(PrivateKey(wif: $0, network: regtest)) }
        let signed = [keys[..<2], keys[2...]].map { secrets in
            var signed = updated
            _ = signed.process(
                provider: SigningProvider(secrets: Array(secrets)), hashType: 1, finalizes: false)
            return signed
        }
        #expect(signed[0].bytes == flow[3])
        #expect(try bytes(of: signed[1], withFirstNonceOf: keys[2]) == flow[4])
        var combined = try #require(
            PSBT.combining([try PSBT(decoding: flow[3]), try PSBT(decoding: flow[4])]))
        #expect(combined.bytes == flow[5])
        let isComplete = combined.finalize()
        #expect(isComplete)
        #expect(combined.bytes == flow[6])
        let extracted = combined.extractFinal()
        #expect(extracted?.bytes.elementsEqual(flow[7]) == true)
        let unknown = PSBT.combining([try PSBT(decoding: flow[8]), try PSBT(decoding: flow[9])])
        #expect(unknown?.bytes == flow[10])
    }

    /// The second signer of bip174.json took the first nonce of RFC 6979, though its r takes 33 bytes.
    /// Core has gone on to a shorter one since, and so do we: the signatures differ by that alone.
    private func bytes(of psbt: PSBT, withFirstNonceOf key: PrivateKey) throws -> [UInt8] {
        let input = try #require(psbt.inputs.first)
        let hash = SignatureHash.legacy(
            transaction: try #require(psbt.unsignedTransaction), inputIndex: 0,
            scriptCode: input.redeemScript.bytes[...], hashType: .all)
        let ours = try #require(input.partialSignatures.entries.first?.value)
        #expect(input.partialSignatures.count == 1 && ours.key == key.publicKeyBytes)
        #expect(ours.signature == ECDSA.sign(hash, with: key.secret) + [1])
        let first = ECDSA.sign(hash, with: key.secret, grindingLowR: false) + [1]
        #expect(ours.signature.count == 71 && first.count == 72)
        // Each with its length before it.
        return psbt.bytes.replacing([71] + ours.signature, with: [72] + first)
    }

    @Test("The combiner's result is Core's", .enabled(if: Vectors.isPresent, Vectors.hint))
    func combiner() throws {
        #expect(try functional("combiner").count == 1)
        for row in try functional("combiner") {
            let parts = try row.member("combine").elements().map {
                try PSBT(base64: try $0.text())
            }
            let expected = try row.member("result").text()
            #expect(PSBT.combining(parts)?.base64 == expected)
        }
    }

    @Test(
        "The finalizer's and extractor's results are Core's",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func finalizer() throws {
        #expect(try functional("finalizer").count == 1)
        for row in try functional("finalizer") {
            var psbt = try PSBT(base64: try row.member("finalize").text())
            let isComplete = psbt.finalize()
            let expected = try row.member("result").text()
            #expect(isComplete)
            #expect(psbt.base64 == expected)
        }
        #expect(try functional("extractor").count == 1)
        for row in try functional("extractor") {
            var psbt = try PSBT(base64: try row.member("extract").text())
            let transaction = psbt.extractFinal()
            let expected = try row.member("result").text()
            #expect(transaction.map { Hex.encode($0.bytes) } == expected)
        }
    }

    @Test(
        "Parts of a MuSig2 signature add up once all are there, as in bip373.json",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func muSig() throws {
        var complete = 0
        for row in try rows("bip373", ["valid"]) {
            let title = try row.member("title").text()
            var psbt = try PSBT(decoding: try row.member("psbt_hex").bytes())
            guard title.hasPrefix("Spend") else { continue }
            // Whole signatures that the row may hold already would hide the sum of the parts.
            for index in psbt.inputs.indices {
                psbt.inputs[index].taprootKeySignature = []
                psbt.inputs[index].taprootScriptSignatures.removeAll()
            }
            var damaged = psbt
            let isComplete = title.hasSuffix("With all partial signatures")
            let isFinal = psbt.finalize()
            #expect(isFinal == isComplete, "\(title)")
            guard isComplete else { continue }
            complete += 1
            // One wrong bit in a part, and there is no signature.
            for index in damaged.inputs.indices {
                for (group, parts) in damaged.inputs[index].muSigSignatures {
                    guard let first = parts.entries.first else { continue }
                    var part = first.value
                    part[31] ^= 1
                    damaged.inputs[index].muSigSignatures[group]?[first.key] = part
                }
            }
            let isForged = damaged.finalize()
            #expect(!isForged, "\(title)")
        }
        #expect(complete == 4)
    }

    @Test("What Core answered is answered", .enabled(if: Vectors.isPresent, Vectors.hint))
    func recorded() throws {
        let rows = try Vectors.lines("rpc/psbt.regtest.jsonl")
        #expect(rows.count == 401)
        var tried: [String: Int] = [:]
        var lacking = 0
        for row in rows {
            let arguments = try row.member("params").elements()
            let text = try arguments[0].text()
            let method = try row.member("method").text()
            if let message = row["error"]?["message"].stringValue {
                let error = #expect(throws: PSBTError.self) { try PSBT(base64: text) }
                #expect("TX decode failed " + (error?.message ?? "") == message)
                tried["error", default: 0] += 1
                continue
            }
            tried[method, default: 0] += 1
            var psbt = try PSBT(base64: text)
            let result = try row.member("result")
            switch method {
            case "finalizepsbt":
                let isComplete = psbt.finalize()
                #expect(isComplete == result["complete"]?.bool, "\(text)")
                if let expected = result["psbt"]?.stringValue {
                    #expect(psbt.base64 == expected)
                } else {
                    let transaction = psbt.extractFinal()
                    #expect(
                        transaction.map { Hex.encode($0.bytes) } == result["hex"]?.stringValue)
                }
            case "analyzepsbt":
                let analysis = psbt.analysis()
                #expect(analysis.next.rawValue == result["next"]?.stringValue, "\(text)")
                #expect(
                    analysis.estimatedSize.map(Int64.init) == result["estimated_vsize"]?.int,
                    "\(text)")
                let inputs = result["inputs"]?.array ?? []
                #expect(
                    analysis.inputs.map(\.next.rawValue) == inputs.map { $0["next"]?.stringValue })
                #expect(analysis.inputs.map { missing($0) } == inputs.map { $0["missing"] })
                lacking += inputs.count { $0["missing"] != nil }
            case "decodepsbt": try compare(psbt, with: result)
            default: Issue.record("\(method) is not compared")
            }
        }
        #expect(
            tried == ["finalizepsbt": 156, "analyzepsbt": 78, "decodepsbt": 78, "error": 89])
        #expect(lacking == 45)
    }

    /// What an input lacks as Core writes it, or nil where that is nothing.
    private func missing(_ input: PSBT.Analysis.Input) -> JSON? {
        let missing = input.missing
        let hex: (Hash160) -> JSON = { .string(Hex.encode($0.bytes)) }
        var object = JSONObject()
        if !missing.publicKeys.isEmpty {
            object["pubkeys"] = .array(missing.publicKeys.map(hex))
        }
        object["redeemscript"] = missing.redeemScript.map(hex)
        object["witnessscript"] = missing.witnessScript.map { .string(Hex.encode($0.bytes)) }
        if !missing.signatures.isEmpty {
            object["signatures"] = .array(missing.signatures.map(hex))
        }
        return object.members.isEmpty ? nil : .object(object)
    }

    @Test("An input that needs no more signatures lacks nothing, whatever keys have not signed")
    func complete() throws {
        let keys = try (1...2).map { number in
            PrivateKey(try #require(SecretKey(bytes: [UInt8](repeating: number, count: 32))))
        }
        let script = Script.multisig(required: 1, publicKeys: keys.map(\.publicKeyBytes))
        var provider = SigningProvider(secrets: [keys[1]])
        provider.add(script)
        let output = TransactionOutput(
            value: Amount(satoshis: 9000),
            script: .payToWitnessScriptHash(SHA256.hash(script.span)))
        let point = OutPoint(txid: Hash256.zero, index: 0)
        var psbt = PSBT(
            Transaction(
                version: 2, inputs: [TransactionInput(outPoint: point)], outputs: [output]),
            version: 0)
        psbt.inputs[0].witnessOutput = output
        #expect(psbt.analysis().inputs.first?.next == .updater)

        _ = psbt.process(provider: provider, finalizes: false)
        #expect(psbt.inputs[0].partialSignatures.count == 1)
        let signed = try #require(psbt.analysis().inputs.first)
        #expect(signed.next == .finalizer)
        #expect(signed.missing == PSBT.Missing())
    }

    @Test("Each signature check is charged the bytes that the node counts for one")
    func chargedBytes() throws {
        let key = PrivateKey(
            try #require(SecretKey(bytes: [UInt8](repeating: 1, count: 32))))
        // A bare multisignature counts as twenty checks, each as four.
        let script = Script.multisig(required: 1, publicKeys: [key.publicKeyBytes])
        let output = TransactionOutput(value: Amount(satoshis: 9000), script: script)
        let funding = Transaction(
            version: 2, inputs: [TransactionInput(outPoint: .null)], outputs: [output])
        let point = OutPoint(txid: funding.txid, index: 0)
        var psbt = PSBT(
            Transaction(
                version: 2, inputs: [TransactionInput(outPoint: point)], outputs: [output]),
            version: 0)
        psbt.inputs[0].previousTransaction = funding
        #expect(psbt.analysis(bytesPerSigOp: 100).estimatedSize == 20 * 100)
        #expect(psbt.analysis().estimatedSize == 20 * 20)
        #expect(psbt.analysis(bytesPerSigOp: 1).estimatedSize == 170)
    }

    /// What can be told of the JSON without writing it; `acceptance.py` compares all of it.
    private func compare(_ psbt: PSBT, with result: JSON) throws {
        #expect(result["psbt_version"]?.int == Int64(psbt.version))
        if let transaction = psbt.unsignedTransaction, psbt.version == 0 {
            #expect(result["tx"]?["txid"]?.stringValue == transaction.txid.displayHex)
        }
        let keys = try result.member("global_xpubs").elements()
        #expect(keys.count == psbt.extendedKeys.count)
        #expect(
            keys.map { $0["xpub"]?.stringValue }
                == psbt.extendedKeys.map { Base58.encodeCheck($0.bytes) })
        let inputs = try result.member("inputs").elements()
        #expect(inputs.count == psbt.inputs.count)
        for (row, input) in zip(inputs, psbt.inputs) {
            #expect((row["non_witness_utxo"] != nil) == (input.previousTransaction != nil))
            #expect((row["witness_utxo"] != nil) == (input.witnessOutput != nil))
            #expect(
                (row["partial_signatures"]?.object?.members.count ?? 0)
                    == input.partialSignatures.entries.count)
            #expect((row["redeem_script"]?["hex"]?.stringValue ?? "") == input.redeemScript.hex)
            #expect((row["witness_script"]?["hex"]?.stringValue ?? "") == input.witnessScript.hex)
        }
        #expect(try result.member("outputs").elements().count == psbt.outputs.count)
    }
}
