public import Genesis
import Primitives

extension BlockIndex {
    /// Whether the chain of `first` is the worse one: less work, or the same and heard of later.
    func isWorse(_ first: BlockID, than second: BlockID) -> Bool {
        let (one, other) = (self[first], self[second])
        if one.chainWork != other.chainWork { return one.chainWork < other.chainWork }
        if one.sequence != other.sequence { return one.sequence > other.sequence }
        return first > second
    }

    /// The first place in `candidates` that is not worse than `id`.
    private func place(of id: BlockID) -> Int {
        var low = 0
        var high = candidates.count
        while low < high {
            let middle = (low + high) / 2
            if isWorse(candidates[middle], than: id) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    mutating func insertCandidate(_ id: BlockID) {
        if let assumedBase, !descends(id, from: assumedBase) { return }
        let place = place(of: id)
        if place < candidates.count, candidates[place] == id { return }
        candidates.insert(id, at: place)
    }

    mutating func removeCandidate(_ id: BlockID) {
        let place = place(of: id)
        if place < candidates.count, candidates[place] == id { candidates.remove(at: place) }
    }

    /// Makes a block a candidate if it is no worse than the active tip.
    mutating func tryCandidate(_ id: BlockID) {
        if let tip, isWorse(id, than: tip) { return }
        insertCandidate(id)
    }

    /// Whether the block could become the tip as far as its transactions go.
    func isConnectable(_ id: BlockID) -> Bool {
        let node = self[id]
        return node.status.isValid(.transactions) && node.chainTransactionCount != 0
    }

    /// Forgets the candidates that are worse than the active tip.
    public mutating func pruneCandidates() {
        guard let tip else { return }
        candidates.removeFirst(place(of: tip))
    }

    /// Notes that a block's transactions were checked and written, and makes candidates of all
    /// blocks that can be connected now that they are there.
    public mutating func received(
        _ id: BlockID, transactionCount: Int, file: Int32, dataPosition: UInt32,
        in network: Network
    ) {
        let hasWitness = network.consensus.isActive(.segwit, at: height(of: id))
        update(id) { node in
            node.transactionCount = UInt32(clamping: transactionCount)
            node.file = file
            node.dataPosition = dataPosition
            node.undoPosition = 0
            node.status.hasData = true
            if hasWitness { node.status.hasWitness = true }
        }
        raiseValidity(id, to: .transactions)
        if let parent = parent(of: id), self[parent].chainTransactionCount == 0 {
            if status(of: parent).isValid(.tree) { unlink(id, below: parent) }
            return
        }
        link(id)
    }

    private mutating func unlink(_ id: BlockID, below parent: BlockID) {
        if unlinked[parent]?.contains(id) == true { return }
        unlinked[parent, default: []].append(id)
    }

    /// Counts the transactions of the chains that waited for a block.
    mutating func linkChildren(of id: BlockID) {
        for child in unlinked.removeValue(forKey: id) ?? [] { link(child) }
    }

    /// Counts the transactions of a block's chain, and of those that waited for it.
    private mutating func link(_ id: BlockID) {
        var queue = [id]
        var position = 0
        while position < queue.count {
            let here = queue[position]
            position += 1
            let before = parent(of: here).map { self[$0].chainTransactionCount } ?? 0
            let sequence = nextSequence
            removeCandidate(here)
            update(here) { node in
                node.chainTransactionCount = before &+ UInt64(node.transactionCount)
                node.sequence = sequence
            }
            nextSequence += 1
            tryCandidate(here)
            queue.append(contentsOf: unlinked.removeValue(forKey: here) ?? [])
        }
    }

    /// The tip that should be active: the candidate with the most work whose chain is free of
    /// failed blocks and has all its data. Candidates found unfit on the way are dropped.
    public mutating func bestCandidate() -> BlockID? {
        while let best = candidates.last {
            guard let obstacle = obstacle(below: best) else { return best }
            let hasFailed = status(of: obstacle).isFailed
            if hasFailed { noteInvalid(best) }
            var walk = best
            while walk != obstacle {
                removeCandidate(walk)
                guard let parent = parent(of: walk) else { break }
                if !hasFailed { unlink(walk, below: parent) }
                walk = parent
            }
            removeCandidate(obstacle)
        }
        return nil
    }

    /// The first block on the way down to the active chain that is failed or without data.
    private func obstacle(below id: BlockID) -> BlockID? {
        var walk: BlockID? = id
        while let here = walk, !isActive(here) {
            let status = status(of: here)
            if status.isFailed || !status.hasData { return here }
            walk = parent(of: here)
        }
        return nil
    }
}

// MARK: Failure and pardon

extension BlockIndex {
    func isMoreWork(_ id: BlockID, than other: BlockID?) -> Bool {
        guard let other else { return true }
        return chainWork(of: id) > chainWork(of: other)
    }

    private mutating func noteInvalid(_ id: BlockID) {
        if isMoreWork(id, than: bestInvalid) { bestInvalid = id }
    }

    /// Notes that a block broke a rule, and with it all that stand on it.
    ///
    /// Not for a block whose bytes may have been tampered with on their way
    /// (`BlockResult.mutated`): another with the same hash may be valid.
    public mutating func markFailed(_ id: BlockID) {
        precondition(!isActive(id), "an active block is disconnected before it is condemned")
        removeCandidate(id)
        update(id) { $0.status.isFailed = true }
        noteInvalid(id)
        for descendant in descendants(of: id) {
            removeCandidate(descendant)
            if !status(of: descendant).isFailed { update(descendant) { $0.status.isFailed = true } }
        }
        if descends(bestHeader, from: id) { findBestHeader() }
    }

    /// All blocks that stand on `id`, in the order in which they came.
    func descendants(of id: BlockID) -> [BlockID] {
        var found: Set<BlockID> = [id]
        var list: [BlockID] = []
        for place in (id.rawValue + 1)..<max(Int32(nodes.count), id.rawValue + 1) {
            let candidate = BlockID(rawValue: place)
            guard let parent = parent(of: candidate), found.contains(parent) else { continue }
            found.insert(candidate)
            list.append(candidate)
        }
        return list
    }

    private mutating func findBestHeader() {
        var best = tip ?? genesis
        for id in ids where !status(of: id).isFailed && isMoreWork(id, than: best) { best = id }
        bestHeader = best
    }

    /// Condemns a block by the operator's word. The active chain must have been brought below it.
    public mutating func invalidate(_ id: BlockID) {
        markFailed(id)
        for other in ids where isConnectable(other) { tryCandidate(other) }
    }

    /// Pardons a block, all it stands on and all that stand on it.
    public mutating func reconsider(_ id: BlockID) {
        let family = Set(descendants(of: id)).union([id])
        for other in ids where status(of: other).isFailed {
            guard family.contains(other) || descends(id, from: other) else { continue }
            update(other) { $0.status.isFailed = false }
            if isConnectable(other), tip.map({ !isWorse(other, than: $0) }) ?? true {
                insertCandidate(other)
            }
            if bestInvalid == other { bestInvalid = nil }
        }
        findBestHeader()
    }

    /// Prefers a block to others with the same work, as though it had come first.
    ///
    /// - Returns: whether there is anything to activate.
    public mutating func prefer(_ id: BlockID) -> Bool {
        guard let tip, chainWork(of: id) >= chainWork(of: tip) else { return false }
        if chainWork(of: tip) > lastPreciousWork { preciousSequence = -1 }
        lastPreciousWork = chainWork(of: tip)
        removeCandidate(id)
        nodes[Int(id.rawValue)].sequence = preciousSequence
        if preciousSequence > .min { preciousSequence -= 1 }
        if isConnectable(id) {
            insertCandidate(id)
            pruneCandidates()
        }
        return true
    }
}
