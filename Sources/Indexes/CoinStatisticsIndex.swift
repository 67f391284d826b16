import Chain
import Consensus
public import Cryptography
public import Genesis
public import Primitives
import Scripting
public import Storage

/// The coins after each block, counted and hashed.
public typealias CoinStatisticsIndex = ChainIndex<CoinStatisticsTable>

extension ChainIndex where Table == CoinStatisticsTable {
    /// The coins after a block; nil if the index has never seen it.
    public func statistics(at block: BlockHash) throws(StorageError) -> CoinStatistics? {
        try value(CoinStatisticsTable.key(block)).flatMap(CoinStatistics.init(decoding:))
    }
}

/// A row of figures for each block, and the running set hash of the last one.
public struct CoinStatisticsTable: IndexTable {
    public static let name = "coinstatsindex"
    public static let folder = "coinstatsindex"

    private static let setKey: [UInt8] = [UInt8(ascii: "M")]

    private let network: Network
    private var set = MuHash3072()
    private var statistics = CoinStatistics()

    public init(network: Network) { self.network = network }

    static func key(_ block: BlockHash) -> [UInt8] {
        var key = [UInt8(ascii: "s")]
        block.append(to: &key)
        return key
    }

    public mutating func load(
        _ block: BlockHash, from store: borrowing Database
    ) throws(StorageError) -> Bool {
        guard let bytes = try store.get(Self.setKey), let set = MuHash3072(serialized: bytes.span)
        else { return false }
        self.set = set
        return try loadRow(block, store) && set.finalize() == statistics.setHash
    }

    private mutating func loadRow(
        _ block: BlockHash, _ store: borrowing Database
    ) throws(StorageError) -> Bool {
        guard let row = try store.get(Self.key(block)),
            let statistics = CoinStatistics(decoding: row)
        else { return false }
        self.statistics = statistics
        return true
    }

    public func save(_ batch: inout WriteBatch) { batch.put(Self.setKey, set.serialized) }

    // MARK: Blocks

    public mutating func connect(_ block: IndexedBlock, _ batch: inout WriteBatch) {
        let subsidy = network.consensus.subsidy(at: block.height)
        statistics.subsidy += subsidy
        if block.height == 0 {
            statistics.unspendable.genesis += subsidy
        } else {
            if BlockIndex.isOverwritten(block.hash, at: block.height) {
                statistics.unspendable.replaced += subsidy
            }
            for change in CoinChanges(of: block) { add(change) }
        }
        statistics.closeBlock()
        statistics.setHash = set.finalize()
        batch.put(Self.key(block.hash), statistics.bytes)
    }

    private mutating func add(_ change: CoinChanges.Element) {
        let value = change.coin.output.value
        let worth = UInt128(truncatingIfNeeded: value.satoshis)
        if change.isSpent {
            set.remove(change.coin.hashedBytes(at: change.point).span)
            statistics.spent &+= worth
            statistics.coinCount &-= 1
            statistics.totalAmount -= value
            statistics.bogoSize &-= UInt64(change.coin.bogoSize)
        } else if change.coin.output.script.isUnspendable {
            statistics.unspendable.scripts += value
        } else {
            set.insert(change.coin.hashedBytes(at: change.point).span)
            if change.coin.isCoinbase {
                statistics.coinbase &+= worth
            } else {
                statistics.created &+= worth
            }
            statistics.coinCount &+= 1
            statistics.totalAmount += value
            statistics.bogoSize &+= UInt64(change.coin.bogoSize)
        }
    }

    public mutating func disconnect(
        _ block: IndexedBlock, _ store: borrowing Database, _ batch: inout WriteBatch
    ) throws(StorageError) -> Bool {
        guard block.height > 0 else { return false }
        for change in CoinChanges(of: block) {
            if change.isSpent {
                set.insert(change.coin.hashedBytes(at: change.point).span)
            } else if !change.coin.output.script.isUnspendable {
                set.remove(change.coin.hashedBytes(at: change.point).span)
            }
        }
        return try loadRow(block.block.header.previous, store)
    }
}

/// What a block does to the coins, in its own order: what each transaction makes, then spends.
private struct CoinChanges: Sequence, IteratorProtocol {
    struct Element {
        var point: OutPoint
        var coin: Coin
        var isSpent: Bool
    }

    private let block: IndexedBlock
    private var number: Int
    private var transaction: Transaction?
    private var txid = Txid.zero
    private var output = 0
    private var input = 0

    init(of block: IndexedBlock) {
        self.block = block
        // A coinbase that a later one replaced made no coin that was ever counted.
        number = BlockIndex.isOverwritten(block.hash, at: block.height) ? 1 : 0
    }

    mutating func next() -> Element? {
        while number < block.block.transactions.count {
            let transaction = transaction ?? begin(block.block.transactions[number])
            if output < transaction.outputs.count {
                defer { output += 1 }
                return Element(
                    point: OutPoint(txid: txid, index: UInt32(truncatingIfNeeded: output)),
                    coin: Coin(
                        output: transaction.outputs[output], height: block.height,
                        isCoinbase: number == 0),
                    isSpent: false)
            }
            // The coinbase spends nothing and has no list.
            let spent = number == 0 ? [] : block.spent[number - 1]
            if input < Swift.min(spent.count, transaction.inputs.count) {
                defer { input += 1 }
                return Element(
                    point: transaction.inputs[input].outPoint, coin: spent[input], isSpent: true)
            }
            self.transaction = nil
            number += 1
        }
        return nil
    }

    private mutating func begin(_ next: Transaction) -> Transaction {
        transaction = next
        txid = next.txid
        output = 0
        input = 0
        return next
    }
}
