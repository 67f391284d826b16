import Consensus
import Cryptography
import MemoryPool
import Mining
import Primitives
import Scripting

/// How long a template takes that is made anew, beside one made with nothing kept.
///
/// The pool is made up: transactions of one to three inputs, alone and in clusters of up to 25, at
/// rates from 1 to 50 satoshis for a virtual byte.
public struct TemplateBenchmark {
    /// A template's size.
    public struct Size: Sendable, Hashable {
        public var transactions: Int
        public var weight: Int
        public var fees: Int64
        /// Of its transactions as JSON.
        public var textBytes: Int
    }

    /// One way to a template.
    public struct Figure: Sendable {
        /// All of it, and the part that keeps the pool's owner from other work.
        public var whole: Measure
        public var choosing: Measure
        public var size: Size
        /// Whether it is as good as the one made with nothing kept.
        public var isRight: Bool
    }

    private var pool = Mempool()
    private var random = Chance(state: 7)
    private var counter: UInt64 = 0
    private var height = 200
    private var shelf = SelectionShelf()
    private var text = TemplateText()
    /// What was given out last: a node keeps it until there is another.
    private var shared: (template: BlockTemplate?, text: TemplateText)?
    private let assembler = BlockAssembler()

    /// A pool of so many transactions.
    public init(transactions count: Int) throws {
        // Nothing is to be evicted, whatever the count.
        pool.policy.maxSizeBytes = .max
        while pool.count < count {
            let size = [1, 1, 1, 2, 2, 3, 5, 10, 25].randomElement(using: &random) ?? 1
            var parent: Transaction?
            for _ in 0..<size where pool.count < count { parent = try add(spending: parent) }
        }
    }

    public var transactionCount: Int { pool.count }

    // MARK: Measuring

    /// With nothing kept.
    public func scratch() throws -> Figure {
        var template: BlockTemplate?
        var made = TemplateText()
        var choosing = Measure(wall: 0, processor: 0)
        let whole = try Measure.of {
            var selection: BlockSelection?
            choosing = try Measure.of {
                selection = try assembler.choose(from: pool, onto: context, paying: .nobody)
            }
            guard let selection else { return }
            let finished = try assembler.finish(selection, onto: context, paying: .nobody)
            made.renew(finished.transactions)
            template = finished
        }
        return Figure(
            whole: whole, choosing: choosing, size: size(template, made),
            isRight: true)
    }

    /// After nothing has changed, with what was kept.
    public mutating func renewed() throws -> Figure {
        var template: BlockTemplate?
        var choosing = Measure(wall: 0, processor: 0)
        let whole = try Measure.of {
            var selection: BlockSelection?
            choosing = try Measure.of {
                selection = try shelf.choose(
                    for: assembler, from: pool, onto: context, paying: .nobody)
            }
            guard let selection else { return }
            let finished = try assembler.finish(selection, onto: context, paying: .nobody)
            text.renew(finished.transactions)
            template = finished
        }
        shared = (template, text)
        let check = TemplateCheck(try assembler.assemble(pool, onto: context))
        return Figure(
            whole: whole, choosing: choosing, size: size(template, text),
            isRight: template.map { check.isRight($0, text) } ?? false)
    }

    /// After one more transaction came, of any rate, or of those that a block takes.
    public mutating func afterTransaction(isChosen: Bool = false) throws -> Figure {
        _ = try add(spending: nil, rate: isChosen ? 46...60 : 1...50)
        return try renewed()
    }

    /// After so many more transactions came, of any rate.
    public mutating func afterTransactions(_ count: Int) throws -> Figure {
        for _ in 0..<count { _ = try add(spending: nil) }
        return try renewed()
    }

    /// After a block of what the template held.
    public mutating func afterBlock() throws -> Figure {
        let block = try assembler.assemble(pool, onto: context, paying: .script([0x51])).block()
        pool.blockConnected(block, now: 1_700_000_600)
        height += 1
        return try renewed()
    }

    private func size(_ template: BlockTemplate?, _ text: TemplateText) -> Size {
        Size(
            transactions: template?.transactions.count ?? 0, weight: template?.weight ?? 0,
            fees: template?.fees.satoshis ?? 0, textBytes: text.pieces.reduce(0) { $0 + $1.count })
    }

    // MARK: Making up

    private var context: TemplateContext {
        TemplateContext(
            previous: Hash256(words: (UInt64(height), 9, 9, 9)), height: height + 1,
            version: 0x2000_0000, bits: 0x207f_ffff, minimumTime: 1_700_000_001,
            medianTimePast: 1_700_000_000, time: 1_700_000_600,
            subsidy: Amount(satoshis: 5_000_000_000), hasWitness: true)
    }

    /// A transaction that spends coins of the chain, and the first output of `parent`.
    private mutating func add(
        spending parent: Transaction?, rate: ClosedRange<Int64> = 1...50
    ) throws -> Transaction {
        counter += 1
        let hash = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
        let script = Script([0, 20] + hash)
        let witness = Witness([
            [UInt8](repeating: 1, count: 71), [UInt8](repeating: 2, count: 33),
        ])
        var coins: [OutPoint: Coin] = [:]
        var inputs: [TransactionInput] = []
        var value: Int64 = 0
        if let parent {
            inputs.append(
                TransactionInput(
                    outPoint: OutPoint(txid: parent.txid, index: 0), witness: witness))
            value += parent.outputs[0].value.satoshis
        }
        let fromChain = parent == nil ? 1...3 : 0...1
        for number in 0..<Int.random(in: fromChain, using: &random) {
            let point = OutPoint(txid: Hash256(words: (counter, UInt64(number), 0, 1)), index: 0)
            coins[point] = Coin(
                output: TransactionOutput(value: Amount(satoshis: 100_000_000), script: script),
                height: 1, isCoinbase: false)
            inputs.append(TransactionInput(outPoint: point, witness: witness))
            value += 100_000_000
        }
        let fee = Int64(150 * inputs.count) * Int64.random(in: rate, using: &random)
        let transaction = Transaction(
            inputs: inputs,
            outputs: [
                TransactionOutput(value: Amount(satoshis: value - fee - 10_000), script: script),
                TransactionOutput(value: Amount(satoshis: 10_000), script: script),
            ])
        let chain = ChainContext(
            tipHeight: height, medianTimePast: 1_700_000_000, now: 1_700_000_600,
            coinbaseMaturity: 100, scriptFlags: .mandatory)
        let admission = try pool.judge(
            transaction, in: chain, with: GatheredCoins(coins: coins), locks: { _, _ in .none })
        try pool.commit(admission, in: chain)
        return transaction
    }

    /// Numbers that come out the same every time (SplitMix64).
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }
}
