import Chain
import Cryptography
import MemoryPool
import Networking
import Notation
import Primitives
import Scripting

struct SendRawTransaction: RPCMethod {
    let name = "sendrawtransaction"
    let summary = """
        Submit a raw transaction (serialized, hex-encoded) to the network.

        If -privatebroadcast is disabled, then the transaction will be put into the
        local mempool of the node and will be sent unconditionally to all currently
        connected peers, so using sendrawtransaction for manual rebroadcast will degrade
        privacy by leaking the transaction's origin, as nodes will normally not
        rebroadcast non-wallet transactions already in their mempool.

        If -privatebroadcast is enabled, then the transaction will be sent only via
        dedicated, short-lived connections to Tor or I2P peers or IPv4/IPv6 peers
        via the Tor network. This conceals the transaction's origin. The transaction
        will only enter the local mempool when it is received back from the network.
        The private broadcast queue is bounded: when it is full, this RPC fails and
        the transaction is not scheduled, until an existing one completes or is
        aborted. Use getprivatebroadcastinfo to inspect the queue and abortprivatebroadcast to abort.

        A specific exception, RPC_TRANSACTION_ALREADY_IN_UTXO_SET, may throw if the transaction cannot be added to the mempool.

        Related RPCs: createrawtransaction, signrawtransactionwithkey

        """
    let parameters = [
        Parameter("hexstring", .hex, .required, "The hex string of the raw transaction"),
        FeeRateLimit.parameter,
        Parameter(
            "maxburnamount", .amount, default: "0.00",
            "Reject transactions with provably unspendable outputs (e.g. 'datacarrier' outputs that use the OP_RETURN opcode) greater than the specified value, expressed in BTC.\n"
                + "If burning funds through unspendable outputs is desired, increase this value.\n"
                + "This check is based on heuristics and does not guarantee spendability of outputs.\n"
        ),
    ]
    let results = [ResultText(.hex, "", "The transaction hash in hex")]
    let examples = RawTransactionExamples.sending

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let maximumBurnt = try request.amount("maxburnamount")
        guard let bytes = Hex.decode(try request.string("hexstring")),
            let transaction = try? Transaction(decoding: bytes)
        else {
            throw RPCError.deserialization(
                "TX decode failed. Make sure the tx has at least one input.")
        }
        for output in transaction.outputs {
            let script = output.script
            guard script.isUnspendable || !script.hasValidOperations else { continue }
            guard output.value.satoshis <= maximumBurnt else {
                throw RPCError.verify(
                    "Unspendable output exceeds maximum configured by user (maxburnamount)")
            }
        }
        let limit = try FeeRateLimit.rate(request).fee(virtualSize: transaction.virtualSize)
        switch try await context.validator.broadcast(transaction, maximumFee: limit) {
        case .inPool(let wtxid):
            await context.network?.relay(txid: transaction.txid, wtxid: wtxid)
        case .alreadyInChain:
            throw RPCError.alreadyInChain("Transaction outputs already in utxo set")
        case .rejected(let rejection):
            throw Self.error(for: rejection)
        }
        return .string(transaction.txid.displayHex)
    }

    private static func error(for rejection: MempoolRejection) -> RPCError {
        switch rejection.kind {
        case .missingInputs: .verify(rejection.description)
        case .maximumFee:
            .verify("Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)")
        default: .verifyRejected(rejection.description)
        }
    }
}

/// The parameter that bounds the fee rate of what is sent.
enum FeeRateLimit {
    static let parameter = Parameter(
        "maxfeerate", .amount, default: "0.10",
        "Reject transactions whose fee rate is higher than the specified value, expressed in BTC/kvB.\n"
            + "Fee rates larger than 1BTC/kvB are rejected.\nSet to 0 to accept any fee rate.")

    static func rate(_ request: RPCRequest) throws -> FeeRate {
        let rate = try request.amount("maxfeerate")
        guard rate < Amount.coin.satoshis else {
            throw RPCError.invalidParameter(
                "Fee rates larger than or equal to 1BTC/kvB are not accepted")
        }
        return FeeRate(satoshisPerKvB: rate)
    }
}
