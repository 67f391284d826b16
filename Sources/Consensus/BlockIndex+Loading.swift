public import Cryptography
public import Genesis
public import Primitives

extension BlockIndex {
    /// Builds the index again from what was kept, in any order.
    ///
    /// - Parameters:
    ///   - tip: the block whose coins the node holds; nil where it holds none.
    ///   - assumed: what the coins are built on, where the blocks before are still to be checked.
    public init(
        network: Network, records: [BlockRecord], tip: BlockHash?, assumed: CoinSnapshot? = nil
    ) throws(BlockIndexError) {
        self.init(network: network)
        nodes.reserveCapacity(records.count)
        for record in records.sorted(by: { $0.height < $1.height }) {
            try load(record, assumed, in: network)
        }
        if let assumed {
            guard let base = find(assumed.block) else { throw .missingTip(assumed.block) }
            assumedBase = base
        }
        changed.removeAll()
        findBest()
        if let tip {
            guard let id = find(tip) else { throw .missingTip(tip) }
            setActive(id)
            for id in activeChain {
                nodes[Int(id.rawValue)].sequence = Self.sequenceOfBestChain
            }
        }
        findCandidates()
    }

    private mutating func findCandidates() {
        if let tip, status(of: tip).isFailed {
            // A block under the coins was called invalid, and the coins were not written since:
            // then the tip is to be left, for a chain with less work if need be.
            for id in ids where isConnectable(id) && !status(of: id).isFailed {
                insertCandidate(id)
            }
            return
        }
        for id in ids where isConnectable(id) { tryCandidate(id) }
        pruneCandidates()
    }

    private mutating func load(
        _ record: BlockRecord, _ assumed: CoinSnapshot?, in network: Network
    ) throws(BlockIndexError) {
        let hash = record.header.hash
        let id: BlockID
        if record.height == 0 {
            guard hash == network.genesisHash else { throw .foreignGenesis(hash) }
            id = genesis
        } else {
            guard let parent = find(record.header.previous) else { throw .missingParent(hash) }
            guard record.height == height(of: parent) + 1 else { throw .wrongHeight(hash) }
            let limit = network.consensus.powLimit
            guard ProofOfWork.check(hash: hash, bits: record.header.bits, limit: limit) else {
                throw .badProofOfWork(hash)
            }
            id = insert(record.header, hash: hash, parent: parent)
        }
        let parent = parent(of: id).map { self[$0] }
        update(id) { node in
            node.status = record.status
            if parent?.status.isFailed == true { node.status.isFailed = true }
            node.transactionCount = record.transactionCount
            node.file = record.file
            node.dataPosition = record.dataPosition
            node.undoPosition = record.undoPosition
        }
        if let assumed, hash == assumed.block {
            // It is known beforehand, so that those above can be counted.
            return update(id) { $0.chainTransactionCount = assumed.transactionCount }
        }
        guard record.transactionCount > 0 else { return }
        if let before = parent?.chainTransactionCount ?? (record.height == 0 ? 0 : nil),
            before > 0 || record.height == 0
        {
            update(id) { $0.chainTransactionCount = before &+ UInt64(record.transactionCount) }
        } else if let parent = self.parent(of: id) {
            unlinked[parent, default: []].append(id)
        }
    }

    private mutating func findBest() {
        bestHeader = genesis
        for id in ids {
            let status = status(of: id)
            if status.isFailed {
                if isMoreWork(id, than: bestInvalid) { bestInvalid = id }
            } else if status.isValid(.tree), isMoreWork(id, than: bestHeader) {
                bestHeader = id
            }
        }
    }
}
