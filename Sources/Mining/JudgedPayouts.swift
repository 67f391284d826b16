public import Cryptography
public import Primitives

/// The judgements of the last blocks, so that none is worked out twice: a block may be judged before it
/// is taken in, when it stays beside the chain, and when it is connected.
public struct JudgedPayouts: Sendable {
    private struct Entry: Sendable {
        var block: BlockHash
        var previous: BlockHash
        /// What the judgement is of.
        var reward: Amount
        var ledger: PayoutLedger
        var judgement: PayoutJudgement
    }

    /// How many are kept: a few blocks at one height.
    private static let limit = 8

    /// Oldest first.
    private var entries: [Entry] = []

    public init() {}

    /// The judgement of a block that takes such a reward, on such a ledger.
    ///
    /// - Parameter judge: works it out, by rosters and windows as they are.
    public mutating func judgement(
        of block: BlockHash, onto previous: BlockHash, reward: Amount, ledger: PayoutLedger,
        judge: () -> PayoutJudgement
    ) -> PayoutJudgement {
        let known = entries.first {
            $0.block == block && $0.reward == reward && $0.ledger == ledger
        }
        if let known { return known.judgement }
        let judgement = judge()
        if entries.count >= Self.limit { entries.removeFirst() }
        entries.append(
            Entry(
                block: block, previous: previous, reward: reward, ledger: ledger,
                judgement: judgement))
        return judgement
    }

    /// Another window is known, by which blocks on that one may be recognised now.
    public mutating func forget(onto previous: BlockHash) {
        entries.removeAll { $0.previous == previous && $0.judgement == .unrecognised }
    }

    /// Other rosters are known.
    public mutating func forgetAll() { entries = [] }
}
