public import Consensus
public import Cryptography
import Genesis
public import Primitives
public import Storage

extension Validator {
    // MARK: One block

    /// A block; nil if it is unknown or only its header is here.
    public func block(_ hash: BlockHash) throws(StorageError) -> Block? {
        try checkRunning()
        guard let id = chain.index.find(hash) else { return nil }
        return try chain.block(id)
    }

    /// A block to be read elsewhere than here; nil as for `block`.
    public func keptBlock(_ hash: BlockHash) throws(StorageError) -> KeptBlock? {
        try checkRunning()
        return chain.index.find(hash).flatMap { chain.stored($0) }
            .map { KeptBlock(stored: $0, reader: chain.files.reader) }
    }

    /// A block as it stands on the disk.
    public func blockBytes(_ hash: BlockHash) throws(StorageError) -> [UInt8]? {
        try checkRunning()
        guard let id = chain.index.find(hash) else { return nil }
        return try chain.blockBytes(id)
    }

    /// The coins a block spent: for each transaction but the coinbase, one for each input. Nil if
    /// the block was never connected.
    public func undo(_ hash: BlockHash) throws(StorageError) -> [[Coin]]? {
        try checkRunning()
        guard let id = chain.index.find(hash) else { return nil }
        if chain.index.parent(of: id) == nil { return [] }
        return try chain.undo(id)?.spent
    }

    public func blockInfo(_ hash: BlockHash) -> BlockInfo? {
        chain.index.find(hash).map { chain.info($0) }
    }

    /// A block of the active chain.
    public func blockInfo(height: Int) -> BlockInfo? {
        chain.index.active(at: height).map { chain.info($0) }
    }

    /// The hash of a block of the active chain.
    public func hash(height: Int) -> BlockHash? {
        chain.index.active(at: height).map { chain.index.hash(of: $0) }
    }

    /// The block at a height on the way from genesis to the block `hash`.
    public func ancestor(of hash: BlockHash, height: Int) -> BlockInfo? {
        guard let id = chain.index.find(hash),
            let found = chain.index.ancestor(of: id, at: height)
        else { return nil }
        return chain.info(found)
    }

    /// The header with the most work that is not known to be invalid.
    public var bestHeader: BlockInfo { chain.info(chain.index.bestHeader) }

    /// The last block that the active chain shares with the branch of `hash`.
    public func fork(of hash: BlockHash) -> BlockInfo? {
        chain.index.find(hash).flatMap { chain.index.fork(of: $0) }.map { chain.info($0) }
    }

    /// How many blocks and headers are known, of all branches.
    public var blockCount: Int { chain.index.count }

    /// Blocks and headers of all branches in the order they became known, parents first.
    ///
    /// - Parameter position: how many of them were read before.
    public func blockInfos(from position: Int, limit: Int) -> [BlockInfo] {
        guard position >= 0, position < chain.index.count, limit > 0 else { return [] }
        let ids = chain.index.ids
        let start = ids.index(ids.startIndex, offsetBy: position)
        return ids[start...].prefix(limit).map { chain.info($0) }
    }

    /// The ends of all branches, the highest first.
    public func chainTips() -> [ChainTipInfo] {
        chain.index.chainTips().map { tip in
            ChainTipInfo(
                hash: chain.index.hash(of: tip.id), height: chain.index.height(of: tip.id),
                branchLength: tip.branchLength, status: tip.status.rawValue)
        }
    }

    /// Makes sure that the headers of all blocks are known again even if the machine ends now: for
    /// followers that write down which they have seen.
    public func keepHeaders() throws(StorageError) {
        try writing { () throws(StorageError) in try chain.synchroniseIndex() }
    }

    // MARK: For peers

    /// Hashes from a block back to genesis, ever further apart; from the best header if nil.
    public func locator(from hash: BlockHash? = nil) -> [BlockHash] {
        let id = hash.flatMap { chain.index.find($0) } ?? chain.index.bestHeader
        return chain.index.locator(from: id)
    }

    /// Headers of the active chain after the first block of the locator that is on it.
    public func headers(
        after locator: [BlockHash], stop: BlockHash, limit: Int = 2000
    ) -> [BlockHeader] {
        // Without a locator the one header asked for is meant.
        if locator.isEmpty {
            return chain.index.find(stop).map { [chain.index.header($0)] } ?? []
        }
        return following(locator, stop, limit).map { chain.index.header($0) }
    }

