import Consensus
import Cryptography
import Genesis
public import Primitives
public import Storage

extension Validator {
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
            let outcome = try take(
                JudgedBlock(block, in: network), force: force,
                minimumWorkChecked: minimumWorkChecked)
            try chain.writeIndex()
            try flushIfDue()
            try pruneIfDue()
            return outcome
        }
    }

    /// Judges a block, keeps it and follows the best chain.
    ///
    /// - Parameter settlesAll: whether to wait for its scripts; otherwise the outcome may still
    ///   change (see `activate`).
    func take(
        _ judged: JudgedBlock, force: Bool = true, minimumWorkChecked: Bool = true,
        settlesAll: Bool = true
    ) throws(StorageError) -> BlockOutcome {
        if let error = judged.error { return .rejected(BlockRejection(error)) }
        switch accept(judged.block.header, at: clock.now(), minimumWorkChecked) {
        case .failure(let error): return .rejected(BlockRejection(error))
        case .success((let id, _)): return try take(judged, as: id, force, settlesAll)
        }
    }

    /// Keeps a block whose header is known, and follows the best chain.
    private func take(
        _ judged: JudgedBlock, as id: BlockID, _ force: Bool, _ settlesAll: Bool
    ) throws(StorageError) -> BlockOutcome {
        if chain.index.status(of: id).hasData {
            try activate(settlesAll: settlesAll)
            return .duplicate
        }
        if !force, !chain.isWorthKeeping(id) { return .ignored }
        if let error = chain.refusal(of: judged, as: id) {
            return .rejected(BlockRejection(error))
        }
        let block = judged.block
        try chain.keep(block, as: id)
        return switch try activate(watching: (id, block), settlesAll: settlesAll) {
        case .none: .stored
        case .connected: .connected
        case .failed(let error): .rejected(BlockRejection(error))
        }
    }

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
        if case .failure(.tooLittleWork) = accepted {
            configuration.log(
                "validation",
                "AcceptBlockHeader: not adding new block header \(header.hash.displayHex), missing "
                    + "anti-dos proof-of-work validation")
        }
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
