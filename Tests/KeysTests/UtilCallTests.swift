import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

/// Core's answers to calls that need no chain, from the functions by which ours are answered.
@Suite("Recorded calls of tools", .enabled(if: Vectors.isPresent, Vectors.hint))
struct UtilCallTests {
    private func calls(_ methods: String..., count: Int) throws -> [JSON] {
        let calls = try Vectors.lines("rpc/util.main.jsonl").filter {
            methods.contains(try $0.member("method").text())
        }
        try #require(calls.count == count, "\(methods)")
        return calls
    }

    @Test("Every call of util.main.jsonl is tried by one of these")
    func all() throws {
        let tried = [
            "verifymessage", "signmessagewithprivkey", "createmultisig", "createrawtransaction",
            "createpsbt",
        ]
        let calls = try Vectors.lines("rpc/util.main.jsonl")
        #expect(calls.count == 27)
        for call in calls { #expect(tried.contains(try call.member("method").text())) }
    }

    @Test("Messages are verified as Core verifies them")
    func verify() throws {
        for call in try calls("verifymessage", count: 7) {
            let text = try call.member("params").element(0).text()
            let failure = call["error"]?["message"]?.stringValue
            guard let address = try? Address(text, network: .mainnet) else {
                #expect(failure == "Invalid address")
                continue
            }
            guard case .pubKeyHash(let hash) = address else {
                #expect(failure == "Address does not refer to key")
                continue
            }
            let verdict = MessageSigning.verify(
                try call.member("params").element(1).text(),
                of: try call.member("params").element(2).text(),
                by: hash)
            #expect(verdict == call["result"]?.bool)
            #expect((verdict == nil) == (failure == "Malformed base64 encoding"))
        }
    }

    @Test("Messages are signed as Core signs them")
    func sign() throws {
        for call in try calls("signmessagewithprivkey", count: 4) {
            let wif = try call.member("params").element(0).text()
            let key = try #require(PrivateKey(wif: wif, network: .mainnet))
            let message = try call.member("params").element(1).text()
            let signature = MessageSigning.sign(message, with: key)
            #expect(signature == call["result"]?.stringValue)
        }
    }

    @Test("A script of several keys has Core's bytes, address and descriptor")
    func multisig() throws {
        for call in try calls("createmultisig", count: 12) {
            let keys = try call.member("params").element(1).elements().map { try $0.bytes() }
            let required = Int(try call.member("params").element(0).integer())
            let script = Script.multisig(required: required, publicKeys: keys)
            let program = Script.payToWitnessScriptHash(SHA256.hash(script.span))
            let output: Script
            switch try call.member("params").element(2).text() {
            case "legacy": output = .payToScriptHash(Hash160.hash(script.span))
            case "p2sh-segwit": output = .payToScriptHash(Hash160.hash(program.span))
            default: output = program
            }
            let result = try call.member("result")
            #expect(script.hex == (try result.member("redeemScript").text()))
            #expect(
                Address(output)?.text(on: .mainnet) == (try result.member("address").text()))
            var provider = SigningProvider()
            provider.add(script)
            provider.add(program)
            let descriptor = Descriptor.infer(output, provider: provider)
            #expect(descriptor.text(on: .mainnet) == (try result.member("descriptor").text()))
        }
    }

    @Test("Transactions, and PSBTs of them, are made with Core's bytes")
    func transactions() throws {
        for call in try calls("createrawtransaction", "createpsbt", count: 4) {
            let inputs = try call.member("params").element(0).elements().map { input in
                let txid = try #require(Hash256(displayHex: try input.member("txid").text()))
                let point = OutPoint(
                    txid: txid, index: UInt32(try input.member("vout").integer()))
                // Those that say nothing may be replaced (BIP125).
                let sequence = input["sequence"]?.int ?? 0xFFFF_FFFD
                return TransactionInput(outPoint: point, sequence: UInt32(sequence))
            }
            let named = try call.member("params").element(1)
            let outputs = try (named.array ?? [named]).flatMap { $0.object?.members ?? [] }.map {
                member in
                let text = try #require(member.value.stringValue)
                guard member.key != "data" else {
                    let data = try #require(Hex.decode(text))
                    return TransactionOutput(value: .zero, script: .nullData(data))
                }
                let address = try Address(member.key, network: .mainnet)
                let amount = try #require(Decimal8.parse(text))
                return TransactionOutput(
                    value: Amount(satoshis: amount), script: address.script)
            }
            let lockTime = call["params"]?[2]?.int ?? 0
            let transaction = Transaction(
                version: 2, inputs: inputs, outputs: outputs, lockTime: UInt32(lockTime))
            let result = try call.member("result").text()
            if try call.member("method").text() == "createpsbt" {
                #expect(PSBT(transaction, version: 2).base64 == result)
            } else {
                #expect(Hex.encode(transaction.bytes) == result)
            }
        }
    }
}
