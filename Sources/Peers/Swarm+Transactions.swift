import Cryptography
import Primitives
import Wire

extension Swarm {
    // MARK: - Announced to us

    mutating func takeInventory(_ items: [InventoryItem], from id: PeerID, at now: Duration) {
        guard let (acceptsTransactions, usesWitnessID) = habits(of: id) else { return }
        var newBlock: BlockHash?
        var announced = Peer.PendingAnnouncements()
        for item in items {
            switch item.kind {
            case .block:
                noteAvailable(item.hash, of: id)
                if tree.find(item.hash) == nil { newBlock = item.hash }
            case .witnessId, .transaction, .witnessTransaction:
                let isWitnessID = item.kind == .witnessId
                // Each peer uses one kind of id, agreed on in the handshake.
                if item.kind != .witnessTransaction, isWitnessID != usesWitnessID { continue }
                guard acceptsTransactions else {
                    leave(
                        id,
                        "transaction (\(item.hash.displayHex)) inv sent in violation of protocol")
                    return
                }
                peers[id]?.relay?.known.insert(item.hash)
                let name = TransactionID(hash: item.hash, isWitnessID: isWitnessID)
                guard !isInitialDownload else { continue }
                if isWitnessID, let orphan = orphanage.transaction(item.hash) {
                    // It may have the parents as well. Each is asked about them once an orphan.
                    let parents = missingParents(of: orphan)
                    if mayResolve(parents, id), orphanage.insert(orphan, from: id) {
                        announced.parents += parents.map { (name: $0, peers: [id]) }
                    }
                } else if isWorthAsking(name), !underpaying.contains(item.hash) {
                    announced.names.append(name)
                }
            default:
                log("Unknown inv type \"\(item.kind.rawValue)\" received from peer=\(id)")
            }
        }
        if let newBlock { askForAnnounced(newBlock, of: id, at: now) }
        filter(announced, for: id)
    }

    /// Asks which of the announced the pool has.
    private mutating func filter(_ announced: Peer.PendingAnnouncements, for id: PeerID) {
        guard !announced.all.isEmpty else { return }
        peers[id]?.announced = announced
        ask(.filterKnown(announced.all), for: id)
    }

    /// Whether a peer may tell us of transactions, and by which id it does.
    private func habits(of id: PeerID) -> (acceptsTransactions: Bool, usesWitnessID: Bool)? {
        peers[id].map { (acceptsTransactions(of: $0), $0.session.relaysByWitnessID) }
    }

    /// A block was announced by its hash alone. Before the headers are synced one peer a block
    /// may start: more would only send the same.
    private mutating func askForAnnounced(_ hash: BlockHash, of id: PeerID, at now: Duration) {
        guard let sync = peers[id]?.sync else { return }
        guard sync.isStarted || (!sync.hasStartedByInventory && chain.lastInventoryTrigger != hash)
        else { return }
        askForHeaders(id, from: tree.best, at: now)
        if !sync.isStarted {
            peers[id]?.sync.hasStartedByInventory = true
            chain.lastInventoryTrigger = hash
        }
    }

    /// Whether a transaction is neither here nor refused, as far as is known without the pool.
    private func isWorthAsking(_ id: TransactionID) -> Bool {
        // A txid is looked up as a wtxid: without a witness both are one.
        !orphanage.contains(id.hash) && !rejected.contains(id.hash) && !confirmed.contains(id.hash)
    }

    /// The chain said which of the announced it has; the others are to be asked for.
    mutating func takeUnknown(except known: Set<TransactionID>, of id: PeerID, at now: Duration) {
        guard let announced = peers[id]?.announced else { return }
        peers[id]?.announced = .init()
        for name in announced.names where !known.contains(name) { expect(name, of: id, at: now) }
        for parent in announced.parents where !known.contains(parent.name) {
            for other in parent.peers { expect(parent.name, of: other, at: now) }
        }
    }

    /// A peer is gone before the chain has answered for it: it shall not have hindered that others
    /// are asked for the parents of what it sent.
    mutating func askOthers(than peer: Peer, at now: Duration) {
        for parent in peer.announced.parents {
            for other in parent.peers { expect(parent.name, of: other, at: now) }
        }
    }

    private mutating func expect(_ name: TransactionID, of id: PeerID, at now: Duration) {
        guard let peer = peers[id] else { return }
        let isFree = peer.permissions.contains(.relay)
        guard isFree || requests.count(of: id) < TransactionRequests.maximumAnnouncements else {
            return
        }
        var time = now
        if !peer.sync.isPreferred { time += TransactionRequests.delay }
        if !name.isWitnessID, peers.values.contains(where: { $0.session.relaysByWitnessID }) {
            time += TransactionRequests.delay
        }
        if !isFree, requests.inFlight(of: id) >= TransactionRequests.maximumInFlight {
            time += TransactionRequests.delay
        }
        requests.announce(
            name, by: id, isPreferred: peer.sync.isPreferred, at: time, priority: random.next())
    }

