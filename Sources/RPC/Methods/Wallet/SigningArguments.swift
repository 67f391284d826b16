import Chain
import Consensus
import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

/// The arguments of the two signing calls, and their answer.
struct SigningArguments {
    static let previousOutputs = Parameter(
        "prevtxs", .array, .omitted, "The previous dependent transaction outputs",
        inner: [
            Parameter(
                "", .object, .omitted, "",
                inner: [
                    Parameter("txid", .hex, "The transaction id"),
                    Parameter("vout", .number, "The output number"),
                    Parameter("scriptPubKey", .hex, "The output script"),
                    Parameter(
                        "redeemScript", .hex, .omitted, "(required for P2SH) redeem script"),
                    Parameter(
                        "witnessScript", .hex, .omitted,
                        "(required for P2WSH or P2SH-P2WSH) witness script"),
                    Parameter(
                        "amount", .amount, .omitted,
                        "(required for Segwit inputs) the amount spent"),
                ])
        ])
    static let hashType = Parameter(
        "sighashtype", .string, hint: "\"DEFAULT for Taproot, ALL otherwise\"",
        "The signature hash type. Must be one of\n"
            + "       \"DEFAULT\"\n       \"ALL\"\n       \"NONE\"\n       \"SINGLE\"\n"
            + "       \"ALL|ANYONECANPAY\"\n       \"NONE|ANYONECANPAY\"\n"
            + "       \"SINGLE|ANYONECANPAY\"")

    let transaction: Transaction
    /// Outputs named in the call.
    private(set) var given: [OutPoint: TransactionOutput] = [:]
    /// Scripts named in the call.
    private(set) var scripts = SigningProvider()

    init(_ request: RPCRequest) throws {
        let text = try request.string("hexstring")
        guard let bytes = Hex.decode(text), let transaction = Self.decode(bytes) else {
            throw RPCError.deserialization(
                "TX decode failed. Make sure the tx has at least one input.")
        }
        self.transaction = transaction
    }

    /// With or without witnesses: whichever reading there is.
    private static func decode(_ bytes: [UInt8]) -> Transaction? {
        (try? Transaction(decoding: bytes))
            ?? (try? Transaction(decoding: bytes, allowWitness: false))
    }

    /// Reads `prevtxs`; `known` are the outputs found in chain and mempool.
    mutating func readOutputs(
        _ request: RPCRequest, known: [OutPoint: TransactionOutput], keepsScripts: Bool
    ) throws {
        for item in try request.optionalArray("prevtxs") ?? [] {
            guard let object = item.object else {
                throw RPCError.deserialization(
                    "expected object with {\"txid'\",\"vout\",\"scriptPubKey\"}")
            }
            try object.check(["txid": .string, "vout": .number, "scriptPubKey": .string])
            let txid = try (object["txid"] ?? .null).asHash("txid")
            let index = try (object["vout"] ?? .null).asInt()
            guard index >= 0 else {
                throw RPCError.deserialization("vout cannot be negative")
            }
            let point = OutPoint(txid: txid, index: UInt32(index))
            let script = Script(try (object["scriptPubKey"] ?? .null).asHexBytes("scriptPubKey"))
            if let other = known[point]?.script, other != script {
                throw RPCError.deserialization(
                    "Previous output scriptPubKey mismatch:\n\(other.asm())\nvs:\n\(script.asm())")
            }
            // Core's mark for an amount that is not known.
            let amount = try object["amount"].map { try $0.asAmount() } ?? Amount.max.satoshis
            given[point] = TransactionOutput(
                value: Amount(satoshis: amount), script: script)
            if keepsScripts { try readScripts(object, spending: script) }
        }
    }

    private mutating func readScripts(_ object: JSONObject, spending script: Script) throws {
        let isScriptHash = script.isPayToScriptHash
        guard isScriptHash || script.isPayToWitnessScriptHash else { return }
        try object.check(["redeemScript": .string, "witnessScript": .string], allowsNull: true)
        let redeem = try object["redeemScript"].map { try $0.asHexBytes("redeemScript") }
        let witness = try object["witnessScript"].map { try $0.asHexBytes("witnessScript") }
        guard let bytes = witness ?? redeem else {
            throw RPCError.invalidParameter("Missing redeemScript/witnessScript")
        }
        let inner = Script(bytes)
        let wrapped = Script.payToWitnessScriptHash(SHA256.hash(bytes.span))
        scripts.add(inner)
        scripts.add(wrapped)
        if let redeem, let witness, redeem != witness, Script(redeem) != wrapped {
            throw RPCError.invalidParameter("redeemScript does not correspond to witnessScript")
        }
        let possible =
            isScriptHash
            ? [
                Script.payToScriptHash(.hash(inner.span)),
                Script.payToScriptHash(.hash(wrapped.span)),
            ] : [wrapped]
        guard possible.contains(script) else {
            throw RPCError.invalidParameter(
                "redeemScript/witnessScript does not match scriptPubKey")
        }
    }

    static func hashType(_ request: RPCRequest) throws -> SignatureHashType {
        guard let name = try request.optionalString("sighashtype") else { return .default }
        if name == "DEFAULT" { return .default }
        let types: [SignatureHashType] = [
            .all, .none, .single, .allAnyoneCanPay, .noneAnyoneCanPay, .singleAnyoneCanPay,
        ]
        guard let type = types.first(where: { $0.name == name }) else {
            throw RPCError.invalidParameter("'\(name)' is not a valid sighash parameter.")
        }
        return type
    }

    static func answer(
        _ outcome: TransactionSigner.Outcome, spending outputs: [TransactionOutput?]
    ) throws -> JSON {
        let inputs = Array(outcome.transaction.inputs)
        var errors: [JSON] = []
        for (number, message) in outcome.errors.sorted(by: { $0.key < $1.key }) {
            if message == "Missing amount", let output = outputs[number] {
                let value = Decimal8.text(output.value.satoshis)
                throw RPCError.type(
                    "Missing amount for CTxOut(nValue=\(value), "
                        + "scriptPubKey=\(output.script.hex.prefix(30)))")
            }
            let input = inputs[number]
            errors.append([
                "txid": .string(input.outPoint.txid.displayHex),
                "vout": .int(input.outPoint.index),
                "witness": .array(input.witness.map { .hex($0) }),
                "scriptSig": .hex(input.script.bytes), "sequence": .int(input.sequence),
                "error": .string(message),
            ])
        }
        var result: JSONObject = [
            "hex": .hex(outcome.transaction.bytes), "complete": .bool(outcome.isComplete),
        ]
        if !errors.isEmpty { result.append("errors", .array(errors)) }
        return .object(result)
    }

    /// The outputs that the transaction spends, as far as they are known.
    func spentOutputs(known: [OutPoint: TransactionOutput]) -> [TransactionOutput?] {
        transaction.inputs.map { given[$0.outPoint] ?? known[$0.outPoint] }
    }

    /// The outputs found in chain and mempool.
    func knownOutputs(_ context: RPCContext) async throws -> [OutPoint: TransactionOutput] {
        let points = transaction.inputs.map(\.outPoint)
        let coins = try await context.validator.coins(points, includingMempool: true)
        var known: [OutPoint: TransactionOutput] = [:]
        for (point, coin) in zip(points, coins) { known[point] = coin?.output }
        return known
    }
}
