public import Cryptography
public import Primitives

extension BlockIndex {
    /// The height that a block's skip leads to: about half way back by turns near and far, so that
    /// any ancestor is some hundred steps away at most.
    static func skipHeight(_ height: Int) -> Int {
        func withoutLowestBit(_ number: Int) -> Int { number & (number - 1) }
        guard height >= 2 else { return 0 }
        return height & 1 == 1
            ? withoutLowestBit(withoutLowestBit(height - 1)) + 1 : withoutLowestBit(height)
    }

    /// The ancestor of a block at `height`, itself at its own; nil for a height it does not reach.
    public func ancestor(of id: BlockID, at height: Int) -> BlockID? {
        var walk = id
        var walkHeight = self.height(of: id)
        guard height >= 0, height <= walkHeight else { return nil }
        while walkHeight > height {
            let skipHeight = Self.skipHeight(walkHeight)
            let parentSkipHeight = Self.skipHeight(walkHeight - 1)
            let node = self[walk]
            // The skip is followed only where the parent's is no better.
            let isParentBetter = parentSkipHeight < skipHeight - 2 && parentSkipHeight >= height
            if let skip = node.skip, skipHeight == height || skipHeight > height && !isParentBetter
            {
                walk = skip
                walkHeight = skipHeight
            } else {
                guard let parent = node.parent else { return nil }
                walk = parent
                walkHeight -= 1
            }
        }
        return walk
    }

    /// Whether `id` is `ancestor` or descends from it.
    public func descends(_ id: BlockID, from ancestor: BlockID) -> Bool {
        self.ancestor(of: id, at: height(of: ancestor)) == ancestor
    }

    /// The block where the chains of two blocks part.
    public func lastCommonAncestor(_ first: BlockID, _ second: BlockID) -> BlockID {
        let height = min(height(of: first), height(of: second))
        var first = ancestor(of: first, at: height) ?? genesis
        var second = ancestor(of: second, at: height) ?? genesis
        while first != second {
            // Blocks of one height have skips of one height.
            while let near = self[first].skip, let far = self[second].skip, near != far {
                first = near
                second = far
            }
            guard let near = parent(of: first), let far = parent(of: second) else { return genesis }
            first = near
            second = far
        }
        return first
    }

    /// The median time of a block and the ten before it, or as many as there are (BIP113).
    public func medianTimePast(of id: BlockID) -> Int64 {
        var times = InlineArray<11, UInt32>(repeating: 0)
        var count = 0
        var walk: BlockID? = id
        while let here = walk, count < ConsensusLimits.medianTimeSpan {
            let node = self[here]
            var place = count
            while place > 0, times[place - 1] > node.time {
                times[place] = times[place - 1]
                place -= 1
            }
            times[place] = node.time
            count += 1
            walk = node.parent
        }
        return Int64(times[count / 2])
    }

    /// Hashes of the block and its ancestors, at first one by one, then ever farther apart, the
    /// genesis block last: by them a peer finds where its chain and ours part.
    public func locator(from id: BlockID) -> [BlockHash] {
        var hashes: [BlockHash] = []
        var step = 1
        var walk = id
        while true {
            hashes.append(hash(of: walk))
            let height = height(of: walk)
            guard height > 0, let next = ancestor(of: walk, at: max(height - step, 0)) else {
                return hashes
            }
            walk = next
            if hashes.count > 10 { step *= 2 }
        }
    }
}

// MARK: The active chain

extension BlockIndex {
    /// The last block of the active chain.
    public var tip: BlockID? { activeChain.last }

    /// The height of the active chain; -1 where there is none yet.
    public var activeHeight: Int { activeChain.count - 1 }

    /// The block of the active chain at `height`.
    public func active(at height: Int) -> BlockID? {
        activeChain.indices.contains(height) ? activeChain[height] : nil
    }

    public func isActive(_ id: BlockID) -> Bool { active(at: height(of: id)) == id }

    /// The block that follows in the active chain.
    public func next(of id: BlockID) -> BlockID? {
        isActive(id) ? active(at: height(of: id) + 1) : nil
    }

    /// The last block of a block's chain that is active as well; nil where nothing is active.
    public func fork(of id: BlockID) -> BlockID? {
        var walk = ancestor(of: id, at: min(height(of: id), activeHeight))
        while let here = walk, !isActive(here) { walk = parent(of: here) }
        return walk
    }

    /// The last block of the active chain that a locator names or leads to; the genesis block
    /// where it names none we know.
    public func fork(locator: some Sequence<BlockHash>) -> BlockID {
        for hash in locator {
            guard let id = find(hash) else { continue }
            if isActive(id) { return id }
            if let tip, ancestor(of: id, at: height(of: tip)) == tip { return tip }
        }
        return genesis
    }

    /// Makes `id` the tip of the active chain, or nothing active where it is nil.
    public mutating func setActive(_ id: BlockID?) {
        guard let id else {
            activeChain.removeAll()
            return
        }
        let height = height(of: id)
        if activeChain.count > height + 1 { activeChain.removeLast(activeChain.count - height - 1) }
        while activeChain.count < height + 1 { activeChain.append(id) }
        var walk: BlockID? = id
        while let here = walk {
            let place = self.height(of: here)
            if place < height, activeChain[place] == here { break }
            activeChain[place] = here
            walk = parent(of: here)
        }
    }
}
