import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

struct DecodeScript: RPCMethod {
    let name = "decodescript"
    let summary = "Decode a hex-encoded script.\n"
    let parameters = [Parameter("hexstring", .hex, "the hex-encoded script")]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.string, "asm", "Disassembly of the script"),
                ResultText(.string, "desc", "Inferred descriptor for the script"),
                ResultText(.string, "type", "The output type"),
                ResultText(
                    .string, "address",
                    "The Bitcoin address (only if a well-defined address exists)",
                    optional: true),
                ResultText(
                    .string, "p2sh",
                    "address of P2SH script wrapping this redeem script (not returned for types that should not be wrapped)",
                    optional: true),
                ResultText(
                    .object, "segwit",
                    "Result of a witness output script wrapping this redeem script (not returned for types that should not be wrapped)",
                    ScriptText.output + [
                        ResultText(
                            .string, "p2sh-segwit",
                            "address of the P2SH script wrapping this witness redeem script")
                    ], optional: true),
            ])
    ]
    let examples = [Example(["\"hexstring\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let network = context.definition
        let text = try request.string("hexstring")
        let script = Script(text.isEmpty ? [] : try request["hexstring"].asHexBytes("argument"))
        var object = ScriptJSON.output(script, network)
        object["hex"] = nil
        guard Self.canBeWrapped(script) else { return .object(object) }
        let wrapped = Address.scriptHash(Hash160.hash(script.span))
        object.append("p2sh", .string(wrapped.text(on: network)))
        guard let program = Self.witnessProgram(script) else { return .object(object) }
        var witness = ScriptJSON.output(program, network)
        if case .witnessV0ScriptHash = ScriptTemplate(program) {
            // Its inside is known, so the descriptor shows it if it can.
            var provider = SigningProvider()
            provider.add(script)
            let descriptor = Descriptor.infer(program, provider: provider)
            witness["desc"] = .string(descriptor.text(on: network))
        }
        let nested = Address.scriptHash(Hash160.hash(program.span))
        witness.append("p2sh-segwit", .string(nested.text(on: network)))
        object.append("segwit", .object(witness))
        return .object(object)
    }

    private static func canBeWrapped(_ script: Script) -> Bool {
        switch ScriptTemplate(script) {
        case .multisig, .nonstandard, .pubKey, .pubKeyHash, .witnessV0KeyHash,
            .witnessV0ScriptHash:
            break
        case .nullData, .scriptHash, .witnessUnknown, .witnessV1Taproot, .anchor: return false
        }
        guard script.hasValidOperations, !script.isUnspendable else { return false }
        var reader = InstructionReader(script.bytes)
        while let instruction = reader.next() {
            // These mean something in tapscript only.
            if instruction.opcode == .checkSigAdd || isSuccess(instruction.byte) { return false }
        }
        return true
    }

    /// OP_SUCCESSx (BIP342).
    private static func isSuccess(_ byte: UInt8) -> Bool {
        switch byte {
        case 80, 98, 126...129, 131...134, 137...138, 141...142, 149...153, 187...254: true
        default: false
        }
    }

    /// The witness program for a script, where one can hold it: its keys must be compressed.
    private static func witnessProgram(_ script: Script) -> Script? {
        switch ScriptTemplate(script) {
        case .pubKey(let key):
            key.count == 33 ? .payToWitnessPubKeyHash(Hash160.hash(key.span)) : nil
        case .pubKeyHash(let hash): .payToWitnessPubKeyHash(hash)
        case .multisig(_, let keys) where !keys.allSatisfy({ $0.count == 33 }): nil
        case .multisig, .nonstandard: .payToWitnessScriptHash(SHA256.hash(script.span))
        default: nil
        }
    }
}
