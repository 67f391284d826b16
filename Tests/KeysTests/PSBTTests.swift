import Cryptography
import Genesis
import Keys
import Notation
import Primitives
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

    @Test(
        "What the BIPs call valid is read, and written as it was",
        .enabled(if: Vectors.isPresent, Vectors.hint),
        arguments: ["bip174", "bip370", "bip371", "bip373"])
    func validOnes(_ name: String) throws {
        let rows = try rows(name, ["valid", "signer_must_refuse"])
        #expect(!rows.isEmpty)
        for row in rows {
            let bytes = try row.member("psbt_hex").bytes()
            let title = try row.member("title").text()
            let psbt = try PSBT(decoding: bytes)
            let again = try PSBT(decoding: psbt.bytes)
            #expect(again.bytes == psbt.bytes, "\(title)")
            #expect(again.identifier == psbt.identifier, "\(title)")
        }
    }

    @Test(
        "What the BIPs call invalid is refused", .enabled(if: Vectors.isPresent, Vectors.hint),
        arguments: ["bip174", "bip370", "bip371", "bip373"])
    func invalidOnes(_ name: String) throws {
        for row in try rows(name, ["invalid"]) {
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
        for row in try functional("valid") {
            let psbt = try PSBT(base64: try row.text())
            let again = try PSBT(base64: psbt.base64)
            #expect(again.bytes == psbt.bytes)
        }
        for row in try functional("invalid") {
            let text = try row.text()
            #expect(throws: PSBTError.self) { try PSBT(base64: text) }
        }
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

// MARK: Roles

extension PSBTTests {
    @Test("The creator's result is Core's", .enabled(if: Vectors.isPresent, Vectors.hint))
    func creator() throws {
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

    @Test("The signer's result is Core's", .enabled(if: Vectors.isPresent, Vectors.hint))
    func signer() throws {
        let regtest = try #require(Network.named("regtest"))
        for row in try functional("signer") {
            let keys = try row.member("privkeys").elements().map { key in
                try #require(PrivateKey(wif: try key.text(), network: regtest))
            }
            var psbt = try PSBT(base64: try row.member("psbt").text())
            _ = psbt.process(
                provider: SigningProvider(secrets: keys), hashType: 1, finalizes: true)
            let expected = try row.member("result").text()
            #expect(psbt.base64 == expected)
        }
    }

    @Test("The combiner's result is Core's", .enabled(if: Vectors.isPresent, Vectors.hint))
    func combiner() throws {
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
        for row in try functional("finalizer") {
            var psbt = try PSBT(base64: try row.member("finalize").text())
            let isComplete = psbt.finalize()
            let expected = try row.member("result").text()
            #expect(isComplete)
            #expect(psbt.base64 == expected)
        }
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
        for row in try Vectors.lines("rpc/psbt.regtest.jsonl") {
            let arguments = try row.member("params").elements()
            let text = try arguments[0].text()
            let method = try row.member("method").text()
            if let message = row["error"]?["message"].stringValue {
                let error = #expect(throws: PSBTError.self) { try PSBT(base64: text) }
                #expect("TX decode failed " + (error?.message ?? "") == message)
                continue
            }
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
                let nexts = analysis.inputs.map(\.next.rawValue)
                #expect(
                    nexts == (result["inputs"]?.array ?? []).map { $0["next"]?.stringValue })
            default: break
            }
        }
    }
}
