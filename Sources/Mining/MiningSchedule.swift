/// When a node mines: without end, or only as often as a quiet network needs.
public struct MiningSchedule: Sendable, Hashable {
    /// The seconds from one block's time to the next one's search; 0: none.
    public var interval: Int64
    /// Whether to wait until there is a transaction to mine.
    public var waitsForTransactions: Bool
    /// Whether to wait while there are no peers.
    public var waitsForPeers: Bool

    public init(
        interval: Int64 = 0, waitsForTransactions: Bool = false, waitsForPeers: Bool = false
    ) {
        self.interval = interval
        self.waitsForTransactions = waitsForTransactions
        self.waitsForPeers = waitsForPeers
    }

    /// What the search waits for.
    public enum Pause: String, Sendable, Hashable {
        case interval, transactions, peers
    }

    /// What to wait for now; nil: search.
    ///
    /// With an interval and transactions to wait for, the interval counts from the last block, so a
    /// transaction that comes later is mined at once.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - tipTime: of the last block, likewise.
    ///   - transactions: in the pool.
    ///   - peers: connected; nil where nobody counts them.
    public func pause(
        now: Int64, tipTime: Int64, transactions: Int, peers: Int?
    ) -> Pause? {
        if waitsForPeers, peers == 0 { return .peers }
        if waitsForTransactions, transactions == 0 { return .transactions }
        if interval > 0 {
            let (due, overflow) = tipTime.addingReportingOverflow(interval)
            if overflow || now < due { return .interval }
        }
        return nil
    }
}
