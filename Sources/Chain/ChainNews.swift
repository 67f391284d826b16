import Consensus
public import Primitives

/// How the chain stands, for who follows it from a block on: all of it as of the same moment.
public struct ChainNews: Sendable {
    public var tip: BlockHash
    public var isInitialDownload: Bool
    /// The last blocks of the way to the tip from where it leaves that of the follower.
    public var connected: [BlockInfo]
    /// What is to be checked below coins that came from outside.
    public var history: History?
}

extension Validator {
    /// What is new since a block.
    ///
    /// - Parameter limit: how many blocks are told of.
    public func news(since cursor: BlockHash, limit: Int) -> ChainNews {
        let fork =
            chain.index.find(cursor).flatMap { chain.index.fork(of: $0) } ?? chain.index.genesis
        let tip = chain.index.tip ?? chain.index.genesis
        var connected: [BlockInfo] = []
        var next = tip
        while next != fork, connected.count < limit, let parent = chain.index.parent(of: next) {
            connected.append(chain.info(next))
            next = parent
        }
        return ChainNews(
            tip: chain.index.hash(of: tip), isInitialDownload: isInitialBlockDownload,
            connected: connected.reversed(), history: history)
    }
}
