import Consensus
import Cryptography
import Genesis
public import Primitives
public import Storage

extension Validator {
    /// How far ahead of the tip a block may be that nobody asked for.
    private static let unaskedWindow = 288

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
        let block = completesWitness ? completed(block) : block
        defer { publish() }
        return try writing { () throws(StorageError) in
            let outcome = try take(block, force, minimumWorkChecked)
            try chain.writeIndex()
            try flushIfDue()
            return outcome
        }
    }

    private func take(
        _ block: Block, _ force: Bool, _ minimumWorkChecked: Bool
    ) throws(StorageError) -> BlockOutcome {
        do throws(BlockError) {
            try block.check(in: network)
        } catch {
            return .rejected(BlockRejection(error))
        }
        let id: BlockID
        do throws(HeaderError) {
            id = try chain.index.accept(
                block.header, in: network, at: clock.now(), isWorkChecked: minimumWorkChecked
            ).id
        } catch {
            return .rejected(BlockRejection(error))
        }
        if let outcome = try keep(block, as: id, force) { return outcome }
        let verdict = try activate(watching: (id, block))
        return switch verdict {
        case .none: .stored
        case .connected: .connected
        case .failed(let error): .rejected(BlockRejection(error))
        }
    }

    /// Keeps a block whose header is known; returns an outcome if that is the end of it.
    private func keep(
        _ block: Block, as id: BlockID, _ force: Bool
    ) throws(StorageError) -> BlockOutcome? {
        let node = chain.index[id]
        if node.status.hasData {
            // It may be the very block that a crash kept from being connected.
            try activate()
            return .duplicate
        }
        if !force, let tip = chain.index.tip {
            let isHeavy = node.chainWork >= chain.index.chainWork(of: tip)
            let isNear = node.height <= chain.index.height(of: tip) + Self.unaskedWindow
            guard node.transactionCount == 0, isHeavy, isNear,
                node.chainWork >= chain.minimumChainWork
            else { return .ignored }
        }
        if let parent = node.parent {
            do throws(BlockError) {
                try block.accept(onto: parent, of: chain.index, in: network)
            } catch {
                if error.result.marksFailed { chain.index.markFailed(id) }
                return .rejected(BlockRejection(error))
            }
        }
        try chain.keep(block, as: id)
        return nil
    }

    private func completed(_ block: Block) -> Block {
        guard let parent = chain.index.find(block.header.previous),
            network.consensus.isActive(.segwit, at: chain.index.height(of: parent) + 1),
            block.witnessCommitmentIndex != nil, let coinbase = block.transactions.first,
            !coinbase.hasWitness, let input = coinbase.inputs.first
        else { return block }
        var completed = input
        completed.witness = Witness([[UInt8](repeating: 0, count: 32)])
        let replacement = Transaction(
            version: coinbase.version, inputs: [completed], outputs: Array(coinbase.outputs),
            lockTime: coinbase.lockTime)
        return Block(
            header: block.header,
            transactions: [replacement] + block.transactions.dropFirst())
    }

    /// Takes headers in, each of which must build on one known, until one is refused.
    public func submit(
        headers: [BlockHeader], minimumWorkChecked: Bool = true
    ) throws(StorageError) -> HeadersOutcome {
        try writing { () throws(StorageError) in
            var outcome = HeadersOutcome(accepted: 0, last: nil, rejection: nil)
            var last: BlockID?
            for header in headers {
                do throws(HeaderError) {
                    let (id, isNew) = try chain.index.accept(
                        header, in: network, at: clock.now(), isWorkChecked: minimumWorkChecked)
                    last = id
                    if isNew { outcome.accepted += 1 }
                } catch {
                    outcome.rejection = BlockRejection(error)
                    break
                }
            }
            try chain.writeIndex()
            outcome.last = last.map { info($0) }
            return outcome
        }
    }

    /// Judges a block as one to be built on the tip, but for its proof of work; returns the rule it
    /// breaks, or nil. Nothing is kept.
    public func propose(block: Block) throws(StorageError) -> BlockRejection? {
        try checkRunning()
        if let id = chain.index.find(block.hash) {
            let status = chain.index.status(of: id)
            let reason =
                status.validity >= .scripts
                ? "duplicate" : status.isFailed ? "duplicate-invalid" : "duplicate-inconclusive"
            return BlockRejection(reason: reason, kind: .consensus)
        }
        guard let tip = chain.index.tip, block.header.previous == chain.index.hash(of: tip) else {
            return BlockRejection(reason: "inconclusive-not-best-prevblk", kind: .consensus)
        }
        return try chain.judge(block, onto: tip, at: clock.now()).map { BlockRejection($0) }
    }
}

extension Chainstate {
    /// Judges a block on the tip as if it were connected, without connecting it and without asking
    /// for proof of work (Core's `TestBlockValidity`).
    mutating func judge(
        _ block: Block, onto tip: BlockID, at now: Int64
    ) throws(StorageError) -> BlockError? {
        do throws(HeaderError) {
            try index.check(block.header, onto: tip, in: network, at: now)
        } catch {
            return .header(error)
        }
        let gathered = try coins.gather(block.spentOutPoints, from: store)
        do throws(BlockError) {
            try block.check(in: network, proofOfWork: false)
            try block.accept(onto: tip, of: index, in: network)
            let connection = try block.connect(
                onto: tip, of: index, in: network, spending: gathered)
            if let failure = scripts.firstFailure(connection.checks, verifier: verifier) {
                throw .script(failure)
            }
            return nil
        } catch {
            return error
        }
    }
}
