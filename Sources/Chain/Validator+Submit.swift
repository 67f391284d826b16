import Consensus
import Cryptography
import Genesis
public import Primitives
public import Storage

extension Validator {
    // MARK: One block

    /// Takes a block in: judges it, keeps it, and follows the best chain there then is.
    ///
    /// - Parameters:
    ///   - force: whether it was asked for; otherwise it is kept only if it may become the tip soon.
    ///   - minimumWorkChecked: whether the sender's chain is known to have enough work.
    ///   - completesWitness: whether a coinbase that commits to witnesses and lacks its own is given
    ///     one, as `submitblock` does.
    public func submit(
        block: Block, force: Bool = true, minimumWorkChecked: Bool = true,
        completesWitness: Bool = false
    ) throws(StorageError) -> BlockOutcome {
        defer { publish() }
        return try writing { () throws(StorageError) in
            let block = completesWitness ? chain.completed(block) : block
            var watch = BlockWatch()
            let taken = try take(
                JudgedBlock(block, in: network), force: force,
                minimumWorkChecked: minimumWorkChecked, &watch)
            return try settle([taken], &watch)[0]
        }
    }

    /// Where a block has come on its way in.
    enum Taken {
        case judged(BlockOutcome)
        /// It was on the disk already.
        case known(BlockID)
        /// It is on the disk. What else becomes of it is watched.
        case kept(BlockID)
    }

    /// Judges a block by itself, keeps it and follows the best chain. Its scripts may go on.
    func take(
        _ judged: JudgedBlock, force: Bool = true, minimumWorkChecked: Bool = true,
        _ watch: inout BlockWatch
    ) throws(StorageError) -> Taken {
        let header = judged.block.header
        if let error = judged.error { return refused(header, for: BlockRejection(error)) }
        switch accept(header, at: clock.now(), minimumWorkChecked) {
        case .failure(let error): return refused(header, for: BlockRejection(error))
        case .success((let id, _)): return try take(judged, as: id, force, &watch)
        }
    }

    /// Keeps a block whose header is known, and follows the best chain.
    private func take(
        _ judged: JudgedBlock, as id: BlockID, _ force: Bool, _ watch: inout BlockWatch
    ) throws(StorageError) -> Taken {
        if chain.index.status(of: id).hasData {
            try activate(watching: &watch, settlesAll: false)
            return .known(id)
        }
        if !force, !chain.isWorthKeeping(id) { return .judged(.ignored) }
        if let error = try refusal(of: judged, as: id) {
            return refused(judged.block.header, for: BlockRejection(error))
        }
        try chain.judgePayoutAhead(judged.block, id)
        try chain.keep(judged.block, as: id)
        watch.add(judged.block, as: id)
        try activate(watching: &watch, settlesAll: false)
        return .kept(id)
    }

    /// The rule a block breaks by what can be judged without coins, or nil. Throws where it stands
    /// below coins that came from outside: they are given up then, and the node stops.
    func refusal(of judged: JudgedBlock, as id: BlockID) throws(StorageError) -> BlockError? {
        guard let error = chain.refusal(of: judged, as: id) else { return nil }
        if error.result.marksFailed, chain.index.isActive(id) {
            try settleAll()
            try abandon(failed: id, error)
        }
        return error
    }

    private func refused(_ header: BlockHeader, for rejection: BlockRejection) -> Taken {
        noteRefused(header, rejection)
        return .judged(.rejected(rejection))
    }

    /// Waits for all scripts; tells what became of blocks that were taken in, in this order.
    private func settle(
        _ blocks: [Taken], _ watch: inout BlockWatch
    ) throws(StorageError) -> [BlockOutcome] {
        try activate(watching: &watch)
        for case .kept(let id) in blocks where watch.verdict(on: id) == nil {
            if let block = watch.block(id) { try chain.judgePayoutAside(block, id) }
        }
        try chain.writeIndex()
        try flushIfDue()
        try pruneIfDue()
        var refused: Set<BlockID> = []
        return blocks.map { taken in
            switch taken {
            case .judged(let outcome): return outcome
            // It may have come just before, and was not known to be bad then.
            case .known(let id):
                guard chain.index.status(of: id).isFailed else { return .duplicate }
                return .rejected(BlockRejection(.duplicateInvalid(chain.index.hash(of: id))))
            case .kept(let id):
                let outcome = outcome(for: id, watch, refused)
                if case .rejected = outcome { refused.insert(id) }
                return outcome
            }
        }
    }

