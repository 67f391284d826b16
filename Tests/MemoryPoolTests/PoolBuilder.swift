import Consensus
import Cryptography
import MemoryPool
import Primitives
import Scripting

/// A pool over a made-up chain, for tests: any coin it is asked to make is there.
struct PoolBuilder {
    var pool: Mempool
    var coins: [OutPoint: Coin] = [:]
    var context = ChainContext(
        tipHeight: 200, medianTimePast: 1_700_000_000, now: 1_700_000_600, coinbaseMaturity: 100,
        scriptFlags: .mandatory)
    private var counter: UInt64 = 0

    init(policy: MempoolPolicy = MempoolPolicy()) { pool = Mempool(policy: policy) }

    /// A script anyone can be paid by, different for every number.
    static func script(_ number: UInt64 = 0) -> Script {
        var bytes = [UInt8](repeating: 7, count: 20)
        for place in 0..<8 { bytes[place] = UInt8(truncatingIfNeeded: number >> (8 * place)) }
        return Script([0x00, 0x14] + bytes)
    }

    /// A new coin of the chain.
    mutating func coin(_ satoshis: Int64, height: Int = 1, isCoinbase: Bool = false) -> OutPoint {
        counter += 1
        let point = OutPoint(
            txid: Hash256(words: (counter, 1, 2, 3)), index: UInt32(counter & 3))
        coins[point] = Coin(
            output: TransactionOutput(
                value: Amount(satoshis: satoshis), script: Self.script(counter)),
            height: height, isCoinbase: isCoinbase)
        return point
    }

    /// A transaction that spends `points` and pays `values`.
    func spend(
        _ points: [OutPoint], paying values: [Int64], version: UInt32 = 2, lockTime: UInt32 = 0,
        sequence: UInt32 = 0xffff_fffd, scriptSig: Script = []
    ) -> Transaction {
        Transaction(
            version: version,
            inputs: points.map {
                TransactionInput(
                    outPoint: $0, script: scriptSig, sequence: sequence,
                    witness: Witness([
                        [UInt8](repeating: 1, count: 71), [UInt8](repeating: 2, count: 33),
                    ]))
            },
            outputs: values.map {
                TransactionOutput(value: Amount(satoshis: $0), script: Self.script(UInt64($0)))
            },
            lockTime: lockTime)
    }

    func judge(
        _ transaction: Transaction, options: AdmissionOptions = AdmissionOptions(),
        locks: SequenceLocks = { _, _ in .none }
    ) throws(MempoolRejection) -> Admission {
        try pool.judge(
            transaction, in: context, with: gathered(for: transaction), options: options,
            locks: locks)
    }

    func gathered(for transaction: Transaction) -> GatheredCoins {
        var found: [OutPoint: Coin] = [:]
        for point in pool.outPointsNeeded(by: transaction) { found[point] = coins[point] }
        return GatheredCoins(coins: found)
    }

    @discardableResult
    mutating func add(
        _ transaction: Transaction, options: AdmissionOptions = AdmissionOptions()
    ) throws(MempoolRejection) -> Txid {
        let admission = try judge(transaction, options: options)
        try pool.commit(admission, in: context, limitsSize: !options.bypassesLimits)
        return transaction.txid
    }

    /// The word a transaction is refused with; nil where it is not.
    func reason(_ transaction: Transaction) -> String? {
        do throws(MempoolRejection) {
            _ = try judge(transaction)
            return nil
        } catch {
            return error.rejectReason
        }
    }
}

extension Transaction {
    /// The out point of one of its outputs.
    func point(_ index: UInt32 = 0) -> OutPoint { OutPoint(txid: txid, index: index) }
}
