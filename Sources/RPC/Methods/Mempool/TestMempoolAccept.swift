import Chain
import Cryptography
import MemoryPool
import Notation
import Primitives

struct TestMempoolAccept: RPCMethod {
    let name = "testmempoolaccept"
    let summary = """
        Returns result of mempool acceptance tests indicating if a raw transaction (serialized, hex-encoded) would be accepted by mempool.

        Only one transaction can be tested at a time: several together are not implemented.

        This checks if transactions violate the consensus or policy rules.

        See sendrawtransaction call.

        """
    let parameters = [
        Parameter(
            "rawtxs", .array, .required, "An array with the hex string of one raw transaction.",
            inner: [Parameter("rawtx", .hex, .omitted, "")]),
        FeeRateLimit.parameter,
    ]
    let results = [
        ResultText(
            .array, "",
            "The result of the mempool acceptance test for the raw transaction in the input array.\n",
            [ResultText(.object, "", "", Self.resultParts)])
    ]
    let examples = RawTransactionExamples.testing

    private static let resultParts = [
        ResultText(.hex, "txid", "The transaction hash in hex"),
        ResultText(.hex, "wtxid", "The transaction witness hash in hex"),
        ResultText(
            .bool, "allowed",
            "Whether this tx would be accepted to the mempool and pass client-specified maxfeerate."
        ),
        ResultText(
            .number, "vsize",
            "Virtual transaction size as defined in BIP 141. This is different from actual serialized size for witness transactions as witness data is discounted (only present when 'allowed' is true)",
            optional: true),
        ResultText(
            .object, "fees", "Transaction fees (only present if 'allowed' is true)",
            [
                ResultText(.amount, "base", "transaction fee in BTC"),
                ResultText(
                    .amount, "effective-feerate",
                    "the effective feerate in BTC per KvB. May differ from the base feerate if, for example, there are modified fees from prioritisetransaction."
                ),
                ResultText(
                    .array, "effective-includes",
                    "transactions whose fees and vsizes are included in effective-feerate.",
                    [
                        ResultText(.hex, "", "transaction wtxid in hex")
                    ]),
            ], optional: true),
        ResultText(
            .string, "reject-reason", "Rejection reason (only present when 'allowed' is false)",
            optional: true),
        ResultText(
            .string, "reject-details",
            "Rejection details (only present when 'allowed' is false and rejection details exist)",
            optional: true),
    ]

    private static let maximumCount = 25

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let texts = try request.array("rawtxs")
        guard 1...Self.maximumCount ~= texts.count else {
            throw RPCError.invalidParameter(
                "Array must contain between 1 and \(Self.maximumCount) transactions.")
        }
        let limit = try FeeRateLimit.rate(request)
        var transactions: [Transaction] = []
        for text in texts {
            let hex = try text.asString()
            guard let bytes = Hex.decode(hex), let transaction = try? Transaction(decoding: bytes)
            else {
                throw RPCError.deserialization(
                    "TX decode failed: \(hex) Make sure the tx has at least one input.")
            }
            transactions.append(transaction)
        }
        guard let only = transactions.first, transactions.count == 1 else {
            throw RPCError.notImplemented("Testing several transactions together")
        }
        let outcome = try await context.validator.submit(
            transaction: only, options: TransactionOptions(testOnly: true))
        return [result(of: outcome, for: only, limit: limit)]
    }

    private func result(
        of outcome: TransactionOutcome, for transaction: Transaction, limit: FeeRate
    ) -> JSON {
        var object = JSONObject()
        object.append("txid", .string(transaction.txid.displayHex))
        object.append("wtxid", .string(transaction.wtxid.displayHex))
        switch outcome {
        case .accepted(let accepted):
            let maximum = limit.fee(virtualSize: accepted.virtualSize)
            guard maximum == .zero || accepted.fee <= maximum else {
                object.append("allowed", false)
                object.append("reject-reason", "max-fee-exceeded")
                return .object(object)
            }
            object.append("allowed", true)
            object.append("vsize", .int(accepted.virtualSize))
            object.append(
                "fees",
                [
                    "base": .amount(accepted.fee.satoshis),
                    "effective-feerate": .amount(accepted.effectiveFeeRate.satoshisPerKvB),
                    "effective-includes": [.string(transaction.wtxid.displayHex)],
                ])
        case .rejected(let rejection):
            object.append("allowed", false)
            if rejection.kind == .missingInputs {
                object.append("reject-reason", "missing-inputs")
            } else {
                object.append("reject-reason", .string(rejection.rejectReason))
                object.append("reject-details", .string(rejection.description))
            }
        }
        return .object(object)
    }
}