    private func outcome(
        for id: BlockID, _ watch: BlockWatch, _ refused: Set<BlockID>
    ) -> BlockOutcome {
        switch watch.verdict(on: id) {
        case .connected: return .connected
        case .failed(let error): return .rejected(BlockRejection(error))
        case nil:
            // What it builds on came just before it, and was not known to be bad then.
            guard let parent = chain.index.parent(of: id), refused.contains(parent) else {
                return .stored
            }
            return .rejected(BlockRejection(.duplicateInvalid(chain.index.hash(of: id))))
        }
    }

    // MARK: Blocks beside each other

    /// Hands in a block that a peer sent. It begins to be judged by itself beside everything else;
    /// what becomes of it is to be asked for, see `report(on:)`. Blocks are judged in the order
    /// they were handed in.
    ///
    /// - Parameters: as those of `submit`.
    public nonisolated func handIn(
        block: Block, force: Bool, minimumWorkChecked: Bool
    ) -> SubmittedBlock {
        let submitted = SubmittedBlock(
            block, in: network, isForced: force, isWorkChecked: minimumWorkChecked)
        line.append(submitted)
        return submitted
    }

    /// What became of a block that was handed in.
    ///
    /// Those that wait together are taken in together, so far as others need not wait for long: the
    /// next is connected while the scripts of one are run. All are settled before anybody sees them.
    public func report(on submitted: SubmittedBlock) throws(StorageError) -> BlockReport {
        while true {
            if let report = submitted.report { return report }
            try takeWaiting()
        }
    }

    private func takeWaiting() throws(StorageError) {
        var blocks: [SubmittedBlock] = []
        let outcomes = try writing { () throws(StorageError) in
            var watch = BlockWatch()
            var taken: [Taken] = []
            var size = 0
            while blocks.count < Self.stepBlocks, size < Self.stepBytes, let next = line.next() {
                blocks.append(next)
                size += next.size
                taken.append(
                    try take(
                        next.judged.wait(), force: next.isForced,
                        minimumWorkChecked: next.isWorkChecked, &watch))
            }
            precondition(!blocks.isEmpty, "A block was asked about that nobody handed in")
            return try settle(taken, &watch)
        }
        publish()
        var invalidated = takeInvalidated()
        for (block, outcome) in zip(blocks, outcomes) {
            block.give(
                BlockReport(
                    outcome: outcome, info: blockInfo(block.hash),
                    isInitialDownload: isInitialBlockDownload, invalidated: invalidated))
            invalidated = []
        }
    }

    // MARK: Headers

    /// Takes headers in, each of which must build on one known, until one is refused.
    public func submit(
        headers: [BlockHeader], minimumWorkChecked: Bool = true
    ) throws(StorageError) -> HeadersOutcome {
        try writing { () throws(StorageError) in
            var outcome = HeadersOutcome(accepted: 0, last: nil, rejection: nil)
            var last: BlockID?
            let now = clock.now()
            for header in headers {
                let accepted = accept(header, at: now, minimumWorkChecked)
                if case .failure(let error) = accepted {
                    outcome.rejection = BlockRejection(error)
                    break
                }
                if case .success((let id, let isNew)) = accepted {
                    last = id
                    if isNew { outcome.accepted += 1 }
                }
            }
            try chain.writeIndex()
            outcome.last = last.map { chain.info($0) }
            return outcome
        }
    }

    private func accept(
        _ header: BlockHeader, at now: Int64, _ isWorkChecked: Bool
    ) -> Result<(id: BlockID, isNew: Bool), HeaderError> {
        let accepted = chain.accept(header, at: now, isWorkChecked: isWorkChecked)
        if case .failure(let error) = accepted { noteRefused(header, error) }
        return accepted
    }

    /// Judges a block as one to be built on the tip, but for its proof of work; returns the rule it
    /// breaks, or nil. Nothing is kept.
    public func propose(block: Block) throws(StorageError) -> BlockRejection? {
        try checkRunning()
        if let id = chain.index.find(block.hash) {
            let status = chain.index.status(of: id)
            let reason =
                status.isValid(.scripts)
                ? "duplicate" : status.isFailed ? "duplicate-invalid" : "duplicate-inconclusive"
            return BlockRejection(reason: reason, kind: .consensus)
        }
        guard block.header.previous == chain.tip.hash else {
            return BlockRejection(reason: "inconclusive-not-best-prevblk", kind: .consensus)
        }
        return try chain.judge(block, at: clock.now()).map { BlockRejection($0) }
    }
}
