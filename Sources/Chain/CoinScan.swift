public import Consensus
import Cryptography
import Dispatch
public import Primitives
public import Storage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A walk through all coins as they stood at one block, in search of some or to count them. It reads
/// beside the validator, which goes on with its work.
public actor CoinScan {
    /// The block as of which the coins stand.
    public nonisolated let tip: ChainTip
    /// One for each thread that is to read.
    private let walks: [CoinWalk]
    /// What the coins take on the disk, roughly, in bytes.
    private let diskSize: Int
    private let executor = QueueExecutor(label: "cellblock.coinscan")

    /// Coins read between two looks at whether to go on.
    private static var step: Int { 8192 }

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(_ walks: [CoinWalk], tip: ChainTip, diskSize: Int) {
        self.walks = walks
        self.tip = tip
        self.diskSize = diskSize
    }

    deinit { for walk in walks { walk.close() } }

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
        defer { for walk in walks { walk.close() } }
        var found = Findings()
        guard let walk = walks.first else { return found }
        for part in 0..<PartedCount.partCount {
            guard progress(PartedCount.percentage(part)) else { return found }
            try walk.seek(part..<part + 1)
            while try walk.next(
                Self.step,
                { point, coin, _ in
                    found.count += 1
                    if scripts.contains(coin.output.script) { found.coins.append((point, coin)) }
                })
            {
                guard progress(PartedCount.percentage(part)) else { return found }
            }
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
        defer { for walk in walks { walk.close() } }
        let count = PartedCount(
            kind, UTXOSetInfo(height: tip.height, bestBlock: tip.hash), threads: walks.count)
        DispatchQueue.concurrentPerform(iterations: walks.count) { number in
            count.run(walks[number], progress: progress)
        }
        var info = try count.finish()
        info?.diskSize = diskSize
        return info
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
            // To wait for the disk takes longer than to count a hundred thousand coins.
            if chain.coins.dirtyCount > 0 { try chain.flush() }
            var walks = [try chain.walkCoins()]
            for _ in 1..<max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN))) {
                walks.append(try chain.walkCoins(beside: walks[0]))
            }
            return CoinScan(walks, tip: chain.tip, diskSize: chain.coinSize)
        }
    }
}
