import Consensus
import Cryptography
import MemoryPool
import Mining
import Primitives
import Scripting
import TestSupport
import Testing

/// A pool that changes by chance.
struct RandomPool {
    /// What its transactions are like.
    struct Traits: Sendable, Hashable {
        /// Of a hundred inputs, how many spend an output of the pool.
        var kinship = 50
        /// Of a hundred transactions, how many have many signature operations.
        var costly = 0
        /// Of a hundred transactions, how many bear a lock time that has only just passed.
        var locked = 0
        /// Of a hundred changes, how many are a block.
        var blocks = 5
    }

    var pool = Mempool()
    var random: SeededGenerator
    var height = 200
    private let traits: Traits
    private var counter: UInt64 = 0
    private var coins: [OutPoint: Coin] = [:]

    init(seed: UInt64, _ traits: Traits = Traits()) {
        random = SeededGenerator(seed: seed)
        self.traits = traits
    }

    /// For the block after `lag` fewer than the pool goes by: lock times that have passed for the
    /// pool may be still to come.
    func context(lag: Int = 0) -> TemplateContext {
        TemplateContext(
            previous: Hash256(words: (UInt64(height), 9, 9, 9)), height: height + 1 - lag,
            version: 0x2000_0000, bits: 0x207f_ffff, minimumTime: 1_700_000_001,
            medianTimePast: 1_700_000_000 + Int64(height), time: 1_700_000_600,
            subsidy: Amount(satoshis: 5_000_000_000), hasWitness: true)
    }

    private var chain: ChainContext {
        ChainContext(
            tipHeight: height, medianTimePast: 1_700_000_000 + Int64(height), now: 1_700_000_600,
            coinbaseMaturity: 100, scriptFlags: .mandatory)
    }

    private mutating func isChosen(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    // MARK: Changing

    /// One of the things that happen to a pool.
    mutating func change() throws {
        if isChosen(traits.blocks) {
            if let entry = anyEntry() { confirm([entry.transaction]) }
            return
        }
        switch Int.random(in: 0..<20, using: &random) {
        case 0:
            if let entry = anyEntry() { pool.removeRecursive(entry.transaction, reason: .reorg) }
        case 1, 2:
            if let entry = anyEntry() {
                pool.prioritise(entry.txid, by: .random(in: -20_000...20_000, using: &random))
            }
        case 3: try replace()
        default: try add(rate: 1...40)
        }
    }

    /// A transaction that spends coins of the chain, of the pool, or both.
    mutating func add(rate: ClosedRange<Int64>) throws {
        var points: [OutPoint] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            points.append(freeOutput(besides: points) ?? newCoin())
        }
        try submit(points, fee: Int64.random(in: rate, using: &random) * 200)
    }

    /// A transaction that spends what another does, and pays for it.
    private mutating func replace() throws {
        guard let entry = anyEntry() else { return }
        let points = entry.transaction.inputs.map(\.outPoint)
        try submit(Array(points.prefix(1)), fee: entry.fee.satoshis * 3 + 20_000)
    }

    /// A block of what the template holds.
    mutating func mine(_ template: BlockTemplate) {
        confirm(template.transactions.map(\.transaction))
    }

    private mutating func confirm(_ transactions: [Transaction]) {
        height += 1
        let coinbase = Coinbase.transaction(
            height: height, extraNonce: 1, outputs: [TransactionOutput(value: .coin)],
            hasWitness: false)
        pool.blockConnected(
            Block(
                header: BlockHeader(
                    version: 1, previous: .zero, merkleRoot: .zero, time: 0, bits: 0, nonce: 0),
                transactions: [coinbase] + transactions), now: 1_700_000_600)
    }

    // MARK: Transactions

    private mutating func submit(_ points: [OutPoint], fee: Int64) throws {
        let value = points.compactMap { coin($0)?.output.value.satoshis }.reduce(0, +)
        let half = (value - fee) / 2
        guard half > 100_000 else { return }
        counter += 1
        let script = Rosters.script(Int(counter) + 7_000)
        var outputs = [half, value - fee - half].map {
            TransactionOutput(value: Amount(satoshis: $0), script: script)
        }
        if isChosen(traits.costly) {
            // Each costs 80, which counts as 400 virtual bytes.
            let multisig = Script([0x51, 33, 2] + [UInt8](repeating: 1, count: 32) + [0x51, 0xae])
            let count = min(Int.random(in: 5...90, using: &random), Int(half / 6000))
            let fees = Int64.random(in: 400...4000, using: &random) * Int64(count)
            outputs[1].value = Amount(satoshis: value - fee - half - fees - Int64(count) * 1000)
            for _ in 0..<count {
                outputs.append(
                    TransactionOutput(value: Amount(satoshis: 1000), script: multisig))
            }
        }
        let isLocked = isChosen(traits.locked)
        let lockTime = isLocked ? UInt32(height - Int.random(in: 0...4, using: &random)) : 0
        let transaction = Transaction(
            version: 2,
            inputs: points.map {
                TransactionInput(
                    outPoint: $0, sequence: isLocked ? 0xffff_fffe : 0xffff_ffff,
                    witness: Witness([[1], [2]]))
            }, outputs: outputs, lockTime: lockTime)
        do throws(MempoolRejection) {
            let admission = try pool.judge(
                transaction, in: chain,
                with: GatheredCoins(coins: coins.filter { points.contains($0.key) }),
                locks: { _, _ in .none })
            try pool.commit(admission, in: chain)
        } catch {
            // Its cluster would be too large, or it does not pay for what it would replace: nothing
            // has changed.
            #expect(
                ["too-large-cluster", "insufficient fee", "replacement-failed"]
                    .contains(error.rejectReason))
        }
    }

    private func coin(_ point: OutPoint) -> Coin? { coins[point] ?? pool.coin(point) }

    private mutating func newCoin() -> OutPoint {
        counter += 1
        let point = OutPoint(txid: Hash256(words: (counter, 0, 0, 1)), index: 0)
        coins[point] = Coin(
            output: TransactionOutput(
                value: Amount(satoshis: 1_000_000), script: Rosters.script(Int(counter) + 7_000)),
            height: 1, isCoinbase: false)
        return point
    }

    private mutating func freeOutput(besides points: [OutPoint]) -> OutPoint? {
        guard isChosen(traits.kinship), let parent = anyEntry()?.transaction else { return nil }
        return (0..<2 as Range<UInt32>).map { OutPoint(txid: parent.txid, index: $0) }
            .first { !pool.isSpent($0) && !points.contains($0) }
    }

    private mutating func anyEntry() -> MempoolEntry? {
        let all = pool.txidsByScore
        guard !all.isEmpty else { return nil }
        return pool[all[Int.random(in: 0..<all.count, using: &random)]]
    }
}