    /// Hashes of the active chain after the first block of the locator that is on it.
    public func hashes(
        after locator: [BlockHash], stop: BlockHash, limit: Int = 500
    ) -> [BlockHash] {
        following(locator, stop, limit).prefix { isLikelyKept($0) }
            .map { chain.index.hash(of: $0) }
    }

    /// Whether a block will be here still when a peer comes to ask for it: in a pruned chain the
    /// oldest blocks of those kept may go within the hour.
    private func isLikelyKept(_ id: BlockID) -> Bool {
        guard configuration.prune != .off else { return true }
        let likely = Chainstate.keptBlocks - Int(3600 / max(network.consensus.spacing, 1))
        return chain.index.status(of: id).hasData
            && chain.index.height(of: id) > chain.index.activeHeight - likely
    }

    private func following(
        _ locator: [BlockHash], _ stop: BlockHash, _ limit: Int
    ) -> [BlockID] {
        let start = chain.index.height(of: chain.index.fork(locator: locator)) + 1
        var ids: [BlockID] = []
        var height = start
        while ids.count < limit, let id = chain.index.active(at: height) {
            ids.append(id)
            if chain.index.hash(of: id) == stop { break }
            height += 1
        }
        return ids
    }

    /// Blocks that are missing on the way to `best`, in order, as far as they may be fetched now.
    public func missingBlocks(
        toward best: BlockHash, limit: Int, inFlight: Set<BlockHash> = []
    ) -> [BlockInfo] {
        guard let best = chain.index.find(best) else { return [] }
        return chain.index.missing(
            toward: best, limit: limit, where: { !inFlight.contains($0.hash) }
        ).map { chain.info($0) }
    }

    /// The way from a block a follower has seen to the tip.
    ///
    /// - Parameters:
    ///   - cursor: the last block seen; nil for none, and then the way begins with genesis.
    ///   - limit: the most blocks to be added at once.
    ///   - isChecked: whether the way leads only as far as the chain was checked block by block, for
    ///     who needs every block: see `checkedTip`.
    public func followPath(
        from cursor: BlockHash?, limit: Int = 1000, isChecked: Bool = false
    ) -> ChainPath {
        guard isChecked, let background = chain.background else { return path(cursor, limit) }
        chain.index.exchangeActive(&background.chain)
        defer { chain.index.exchangeActive(&background.chain) }
        return path(cursor, limit)
    }

    private func path(_ cursor: BlockHash?, _ limit: Int) -> ChainPath {
        var path = ChainPath(fork: nil, disconnected: [], connected: [], isComplete: true)
        var height = 0
        if let cursor, let seen = chain.index.find(cursor) {
            let fork = chain.index.fork(of: seen) ?? chain.index.genesis
            path.fork = chain.info(fork)
            var id = seen
            while id != fork {
                path.disconnected.append(chain.index.hash(of: id))
                guard let parent = chain.index.parent(of: id) else { break }
                id = parent
            }
            height = chain.index.height(of: fork) + 1
        }
        while let id = chain.index.active(at: height) {
            guard path.connected.count < limit else {
                path.isComplete = false
                break
            }
            path.connected.append(chain.index.hash(of: id))
            height += 1
        }
        return path
    }

    /// A transaction by its place in a block, and that block by its height on the way from genesis to
    /// `tip`; nil if it is not here.
    public func transaction(
        number: Int, height: Int, below tip: BlockHash
    ) throws(StorageError) -> (transaction: Transaction, block: BlockHash)? {
        try checkRunning()
        guard let tip = chain.index.find(tip),
            let id = chain.index.ancestor(of: tip, at: height), let block = try chain.block(id),
            block.transactions.indices.contains(number)
        else { return nil }
        return (block.transactions[number].detached(), block.hash)
    }

    /// The bytes of all block and undo files.
    public func sizeOnDisk() throws(StorageError) -> Int {
        try checkRunning()
        return try chain.files.totalSize()
    }

    /// Reads the block index as it is, for what no other method answers. The body must be quick:
    /// nothing else happens meanwhile.
    public func index<Result: Sendable>(
        _ read: @Sendable (borrowing BlockIndex) -> Result
    ) -> Result {
        chain.read(read)
    }
}