    mutating func fetchTransactions(_ id: PeerID, at now: Duration) {
        let names = requests.take(for: id, at: now)
        guard !names.isEmpty, let peer = peers[id] else { return }
        let items = names.map { name in
            InventoryItem(
                name.isWitnessID
                    ? .witnessId : peer.servesWitnesses ? .witnessTransaction : .transaction,
                name.hash)
        }
        for start in stride(from: 0, to: items.count, by: 1000) {
            send(.getData(Array(items[start..<min(start + 1000, items.count)])), to: id)
        }
    }

    mutating func takeNotFound(_ items: [InventoryItem], from id: PeerID) {
        guard items.count <= TransactionRequests.maximumAnnouncements + Self.inFlightLimit else {
            return
        }
        for item in items where item.kind.isTransaction { requests.answered(item.hash, by: id) }
    }

    // MARK: - Received

    mutating func takeTransaction(_ transaction: Transaction, from id: PeerID, at now: Duration) {
        guard let (acceptsTransactions, usesWitnessID) = habits(of: id) else { return }
        guard acceptsTransactions else {
            leave(id, "transaction sent in violation of protocol")
            return
        }
        guard !isInitialDownload else { return }
        let (txid, wtxid) = (transaction.txid, transaction.wtxid)
        peers[id]?.relay?.known.insert(usesWitnessID ? wtxid : txid)
        requests.answered(txid, by: id)
        requests.answered(wtxid, by: id)
        // One that pays too little by itself is not judged by itself again.
        let isSettled =
            rejected.contains(wtxid) || underpaying.contains(wtxid) || confirmed.contains(wtxid)
        guard isSettled || orphanage.contains(wtxid) else {
            ask(.submitTransaction(transaction), for: id)
            return
        }
        if !isSettled { orphanage.insert(transaction, from: id) }
        if peers[id]?.permissions.contains(.forceRelay) == true {
            log(
                .info,
                "Not relaying non-mempool transaction \(txid.displayHex) "
                    + "(wtxid=\(wtxid.displayHex)) from forcerelay peer=\(id)")
        }
    }

    mutating func judged(_ verdict: TransactionVerdict, of id: PeerID, at now: Duration) {
        let transaction = verdict.transaction
        let name = TransactionName(txid: transaction.txid, wtxid: transaction.wtxid)
        switch verdict.result {
        case .accepted:
            peers[id]?.traffic.lastTransaction = now
            finish(name)
            announce(name)
            retryChildren(of: transaction, sentBy: id, at: now)
        case .alreadyHere:
            finish(name)
            relayAgain(name, for: id)
        case .missingInputs:
            adopt(transaction, from: id, at: now)
        case .witnessStripped, .reconsiderable, .inputsNotStandard, .rejected:
            log(
                "\(name.wtxid.displayHex) (wtxid) from peer=\(id) was not accepted: "
                    + verdict.reason)
            refuse(name, verdict.result)
        }
    }

    /// The transaction is in the pool: nobody is asked for it any more.
    private mutating func finish(_ name: TransactionName) {
        requests.forget(name.txid)
        requests.forget(name.wtxid)
        orphanage.remove(name.wtxid)
    }

    /// Tells of a transaction once more that was here already: for those behind a peer that may have
    /// it so, we are the way out.
    private mutating func relayAgain(_ name: TransactionName, for id: PeerID) {
        guard peers[id]?.permissions.contains(.forceRelay) == true else { return }
        log(
            .info,
            "Force relaying tx \(name.txid.displayHex) (wtxid=\(name.wtxid.displayHex)) "
                + "from peer=\(id)")
        announce(name)
    }

    /// Remembers a transaction that was not taken, as far as it is known by its name that it will not
    /// be (Core's `MempoolRejectedTx`).
    private mutating func refuse(_ name: TransactionName, _ result: TransactionVerdict.Result) {
        orphanage.remove(name.wtxid)
        // Its name without a witness is the one its children spend, and says nothing against it.
        if result == .witnessStripped { return }
        if result == .reconsiderable {
            underpaying.insert(name.wtxid)
        } else {
            rejected.insert(name.wtxid)
        }
        requests.forget(name.wtxid)
        // Another witness may be good, but where the fault lies in what is spent.
        if result == .inputsNotStandard {
            rejected.insert(name.txid)
            requests.forget(name.txid)
        }
    }

