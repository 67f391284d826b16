public import Cryptography
public import Primitives
public import Scripting

/// One input's script to be run: all that is needed for it, so that any thread may do it at any
/// time.
public struct ScriptCheck: Sendable {
    public let precomputed: PrecomputedTransactionData
    private let input: Int32
    public let flags: ScriptFlags

    /// The checks of all inputs of a transaction.
    ///
    /// - Parameter spent: the outputs spent, one an input, in order.
    public static func all(
        of transaction: Transaction, spending spent: [TransactionOutput], flags: ScriptFlags
    ) -> [ScriptCheck] {
        let precomputed = PrecomputedTransactionData(
            transaction: transaction, spentOutputs: spent)
        return spent.indices.map { ScriptCheck(of: $0, in: precomputed, flags: flags) }
    }

    /// The check of an input, which there must be with the output it spends.
    init(of input: Int, in precomputed: PrecomputedTransactionData, flags: ScriptFlags) {
        self.precomputed = precomputed
        self.input = Int32(input)
        self.flags = flags
    }

    public var transaction: Transaction { precomputed.transaction }
    public var inputIndex: Int { Int(input) }
    public var spentOutput: TransactionOutput { precomputed.spentOutputs[Int(input)] }

    /// Runs the script.
    public func run(verifier: any SignatureVerifier) throws(ScriptFailure) {
        do throws(ScriptError) {
            try transaction.verifyInput(
                inputIndex, precomputed: precomputed, flags: flags, verifier: verifier)
        } catch {
            throw ScriptFailure(
                error: error, inputIndex: inputIndex, txid: transaction.txid,
                wtxid: transaction.wtxid, spent: transaction.outPoint(at: inputIndex))
        }
    }

    /// Runs the script, every signature afresh.
    public func run() throws(ScriptFailure) {
        try run(verifier: DirectVerifier())
    }
}

/// An input whose script does not answer that of the output it spends.
public struct ScriptFailure: Error, Hashable, Sendable {
    public var error: ScriptError
    public var inputIndex: Int
    public var txid: Txid
    public var wtxid: Wtxid
    public var spent: OutPoint

    public init(error: ScriptError, inputIndex: Int, txid: Txid, wtxid: Wtxid, spent: OutPoint) {
        self.error = error
        self.inputIndex = inputIndex
        self.txid = txid
        self.wtxid = wtxid
        self.spent = spent
    }

    /// Bitcoin Core's word for it in a block.
    public var blockRejectReason: String { "block-script-verify-flag-failed (\(error.message))" }

    /// Bitcoin Core's word for it in a transaction by itself.
    public var mempoolRejectReason: String {
        "mempool-script-verify-flag-failed (\(error.message))"
    }

    /// Bitcoin Core's further words.
    public var debugMessage: String {
        "input \(inputIndex) of \(txid.displayHex) (wtxid \(wtxid.displayHex)), spending "
            + "\(spent.txid.displayHex):\(spent.index)"
    }
}
