public import Genesis
public import Primitives

extension BlockIndex {
    /// Takes a header in, if it fits the tree (Bitcoin Core's `AcceptBlockHeader`).
    ///
    /// - Parameters:
    ///   - now: our clock, seconds since 1970.
    ///   - isWorkChecked: whether its chain is known to have enough work to be worth memory.
    public mutating func accept(
        _ header: BlockHeader, in network: Network, at now: Int64, isWorkChecked: Bool = true
    ) throws(HeaderError) -> (id: BlockID, isNew: Bool) {
        let hash = header.hash
        if let id = find(hash) {
            if status(of: id).isFailed { throw .duplicateInvalid(hash) }
            return (id, false)
        }
        try header.check(hash: hash, in: network)
        guard let parent = find(header.previous) else { throw .missingParent }
        guard !status(of: parent).isFailed else { throw .invalidParent }
        try check(header, onto: parent, in: network, at: now)
        guard isWorkChecked else { throw .tooLittleWork }
        return (insert(header, hash: hash, parent: parent), true)
    }

    /// Checks what a header must be to follow `parent` (Bitcoin Core's
    /// `ContextualCheckBlockHeader`).
    public func check(
        _ header: BlockHeader, onto parent: BlockID, in network: Network, at now: Int64
    ) throws(HeaderError) {
        let rules = network.consensus
        let height = height(of: parent) + 1
        guard header.bits == nextBits(onto: parent, time: header.time, in: network) else {
            throw .wrongBits
        }
        let time = Int64(header.time)
        guard time > medianTimePast(of: parent) else { throw .timeTooOld }
        if rules.enforcesBIP94, height % rules.adjustmentInterval == 0 {
            guard time >= self.time(of: parent) - ConsensusLimits.maximumTimewarp else {
                throw .timewarp
            }
        }
        guard time <= now + ConsensusLimits.maximumFutureBlockTime else { throw .timeTooNew }
        let isOutdated =
            header.version < 2 && rules.isActive(.bip34, at: height)
            || header.version < 3 && rules.isActive(.bip66, at: height)
            || header.version < 4 && rules.isActive(.bip65, at: height)
        guard !isOutdated else { throw .outdatedVersion(header.version) }
    }

    /// The bits that the block after `parent` must have, if it is dated `time`.
    public func nextBits(onto parent: BlockID, time: UInt32, in network: Network) -> UInt32 {
        let rules = network.consensus
        if case .asert(let halfLife) = rules.retargeting {
            return scheduledBits(after: parent, halfLife: halfLife, in: network)
        }
        let interval = rules.adjustmentInterval
        let last = self[parent]
        guard (last.height + 1) % interval == 0 else {
            guard rules.allowsMinimumDifficulty else { return last.bits }
            let easiest = rules.powLimit.compact
            if Int64(time) > Int64(last.time) + 2 * rules.spacing { return easiest }
            // What the last block had that was not allowed to be easy for lateness.
            var walk = last
            while walk.height % interval != 0, walk.bits == easiest, let parent = walk.parent {
                walk = self[parent]
            }
            return walk.bits
        }
        if rules.retargeting == .none { return last.bits }
        guard let first = ancestor(of: parent, at: last.height - (interval - 1)) else {
            return last.bits
        }
        let start = rules.retargeting == .bip94 ? bits(of: first) : last.bits
        return rules.bits(
            afterPeriodOf: start, firstTime: self.time(of: first), lastTime: Int64(last.time))
    }

    /// The schedule of a chain with the rule asert begins with its first mined block, at the bits
    /// of the genesis block: so a network may rest for years between definition and first use.
    private func scheduledBits(
        after parent: BlockID, halfLife: Int64, in network: Network
    ) -> UInt32 {
        let rules = network.consensus
        let first = network.genesis.header.bits
        guard let anchor = ancestor(of: parent, at: 1) else { return first }
        // The formula counts from the anchor's parent, a spacing earlier.
        return ASERT.target(
            anchorTarget: UInt256.decodeCompact(first).value, spacing: rules.spacing,
            timeDelta: time(of: parent) - (time(of: anchor) - rules.spacing),
            heightDelta: Int64(height(of: parent) - 1), limit: rules.powLimit, halfLife: halfLife
        ).compact
    }
}

extension BlockHeader {
    /// Checks what needs no other block: the proof of work.
    public func check(hash: BlockHash, in network: Network) throws(HeaderError) {
        guard ProofOfWork.check(hash: hash, bits: bits, limit: network.consensus.powLimit) else {
            throw .highHash
        }
    }
}