    /// Keeps a transaction whose parents are missing, and asks the sender for them.
    private mutating func adopt(_ transaction: Transaction, from id: PeerID, at now: Duration) {
        let wtxid = transaction.wtxid
        let parents = Set(transaction.inputs.map(\.outPoint.txid))
        if parents.contains(where: { rejected.contains($0) }) {
            log(
                "not keeping orphan with rejected parents \(transaction.txid.displayHex) "
                    + "(wtxid=\(wtxid.displayHex))")
            rejected.insert(wtxid)
            rejected.insert(transaction.txid)
            requests.forget(wtxid)
            requests.forget(transaction.txid)
            orphanage.remove(wtxid)
            return
        }
        guard !orphanage.contains(wtxid) else { return }
        // Who announced it may have its parents as well.
        let wanted = missingParents(of: transaction)
        let others = [transaction.txid, wtxid].flatMap { requests.candidates($0) }
        let announcers = Set(others + [id]).filter { mayResolve(wanted, $0) }.sorted()
        for announcer in announcers { orphanage.insert(transaction, from: announcer) }
        requests.forget(wtxid)
        requests.forget(transaction.txid)
        guard !announcers.isEmpty else { return }
        log("stored orphan tx \(transaction.txid.displayHex) (wtxid=\(wtxid.displayHex))")
        filter(.init(parents: wanted.map { (name: $0, peers: announcers) }), for: id)
    }

    /// Whether a peer may be asked for the parents of an orphan, on whose account it is kept then.
    private func mayResolve(_ parents: [TransactionID], _ id: PeerID) -> Bool {
        guard let peer = peers[id] else { return false }
        return peer.permissions.contains(.relay)
            || requests.count(of: id) + parents.count <= TransactionRequests.maximumAnnouncements
    }

    /// The transactions that an orphan spends and that may be asked for.
    private func missingParents(of orphan: Transaction) -> [TransactionID] {
        Set(orphan.inputs.map(\.outPoint.txid)).sorted()
            .map { TransactionID(hash: $0, isWitnessID: false) }.filter { isWorthAsking($0) }
    }

    /// Has orphans judged again whose parent came, each on behalf of one of those that sent it.
    private mutating func retryChildren(
        of transaction: Transaction, sentBy id: PeerID, at now: Duration
    ) {
        var chosen: Set<PeerID> = []
        for child in orphanage.children(of: transaction) {
            let place = Int(random.next() % UInt64(max(child.peers.count, 1)))
            guard child.peers.indices.contains(place) else { continue }
            peers[child.peers[place]]?.inbox.orphans.append(child.wtxid)
            chosen.insert(child.peers[place])
        }
        // The sender goes on by itself; others may have nothing more to say.
        for other in chosen.sorted() where other != id { pump(other, at: now) }
    }

    /// Judges an orphan again, since a parent came.
    mutating func retry(_ wtxid: Wtxid, of id: PeerID) {
        guard let transaction = orphanage.transaction(wtxid) else { return }
        ask(.submitTransaction(transaction), for: id)
    }

    // MARK: - Told by us

    /// Queues a transaction for all peers that may hear of it.
    mutating func announce(_ name: TransactionName) {
        for id in ids {
            guard let peer = peers[id], let relay = peer.relay, relay.nextSend != nil else {
                continue
            }
            let known = peer.session.relaysByWitnessID ? name.wtxid : name.txid
            if !relay.known.contains(known) { peers[id]?.relay?.toSend.insert(name.wtxid) }
        }
    }

    static let inboundInterval = Duration.seconds(5)
    static let outboundInterval = Duration.seconds(2)
    /// Transactions told at once, at least and at most.
    static let announcementTarget = 70
    static let announcementLimit = 1000
    /// Blocks below the tip up to which transactions of a block are served by themselves.
    static let rebuiltDepth = 10

