import Chain
import Cryptography
import Keys
import MemoryPool
import Notation
import Primitives

struct AnalyzePSBT: RPCMethod {
    let name = "analyzepsbt"
    let summary =
        "Analyzes and provides information about the current status of a PSBT and its inputs\n"
    let parameters = [PSBTArguments.psbt]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .array, "inputs", "", [ResultText(.object, "", "", inputFields)],
                    optional: true),
                ResultText(
                    .number, "estimated_vsize", "Estimated vsize of the final signed transaction",
                    optional: true),
                ResultText(
                    .amount, "estimated_feerate",
                    "Estimated feerate of the final signed transaction in BTC/kvB. Shown only if all UTXO slots in the PSBT have been filled",
                    optional: true),
                ResultText(
                    .amount, "fee",
                    "The transaction fee paid. Shown only if all UTXO slots in the PSBT have been filled",
                    optional: true),
                ResultText(
                    .string, "next", "Role of the next person that this psbt needs to go to"),
                ResultText(
                    .string, "error", "Error message (if there is one)", optional: true),
            ])
    ]
    let examples = [Example.shell(["\"psbt\""])]

    private static let inputFields = [
        ResultText(.bool, "has_utxo", "Whether a UTXO is provided"),
        ResultText(.bool, "is_final", "Whether the input is finalized"),
        ResultText(
            .object, "missing",
            "Things that are missing that are required to complete this input",
            [
                ResultText(
                    .array, "pubkeys", "",
                    [
                        ResultText(
                            .hex, "keyid",
                            "Public key ID, hash160 of the public key, of a public key whose BIP 32 derivation path is missing"
                        )
                    ], optional: true),
                ResultText(
                    .array, "signatures", "",
                    [
                        ResultText(
                            .hex, "keyid",
                            "Public key ID, hash160 of the public key, of a public key whose signature is missing"
                        )
                    ], optional: true),
                ResultText(
                    .hex, "redeemscript", "Hash160 of the redeem script that is missing",
                    optional: true),
                ResultText(
                    .hex, "witnessscript", "SHA256 of the witness script that is missing",
                    optional: true),
            ], optional: true),
        ResultText(
            .string, "next", "Role of the next person that this input needs to go to",
            optional: true),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let psbt = try PSBTArguments.decode(request["psbt"])
        let bytesPerSigOp = await context.validator.mempool { $0.policy.bytesPerSigOp }
        let analysis = psbt.analysis(bytesPerSigOp: bytesPerSigOp)
        var result = JSONObject()
        if !analysis.inputs.isEmpty {
            result.append("inputs", .array(analysis.inputs.map(Self.input)))
        }
        if let size = analysis.estimatedSize { result.append("estimated_vsize", .int(size)) }
        if let rate = analysis.estimatedFeeRate {
            result.append("estimated_feerate", .amount(rate.satoshisPerKvB))
        }
        if let fee = analysis.fee { result.append("fee", .amount(fee.satoshis)) }
        result.append("next", .string(analysis.next.rawValue))
        if let error = analysis.error { result.append("error", .string(error)) }
        return .object(result)
    }

    private static func input(_ input: PSBT.Analysis.Input) -> JSON {
        var object: JSONObject = [
            "has_utxo": .bool(input.hasOutput), "is_final": .bool(input.isFinal),
            "next": .string(input.next.rawValue),
        ]
        let hex: (Hash160) -> JSON = { .hex($0.bytes) }
        var missing = JSONObject()
        if !input.missing.publicKeys.isEmpty {
            missing.append("pubkeys", .array(input.missing.publicKeys.map(hex)))
        }
        if let hash = input.missing.redeemScript { missing.append("redeemscript", hex(hash)) }
        if let hash = input.missing.witnessScript {
            missing.append("witnessscript", .hex(hash.bytes))
        }
        if !input.missing.signatures.isEmpty {
            missing.append("signatures", .array(input.missing.signatures.map(hex)))
        }
        if missing.count > 0 { object.append("missing", .object(missing)) }
        return .object(object)
    }
}
