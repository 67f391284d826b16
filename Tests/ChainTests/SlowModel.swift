import Chain
import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import TestSupport

/// A chain kept the slow way: every block there is, and whatever is asked is worked out from genesis.
struct SlowModel {
    struct Entry {
        var block: Block
        var height: Int
        /// Whether it breaks a rule that shows when it is connected.
        var isBad: Bool
    }

    /// What there is at a block.
    struct State {
        var coins: [OutPoint: Coin] = [:]
        var confirmed: Set<Txid> = []
        var ledger = PayoutLedger()
        /// The blocks that the ledger moved by.
        var followed: Set<BlockHash> = []
    }

    let network: Network
    let rosters: [Roster]
    private(set) var entries: [BlockHash: Entry] = [:]
    private(set) var order: [BlockHash] = []
    /// The blocks called invalid, with all that stood on them at the time.
    private(set) var condemned: Set<BlockHash> = []
    /// Those that coinbases may be paid by, oldest first.
    var windows: [TemplateWindow] = []
    /// What there is at the end of the blocks that nothing happens to, and their end.
    private var base: (hash: BlockHash, state: State)?
    private(set) var baseHeight = 0

    init(network: Network, rosters: [Roster]) {
        self.network = network
        self.rosters = rosters
    }

    // MARK: Blocks

    mutating func add(_ block: Block, isBad: Bool = false) {
        guard entries[block.hash] == nil else { return }
        let height = (entries[block.header.previous]?.height ?? 0) + 1
        entries[block.hash] = Entry(block: block, height: height, isBad: isBad)
        order.append(block.hash)
    }

    func height(_ hash: BlockHash) -> Int { entries[hash]?.height ?? 0 }

    /// The blocks from the first after genesis to this one.
    func path(to hash: BlockHash) -> [Entry] {
        var path: [Entry] = []
        var next = entries[hash]
        while let entry = next {
            path.append(entry)
            next = entries[entry.block.header.previous]
        }
        return path.reversed()
    }

    func hasFailed(_ hash: BlockHash) -> Bool {
        path(to: hash).contains { $0.isBad || condemned.contains($0.block.hash) }
    }

    var hasBad: Bool { entries.values.contains { $0.isBad } }

    /// The ends of the longest chains of which no block has failed; genesis if there is none.
    var best: Set<BlockHash> {
        let good = order.filter { !hasFailed($0) }
        guard let highest = good.map({ height($0) }).max() else { return [network.genesisHash] }
        return Set(good.filter { height($0) == highest })
    }

    mutating func invalidate(_ hash: BlockHash) {
        for other in order where path(to: other).contains(where: { $0.block.hash == hash }) {
            condemned.insert(other)
        }
    }

    mutating func reconsider(_ hash: BlockHash) {
        condemned.subtract(path(to: hash).map(\.block.hash))
        for other in order where path(to: other).contains(where: { $0.block.hash == hash }) {
            condemned.remove(other)
        }
    }

    /// What operators said is lost with the block index.
    mutating func forgetCondemned() { condemned = [] }

    // MARK: State

    /// Works out once what there is a little below the blocks there are; those below stay.
    mutating func settleBase() {
        baseHeight = order.count
        let hash = order[order.count - 11]
        base = (hash, state(at: hash))
    }

    func state(at hash: BlockHash) -> State {
        var state = State()
        var path = path(to: hash)
        if let base, let place = path.firstIndex(where: { $0.block.hash == base.hash }) {
            state = base.state
            path.removeFirst(place + 1)
        }
        for entry in path {
            var fees = Amount.zero
            for transaction in entry.block.transactions {
                state.confirmed.insert(transaction.txid)
                var spent = Amount.zero
                for number in transaction.inputs.indices where !transaction.isCoinbase {
                    let coin = state.coins.removeValue(forKey: transaction.outPoint(at: number))
                    spent += coin?.output.value ?? .zero
                }
                if !transaction.isCoinbase { fees += spent - transaction.outputValue }
                for (number, output) in transaction.outputs.enumerated()
                where output.script.bytes.first != 0x6A {
                    let point = OutPoint(txid: transaction.txid, index: UInt32(number))
                    state.coins[point] = Coin(
                        output: output, height: entry.height, isCoinbase: transaction.isCoinbase)
                }
            }
            guard let coinbase = entry.block.transactions.first else { continue }
            let judgement = PayoutJudgement.judge(
                coinbase: coinbase, reward: network.consensus.subsidy(at: entry.height) + fees,
                previous: entry.block.header.previous, rosters: rosters, ledger: state.ledger,
                windows: windows)
            state.ledger = judgement.ledger(after: state.ledger)
            if case .applied = judgement { state.followed.insert(entry.block.hash) }
        }
        return state
    }
}

extension SlowModel.State {
    /// Core's `hash_serialized_3`, from the definition.
    var coinsHash: Hash256 {
        let sorted = coins.sorted { left, right in
            left.key.txid == right.key.txid
                ? left.key.index < right.key.index
                : left.key.txid.bytes.lexicographicallyPrecedes(right.key.txid.bytes)
        }
        var writer = ByteWriter()
        for (point, coin) in sorted {
            point.encode(to: &writer)
            writer.write(UInt32(coin.height * 2 + (coin.isCoinbase ? 1 : 0)))
            coin.output.encode(to: &writer)
        }
        let bytes = writer.bytes
        return SHA256.doubleHash(bytes.span)
    }

    private static let maturity = 100

    /// Coins that anyone may spend in a block at a height, in an order that does not change.
    func spendable(at height: Int) -> [(point: OutPoint, coin: Coin)] {
        coins.filter { _, coin in
            coin.output.script == ChainBuilder.anyone && coin.output.value.satoshis > 100_000
                && (!coin.isCoinbase || height - coin.height >= Self.maturity)
        }.sorted { ($0.key.txid, $0.key.index) < ($1.key.txid, $1.key.index) }
            .map { ($0.key, $0.value) }
    }

    /// Those transactions that a pool on this chain may hold: unconfirmed, and all they spend is
    /// there or made by one of them.
    func admissible(_ candidates: [Transaction], at height: Int) -> Set<Txid> {
        var kept: [Txid: Transaction] = [:]
        var taken: Set<OutPoint> = []
        var goesOn = true
        while goesOn {
            goesOn = false
            for transaction in candidates
            where kept[transaction.txid] == nil && !confirmed.contains(transaction.txid) {
                let points = transaction.inputs.indices.map { transaction.outPoint(at: $0) }
                let isThere = points.allSatisfy { point in
                    if taken.contains(point) { return false }
                    if let coin = coins[point] {
                        return !coin.isCoinbase || height - coin.height >= Self.maturity
                    }
                    return kept[point.txid] != nil
                }
                guard isThere else { continue }
                kept[transaction.txid] = transaction
                taken.formUnion(points)
                goesOn = true
            }
        }
        return Set(kept.keys)
    }
}