    /// Tells of transactions now and then, at times nobody can foresee, so that where one came
    /// from stays hidden.
    mutating func announceTransactions(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id], let relay = peer.relay else { return }
        let isDue = relay.nextSend.map { $0 < now } ?? true
        if isDue {
            let next = nextSend(to: peer, at: now)
            peers[id]?.relay?.nextSend = next
        }
        guard isDue || peer.isNoBan, !relay.isChoosing else { return }
        // Even where there is nothing to tell, the peer may ask from now on for what the pool holds.
        guard isDue || relay.isPoolWanted || !relay.toSend.isEmpty else { return }
        let limit = min(
            Self.announcementLimit, Self.announcementTarget + relay.toSend.count / 1000 * 5)
        peers[id]?.relay?.isChoosing = true
        peers[id]?.relay?.isPoolWanted = false
        let rate = FeeRate(satoshisPerKvB: relay.minimumFee)
        let candidates = relay.isPoolWanted ? nil : relay.toSend.sorted()
        actions.append(
            .ask(
                id,
                .chooseAnnouncements(
                    candidates, atLeast: rate,
                    limit: relay.isPoolWanted ? WireLimits.maximumInventory : limit)))
    }

    private mutating func nextSend(to peer: Peer, at now: Duration) -> Duration {
        guard peer.isInbound else { return now + random.exponential(mean: Self.outboundInterval) }
        let key = peer.connection.entrance
        if let next = nextInboundSend[key], next >= now { return next }
        let next = now + random.exponential(mean: Self.inboundInterval)
        nextInboundSend[key] = next
        return next
    }

    /// The pool said what to tell.
    ///
    /// - Parameter passed: the candidates that need not be asked about again: those told, those gone,
    ///   and those that pay less than the peer wants.
    mutating func tell(
        _ names: [TransactionName], passed: [Wtxid], sequence: UInt64, to id: PeerID,
        at now: Duration
    ) {
        guard peers[id]?.relay != nil, let usesWitnessID = habits(of: id)?.usesWitnessID else {
            return
        }
        peers[id]?.relay?.isChoosing = false
        peers[id]?.relay?.lastSequence = sequence
        peers[id]?.relay?.toSend.subtract(passed)
        var items: [InventoryItem] = []
        for name in names {
            let hash = usesWitnessID ? name.wtxid : name.txid
            guard peers[id]?.relay?.known.contains(hash) == false else { continue }
            peers[id]?.relay?.known.insert(hash)
            items.append(InventoryItem(usesWitnessID ? .witnessId : .transaction, hash))
        }
        guard !items.isEmpty else { return }
        send(.inventory(items), to: id)
    }

    // MARK: - Serving

    /// Serves the front of what a peer asked for: all transactions there, or one block.
    mutating func serveNext(_ id: PeerID) {
        guard let batch = peers[id]?.inbox.takeRequests(limit: 1000), let first = batch.first
        else { return }
        if first.kind.isTransaction {
            guard let peer = peers[id], let relay = peer.relay else { return }
            // Who is told at once may ask at once.
            let sequence = peer.isNoBan ? .max : relay.lastSequence
            ask(.serveTransactions(batch, before: sequence), for: id)
            return
        }
        let form: BlockForm
        switch first.kind {
        case .witnessBlock: form = .full
        case .block: form = .withoutWitnesses
        case .compactBlock:
            let isRecent =
                tree.find(first.hash).map {
                    tree.height($0) >= tree.height(tree.tip) - 5
                } ?? false
            form = isRecent ? .compact : .full
        default: return
        }
        guard let node = tree.find(first.hash), mayServe(node) else { return }
        let depth = tree.height(tree.tip) - tree.height(node)
        if depth > Self.limitedServiceDepth, !services.contains(.network),
            peers[id]?.isNoBan != true
        {
            // So that nobody learns how much is kept, nor waits for what does not come.
            leave(id, "Ignore block request below NODE_NETWORK_LIMITED threshold")
            return
        }
        guard tree.hasData(node) else { return }
        ask(.serveBlock(first.hash, form), for: id)
        if peers[id]?.announcing.continuation == first.hash {
            // Makes a peer that asked for hashes alone go on.
            peers[id]?.announcing.continuation = nil
            peers[id]?.announcing.byInventory.append(tree.hash(tree.tip))
        }
    }

    /// Serves a few transactions of a recent block; for an older one the whole block answers, as
    /// far as one that was asked for would be served (BIP152).
    mutating func serveBlockTransactions(_ request: BlockTransactionsRequest, to id: PeerID) {
        guard let node = tree.find(request.block), tree.hasData(node) else { return }
        if tree.height(tree.tip) - tree.height(node) <= Self.rebuiltDepth {
            ask(.serveBlockTransactions(request), for: id)
        } else {
            peers[id]?.inbox.requests = [InventoryItem(.witnessBlock, request.block)]
        }
    }

    mutating func servePool(_ id: PeerID) {
        guard let peer = peers[id] else { return }
        guard peer.permissions.contains(.memoryPool) else {
            if !peer.isNoBan { leave(id, "mempool request with bloom filters disabled") }
            return
        }
        peers[id]?.relay?.isPoolWanted = true
    }
}
