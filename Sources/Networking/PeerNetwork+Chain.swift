import Chain
import Consensus
import Cryptography
import Logging
import MemoryPool
import Peers
import Primitives
import Wire

extension PeerNetwork {
    /// Blocks whose contents are read after a change of the tip, to know what they confirmed.
    static let readLimit = 8

    // MARK: - Following

    func watchTips() async {
        for await _ in validator.tips() { await followTip() }
    }

    /// Tells the swarm how far blocks are fetched below coins that came from outside.
    func watchHistory() async {
        for await _ in validator.checkedTips() {
            let isUnfinished = await validator.history != nil
            if isUnfinished || swarm.history != nil { await followTip() }
        }
    }

    /// Brings the swarm to where the chain is now.
    public func followChain() async { await followTip() }

    /// The seconds after which peers are told again of what nobody has asked for.
    private static let retellInterval = 600

    /// Tells the swarm of the pool's minimum fee now and then, and again of our own transactions
    /// that nobody has asked for.
    func watchPool() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(10))
            let now = self.now.components.seconds
            let rate = await validator.mempool { $0.minimumFeeRate(now: now) }
            handle(.mempoolMinimum(rate))
            await passPoolTime(seconds: 10)
        }
    }

    /// Lets time pass for what is done with the pool at long intervals: some seconds, or as many as
    /// a test wants to be over.
    public func passPoolTime(seconds: Int) async {
        let (sum, _) = poolSeconds.addingReportingOverflow(seconds)
        let isDue = sum / Self.retellInterval != poolSeconds / Self.retellInterval
        poolSeconds = sum
        guard isDue else { return }
        let unheard = await validator.mempool { pool in
            pool.unbroadcast.compactMap { pool[$0] }.map {
                TransactionName(txid: $0.txid, wtxid: $0.wtxid)
            }
        }
        for name in unheard { handle(.relay(name)) }
    }

    /// Reads what is new in the chain's index: to be called when headers came by another way, for
    /// only tips are told of.
    public func readIndex() async {
        if await validator.pruneCount != seenPruneCount {
            let (count, gone) = await validator.prunedBlocks(since: seenPruneCount)
            seenPruneCount = count
            if let gone {
                tell(gone)
            } else {
                // Any block may be gone: all are read anew.
                indexPosition = 0
            }
        }
        let limit = 2000
        while true {
            let start = indexPosition
            let infos = await validator.blockInfos(from: start, limit: limit)
            // Who read meanwhile has told of these; who goes back to the beginning keeps his place.
            if indexPosition == start { indexPosition += infos.count }
            if !infos.isEmpty { tell(infos) }
            // At the end nothing more is waited for: see `respond`.
            guard infos.count == limit else { return }
        }
    }

    func tell(_ infos: [BlockInfo]) {
        let update = ChainUpdate(
            records: infos.map(HeaderRecord.init), tip: swarm.tipHash,
            isInitialDownload: swarm.isInInitialDownload, history: swarm.history)
        handle(.chainChanged(update))
    }

    /// Takes the swarm along to the chain's tip, and lets it tell of the new blocks.
    func followTip() async {
        followTicket += 1
        let ticket = followTicket
        await readIndex()
        // One question: while blocks are judged, each waits for its turn.
        let news = await validator.news(since: swarm.tipHash, limit: 8 * Self.readLimit)
        var connected: [ConnectedBlock] = []
        // Nobody is told of what is downloaded.
        if !news.isInitialDownload {
            for info in news.connected.suffix(Self.readLimit) {
                guard let block = try? await validator.block(info.hash) else { continue }
                connected.append(ConnectedBlock(block))
                if info.hash == news.tip { keep(block) }
            }
        }
        // Who began later saw a later chain.
        guard ticket > followedTicket else { return }
        followedTicket = ticket
        handle(
            .chainChanged(
                ChainUpdate(
                    records: news.connected.map(HeaderRecord.init), tip: news.tip,
                    isInitialDownload: news.isInitialDownload, connected: connected,
                    history: news.history.map {
                        MissingHistory(tip: $0.tip.hash, base: $0.base.hash)
                    })))
    }

    private func keep(_ block: Block) {
        newestTransactions = [:]
        for transaction in block.transactions {
            newestTransactions[TransactionID(hash: transaction.txid, isWitnessID: false)] =
                transaction
            newestTransactions[TransactionID(hash: transaction.wtxid, isWitnessID: true)] =
                transaction
        }
    }

    // MARK: - Answering

    /// Asks the chain, and tells the swarm. Between what the chain has come to know by it and the
    /// answer nothing else is handled: who sent headers is asked for their blocks before another
    /// who announces them.
    func respond(to question: Question, for id: PeerID) async {
        guard let answer = await answer(question, for: id) else { return }
        handle(.answered(id, answer))
    }

    /// nil where nothing is to be told to the swarm.
    private func answer(_ question: Question, for id: PeerID) async -> Answer? {
        do {
            switch question {
            case .submitHeaders(let headers): return try await submit(headers)
            case .submitTransaction(let transaction): return try await submit(transaction)
            case .filterKnown(let ids): return .known(await known(ids))
            case .findTransactions(let block): return .found(await transactions(of: block))
            case .serveHeaders(let locator, let stop):
                let headers = await validator.headers(after: locator, stop: stop)
                let message = Message.headers(headers)
                send(command: message.command, payload: message.payload, to: id)
                return .servedHeaders(last: headers.last?.hash)
            case .serveBlocksAfter(let locator, let stop):
                var hashes = await validator.hashes(after: locator, stop: stop)
                let continues = hashes.count == WireLimits.maximumBlockInventory
                if hashes.last == stop { hashes.removeLast() }
                return .blocksAfter(hashes, continues: continues)
            case .serveBlock(let hash, let form):
                try await serve(hash, form, to: id)
                return .served(missing: [], rest: [])
            case .serveTransactions(let items, let sequence):
                return await serve(items, before: sequence, to: id)
            case .serveBlockTransactions(let request):
                try await serve(request, to: id)
                return .served(missing: [], rest: [])
            case .serveFilters(let request, let blocks):
                try await serve(request, of: blocks, to: id)
                return .served(missing: [], rest: [])
            case .chooseAnnouncements(let candidates, let rate, let limit):
                return await choose(candidates, atLeast: rate, limit)
            case .announceCompact(let hash):
                try await serve(hash, .compact, to: id)
                return nil
            }
        } catch {
            // Our disk has failed; the node is about to stop, and no peer is to blame.
            logger.error("\(error)")
            return .failed
        }
    }

    private func submit(_ headers: [BlockHeader]) async throws -> Answer {
        let outcome = try await validator.submit(headers: headers)
        await readIndex()
        return .headers(
            HeadersVerdict(
                last: outcome.last?.hash, rejection: outcome.rejection?.description,
                blame: Blame(outcome.rejection)))
    }

    private func submit(_ transaction: Transaction) async throws -> Answer {
        let result: TransactionVerdict.Result
        var reason = ""
        switch try await validator.submit(transaction: transaction) {
        case .accepted:
            result = .accepted
        case .rejected(let rejection):
            reason = rejection.description
            result = .init(rejection)
        }
        return .transaction(
            TransactionVerdict(transaction: transaction, result: result, reason: reason))
    }

    private func known(_ ids: [TransactionID]) async -> Set<TransactionID> {
        await validator.mempool { pool in
            Set(
                ids.filter {
                    $0.isWitnessID ? pool.contains(wtxid: $0.hash) : pool.contains(txid: $0.hash)
                })
        }
    }

    /// What the pool holds of a block, by the places in it.
    private func transactions(of block: CompactBlock) async -> [Int: Transaction] {
        await validator.mempool { pool in
            guard var matcher = CompactBlockMatcher(block) else { return [:] }
            for (wtxid, transaction) in pool.transactions(where: matcher.isWanted) {
                matcher.take(transaction, wtxid)
            }
            return matcher.found
        }
    }

    private func choose(_ candidates: [Wtxid]?, atLeast rate: FeeRate, _ limit: Int) async -> Answer
    {
        let (names, rest, sequence) = await validator.mempool { pool in
            let wtxids = candidates.map { pool.relayOrder($0) } ?? pool.allEntries().map(\.wtxid)
            var names: [TransactionName] = []
            var left = wtxids[...]
            while names.count < limit, let wtxid = left.popFirst() {
                guard let entry = pool.entry(wtxid: wtxid),
                    entry.fee.satoshis >= rate.fee(virtualSize: entry.virtualSize).satoshis
                else { continue }
                names.append(TransactionName(txid: entry.txid, wtxid: wtxid))
            }
            return (names, Set(left), pool.sequence)
        }
        return .announcements(
            names, passed: candidates?.filter { !rest.contains($0) } ?? [], sequence: sequence)
    }

    // MARK: - Serving

    private func serve(_ hash: BlockHash, _ form: BlockForm, to id: PeerID) async throws {
        switch form {
        case .full:
            guard let bytes = try await validator.blockBytes(hash) else { return }
            send(command: "block", payload: bytes, to: id)
        case .withoutWitnesses:
            guard let block = try await validator.block(hash) else { return }
            send(command: "block", payload: block.strippedBytes, to: id)
        case .compact:
            guard let block = try await validator.block(hash) else { return }
            let nonce = UInt64.random(in: .min ... .max)
            let message = Message.compactBlock(CompactBlock(block, nonce: nonce))
            send(command: message.command, payload: message.payload, to: id)
        }
    }

    private func serve(_ request: BlockTransactionsRequest, to id: PeerID) async throws {
        guard let block = try await validator.block(request.block) else { return }
        let transactions = request.indexes.compactMap { index in
            index < block.transactions.count ? block.transactions[index] : nil
        }
        guard transactions.count == request.indexes.count else {
            blame(id, "getblocktxn with out-of-bounds tx indices")
            return
        }
        let message = Message.blockTransactions(
            BlockTransactionsAnswer(block: request.block, transactions: transactions))
        send(command: message.command, payload: message.payload, to: id)
    }

    /// Bytes of transactions sent before it is looked whether the peer takes them: a short question
    /// can ask for the largest a thousand times.
    private static let servedAtOnce = 1 << 20

    /// Sends the transactions that the peer may know of; gives back those it gets none of, and
    /// those whose turn comes later.
    private func serve(
        _ items: [InventoryItem], before sequence: UInt64, to id: PeerID
    ) async -> Answer {
        let found = await validator.mempool { pool in
            items.map { item -> Transaction? in
                let entry =
                    item.kind == .witnessId ? pool.entry(wtxid: item.hash) : pool[item.hash]
                guard let entry, entry.sequence < sequence else { return nil }
                return entry.transaction
            }
        }
        var missing: [InventoryItem] = []
        var sent = 0
        for (position, (item, pooled)) in zip(items, found).enumerated() {
            guard sent < Self.servedAtOnce else {
                return .served(missing: missing, rest: Array(items[position...]))
            }
            let name = TransactionID(hash: item.hash, isWitnessID: item.kind == .witnessId)
            guard let transaction = pooled ?? newestTransactions[name] else {
                missing.append(item)
                continue
            }
            let payload =
                item.kind == .transaction
                ? transaction.strippedBytes : Array(transaction.bytes)
            sent += payload.count
            send(command: "tx", payload: payload, to: id)
            if pooled != nil { await validator.removeUnbroadcast(transaction.txid) }
        }
        return .served(missing: missing, rest: [])
    }

    private func blame(_ id: PeerID, _ offence: String) { perform(swarm.report(id, offence)) }
}

extension TransactionVerdict.Result {
    init(_ rejection: MempoolRejection) {
        self =
            switch rejection.kind {
            case .conflict where rejection.rejectReason == "txn-already-in-mempool": .alreadyHere
            case .missingInputs: .missingInputs
            case .witnessStripped: .witnessStripped
            case .reconsiderable: .reconsiderable
            case .inputsNotStandard: .inputsNotStandard
            default: .rejected
            }
    }
}

extension Blame {
    /// Whom to blame for what the chain refused; a whole block was sent, or headers.
    init(_ rejection: BlockRejection?) {
        switch rejection?.kind.blame {
        case .sender: self = .peer
        case .senderUnlessCompact: self = .peerUnlessCompact
        case .outboundSenderUnlessCompact: self = .outboundPeer
        case .nobody, nil: self = .nobody
        }
    }
}

extension ConnectedBlock {
    init(_ block: Block) {
        self.init(
            hash: block.hash, header: block.header,
            transactions: block.transactions.indices.map {
                TransactionName(
                    txid: block.transactions.txid(at: $0), wtxid: block.transactions.wtxid(at: $0))
            }, spends: block.spentOutPoints)
    }
}
