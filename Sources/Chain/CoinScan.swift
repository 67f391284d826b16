public import Consensus
import Cryptography
public import Primitives
public import Storage

/// A walk through all coins as they stood at one block, in search of some or to count them. It reads
/// beside the validator, which goes on with its work.
public actor CoinScan {
    /// The block as of which the coins stand.
    public nonisolated let tip: ChainTip
    private let walk: CoinWalk
    /// What the coins take on the disk, roughly, in bytes.
    private let diskSize: Int
    private let executor = QueueExecutor(label: "cellblock.coinscan")

    /// Coins read between two looks at whether to go on.
    private static var step: Int { 8192 }

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(_ walk: CoinWalk, tip: ChainTip, diskSize: Int) {
        self.walk = walk
        self.tip = tip
        self.diskSize = diskSize
    }

    deinit { walk.close() }

    /// What a search found.
    public struct Findings: Sendable {
        /// In the order of their points.
        public var coins: [(point: OutPoint, coin: Coin)] = []
        /// How many coins were looked at.
        public var count = 0
        /// Whether all of them were.
        public var isComplete = false
    }

    /// Looks for the coins paid to any of the scripts.
    ///
    /// - Parameter progress: is told the percentage done, and answers whether to go on.
    public func find(
        _ scripts: Set<Script>, progress: @Sendable (Int) -> Bool
    ) throws(StorageError) -> Findings {
        defer { walk.close() }
        var found = Findings()
        var last: OutPoint?
        while try walk.next(
            Self.step,
            { point, coin, _ in
                found.count += 1
                last = point
                if scripts.contains(coin.output.script) { found.coins.append((point, coin)) }
            })
        {
            guard progress(Self.percentage(last?.txid)) else { return found }
        }
        found.isComplete = true
        found.coins.sort { Self.precedes($0.point, $1.point) }
        return found
    }

    /// Counts and hashes all coins; nil if that was not to go on.
    ///
    /// - Parameter progress: is told the percentage done, and answers whether to go on.
    public func count(
        _ kind: UTXOHashKind, progress: @Sendable (Int) -> Bool
    ) throws(StorageError) -> UTXOSetInfo? {
        defer { walk.close() }
        var count = CoinCount(kind, UTXOSetInfo(height: tip.height, bestBlock: tip.hash))
        while try walk.next(Self.step, into: &count) {
            guard progress(Self.percentage(count.last)) else { return nil }
        }
        var info = count.finish()
        info.diskSize = diskSize
        return info
    }

    /// Keys are spread evenly, so that the first bytes tell how far the walk is.
    private static func percentage(_ txid: Txid?) -> Int {
        guard let txid else { return 0 }
        return (Int(txid[0]) << 8 | Int(txid[1])) * 100 / 65536
    }

    /// The order of Core's maps: the bytes of the txid, then the number.
    private static func precedes(_ left: OutPoint, _ right: OutPoint) -> Bool {
        guard left.txid == right.txid else {
            return left.txid.bytes.lexicographicallyPrecedes(right.txid.bytes)
        }
        return left.index < right.index
    }
}

extension Validator {
    /// Begins a walk through the coins as they stand now.
    public func scanCoins() throws(StorageError) -> CoinScan {
        try writing { () throws(StorageError) in
            try chain.flush()
            return CoinScan(try chain.walkCoins(), tip: chain.tip, diskSize: chain.coinSize)
        }
    }
}
