import Cryptography
import Primitives

/// How fast tips follow each other.
struct TipPace {
    private var tip: BlockHash?
    private var since: Duration?
    /// The time from the tip before the last to the last; nil before there were two.
    private(set) var gap: Duration?

    mutating func note(_ tip: BlockHash, at now: Duration) {
        guard tip != self.tip else { return }
        gap = since.map { now - $0 }
        self.tip = tip
        since = now
    }
}
