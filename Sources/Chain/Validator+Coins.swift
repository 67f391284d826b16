public import Consensus
import Cryptography
import MemoryPool
public import Primitives
public import Storage

extension Validator {
    /// A coin that can be spent; nil if there is none.
    ///
    /// - Parameter includingMempool: whether the pool's transactions are taken as done: their
    ///   outputs are seen, at height `Coin.mempoolHeight`, and what they spend is not.
    public func coin(
        _ point: OutPoint, includingMempool: Bool = false
    ) throws(StorageError) -> Coin? {
        try coins([point], includingMempool: includingMempool)[0]
    }

    public func coins(
        _ points: [OutPoint], includingMempool: Bool = false
    ) throws(StorageError) -> [Coin?] {
        try checkRunning()
        var coins = try chain.gather(points)
        guard includingMempool else { return coins }
        for (position, point) in points.enumerated() {
            if pool.isSpent(point) {
                coins[position] = nil
            } else if let made = pool.coin(point) {
                coins[position] = made
            }
        }
        return coins
    }
}
