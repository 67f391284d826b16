import Chain
import Cryptography
import MemoryPool
import Notation
import Primitives

struct TestMempoolAccept: RPCMethod {
    let name = "testmempoolaccept"
    let summary = """
        Returns result of mempool acceptance tests indicating if a raw transaction (serialized, hex-encoded) would be accepted by mempool.

        If multiple transactions are passed in, parents must come before children and package policies apply: the transactions cannot conflict with any mempool transactions or each other.

        If one transaction fails, other transactions may not be fully validated (the 'allowed' key will be blank).

        The maximum number of transactions allowed is 25.

        This checks if transactions violate the consensus or policy rules.

        See sendrawtransaction call.

        """
    let parameters = [
        Parameter(
            "rawtxs", .array, .required, "An array of hex strings of raw transactions.",
            inner: [Parameter("rawtx", .hex, .omitted, "")]),
        FeeRateLimit.parameter,
    ]
    let results = [
        ResultText(
            .array, "",
            "The result of the mempool acceptance test for each raw transaction in the input array.\nReturns results for each transaction in the same order they were passed in.\nTransactions that cannot be fully validated due to failures in other transactions will not contain an 'allowed' result.\n",
            [ResultText(.object, "", "", Self.resultParts)])
    ]
    let examples = RawTransactionExamples.testing

    private static let resultParts = [
        ResultText(.hex, "txid", "The transaction hash in hex"),
        ResultText(.hex, "wtxid", "The transaction witness hash in hex"),
        ResultText(
            .string, "package-error",
            "Package validation error, if any (only possible if rawtxs had more than 1 transaction).",
            optional: true),
        ResultText(
            .bool, "allowed",
            "Whether this tx would be accepted to the mempool and pass client-specified maxfeerate. If not present, the tx was not fully validated due to a failure in another tx in the list.",
            optional: true),
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

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let texts = try request.array("rawtxs")
        guard 1...PackageRules.maximumCount ~= texts.count else {
            throw RPCError.invalidParameter(
                "Array must contain between 1 and \(PackageRules.maximumCount) transactions.")
        }
        let limit = try FeeRateLimit.rate(request)
        let transactions = try texts.map(Self.transaction)
        let outcomes: [TransactionOutcome?]
        if transactions.count == 1 {
            outcomes = [
                try await context.validator.submit(
                    transaction: transactions[0], options: TransactionOptions(testOnly: true))
            ]
        } else if let error = Self.packageError(transactions) {
            return Self.refusal(of: transactions, error.rawValue)
        } else if transactions.contains(where: { $0.version == 3 }) {
            // Their kin is counted by rules of its own (BIP431), within the package as well.
            throw RPCError.notImplemented("testmempoolaccept of several, some of version 3")
        } else {
            outcomes = try await context.validator.test(package: transactions)
            for case .rejected(let rejection)? in outcomes where rejection.isOfPackage {
                return Self.refusal(of: transactions, rejection.rejectReason)
            }
        }
        return .array(answers(to: outcomes, for: transactions, limit: limit))
    }

    private static func transaction(_ text: JSON) throws -> Transaction {
        let hex = try text.asString()
        guard let bytes = Hex.decode(hex), let transaction = try? Transaction(decoding: bytes)
        else {
            throw RPCError.deserialization(
                "TX decode failed: \(hex) Make sure the tx has at least one input.")
        }
        return transaction
    }

    /// What is said where no one of several is at fault.
    private static func refusal(of transactions: [Transaction], _ reason: String) -> JSON {
        .array(
            transactions.map { transaction -> JSON in
                var object = Self.names(of: transaction)
                object.append("package-error", .string(reason))
                return .object(object)
            })
    }

    private static func packageError(_ transactions: [Transaction]) -> PackageError? {
        do throws(PackageError) {
            try PackageRules.check(transactions)
            return nil
        } catch {
            return error
        }
    }

    /// What is said of each; nothing of those after one that pays too much, whose parent it may be.
    private func answers(
        to outcomes: [TransactionOutcome?], for transactions: [Transaction], limit: FeeRate
    ) -> [JSON] {
        var results: [JSON] = []
        var isOver = false
        for (outcome, transaction) in zip(outcomes, transactions) {
            guard let outcome, !isOver else {
                results.append(.object(Self.names(of: transaction)))
                continue
            }
            let object = result(of: outcome, for: transaction, limit: limit)
            if case .accepted = outcome, object["allowed"]?.bool == false { isOver = true }
            results.append(.object(object))
        }
        return results
    }

    private static func names(of transaction: Transaction) -> JSONObject {
        [
            "txid": .string(transaction.txid.displayHex),
            "wtxid": .string(transaction.wtxid.displayHex),
        ]
    }

    private func result(
        of outcome: TransactionOutcome, for transaction: Transaction, limit: FeeRate
    ) -> JSONObject {
        var object = Self.names(of: transaction)
        switch outcome {
        case .accepted(let accepted):
            let maximum = limit.fee(virtualSize: accepted.virtualSize)
            guard maximum == .zero || accepted.fee <= maximum else {
                object.append("allowed", false)
                object.append("reject-reason", "max-fee-exceeded")
                return object
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
        return object
    }
}

extension MempoolRejection {
    /// Whether it says of all that were tested together what it says of one.
    fileprivate var isOfPackage: Bool { rejectReason == "too-large-cluster" }
}
