import Primitives
import Wire

extension Swarm {
    /// Counts a message by its command and puts it behind those that wait.
    mutating func receive(_ received: Received, from id: PeerID, at now: Duration) {
        guard peers[id]?.isLeaving == false else { return }
        let isKnown: Bool
        switch received.content {
        case .damaged: isKnown = false
        default: isKnown = Message.knownCommands.contains(received.command)
        }
        peers[id]?.traffic.receivedByCommand[isKnown ? received.command : "*other*", default: 0] &+=
            UInt64(received.size)
        peers[id]?.inbox.append(received)
        pump(id, at: now)
    }

    /// Handles what waits of a peer, until a question stops it.
    mutating func pump(_ id: PeerID, at now: Duration) {
        // The peer is not held meanwhile, or its lists would be copied at every change.
        loop: while peers[id]?.isLeaving == false, let task = peers[id]?.inbox.task {
            switch task {
            case .nothing:
                break loop
            case .serve:
                serveNext(id)
            case .retry(let orphan):
                peers[id]?.inbox.orphans.removeFirst()
                retry(orphan, of: id)
            case .readBlock(let hash) where !mayBeJudged(hash, from: id):
                break loop
            case .read, .readBlock:
                guard let received = peers[id]?.inbox.next() else { break loop }
                handle(received, from: id, at: now)
                punish(id)
                step(id, at: now)
            }
        }
        balanceReading(id)
    }

    private mutating func balanceReading(_ id: PeerID) {
        guard let bytes = peers[id]?.inbox.bytes else { return }
        let isFull = bytes > Peer.Inbox.limit
        if peers[id]?.inbox.isReadingPaused != isFull {
            peers[id]?.inbox.isReadingPaused = isFull
            actions.append(.setReading(id, !isFull))
        }
    }

    private mutating func handle(_ received: Received, from id: PeerID, at now: Duration) {
        switch received.content {
        case .damaged(let flaw):
            log(
                flaw.text(
                    command: received.command, payloadSize: received.payloadSize, of: id))
        case .undecodable(let error):
            guard peers[id]?.session.isReady == true else { return }
            judge(error, received, of: id)
        case .message(let message):
            log("received: \(received.command) (\(received.payloadSize) bytes) peer=\(id)")
            handle(message, size: received.payloadSize, from: id, at: now)
        }
    }

    private mutating func judge(_ error: MessageError, _ received: Received, of id: PeerID) {
        switch error {
        case .malformed(let reason):
            logMalformed(received.command, size: received.payloadSize, reason, from: id)
        case .tooMany(let command, let count):
            guard command != "notfound" else { return }
            misbehave(id, "\(command) message size = \(count)")
        case .locatorTooLong(let command, let count):
            leave(id, "\(command) locator size \(count) > \(WireLimits.maximumLocator)")
        case .invalidFlag:
            misbehave(id, "invalid sendcmpct announce field")
        }
    }

    mutating func logMalformed(
        _ command: String, size: Int, _ reason: DecodingError, from id: PeerID
    ) {
        log("ProcessMessages(\(command), \(size) bytes): Exception '\(reason)' caught, peer=\(id)")
    }

    private mutating func handle(
        _ message: Message, size: Int, from id: PeerID, at now: Duration
    ) {
        if case .version(let version) = message, !mayMeet(version, id) { return }
        if let steps = peers[id]?.session.handle(message, at: now) {
            for step in steps { follow(step, of: id, size: size, at: now) }
            return
        }
        switch message {
        case .sendHeaders: peers[id]?.announcing.prefersHeaders = true
        case .sendCompact(let announces, let version): setCompact(announces, version, of: id)
        case .feeFilter(let rate):
            if Amount(satoshis: rate).isMoney { peers[id]?.relay?.minimumFee = rate }
        case .addresses(let list), .addressesV2(let list):
            takeAddresses(list, from: id, at: now)
        case .getAddresses: answerAddresses(id, at: now)
        case .inventory(let items): takeInventory(items, from: id, at: now)
        case .getData(let items):
            if let first = items.first { log("received getdata for: \(first) peer=\(id)") }
            peers[id]?.inbox.requests = items.reversed()
        case .notFound(let items): takeNotFound(items, from: id)
        case .getHeaders(let locator, let stop): serveHeaders(locator, stop, to: id)
        case .getBlocks(let locator, let stop):
            ask(.serveBlocksAfter(locator: locator, stop: stop), for: id)
        case .headers(let headers): takeHeaders(headers, from: id, at: now)
        case .compactBlock(let block): takeCompact(block, from: id, at: now)
        case .blockTransactions(let answer): takeMissing(answer, from: id, at: now)
        case .block(let block): takeBlock(block, from: id, at: now)
        case .transaction(let transaction): takeTransaction(transaction, from: id, at: now)
        case .memoryPool: servePool(id)
        case .getBlockTransactions(let request): serveBlockTransactions(request, to: id)
        case .bloomFilter(let command): refuse(command, of: id)
        case .filterRequest(let request): serveFilters(request, to: id)
        default: break
        }
    }

    /// Takes note of what the chain said, and goes on with what waited for it.
    mutating func take(_ answer: Answer, for id: PeerID, at now: Duration) {
        guard peers[id] != nil else { return }
        if case .announcements(let names, let passed, let sequence) = answer {
            tell(names, passed: passed, sequence: sequence, to: id, at: now)
            return
        }
        if case .block(let verdict) = answer {
            peers[id]?.inbox.judging[verdict.hash] = nil
        } else {
            peers[id]?.inbox.isWaiting = false
        }
        switch answer {
        case .headers(let verdict): judged(verdict, of: id, at: now)
        case .block(let verdict): judged(verdict, of: id, at: now)
        case .transaction(let verdict): judged(verdict, of: id, at: now)
        case .known(let known): takeUnknown(except: known, of: id, at: now)
        case .found(let found): takeFound(found, of: id, at: now)
        case .servedHeaders(let last):
            peers[id]?.announcing.lastSent = last.flatMap { tree.find($0) } ?? tree.tip
        case .blocksAfter(let hashes, let continues):
            peers[id]?.announcing.byInventory += hashes
            if continues { peers[id]?.announcing.continuation = hashes.last }
        case .served(let missing, let rest):
            if !missing.isEmpty { send(.notFound(missing), to: id) }
            peers[id]?.inbox.requests += rest.reversed()
        case .announcements: break
        // The node is about to stop.
        case .failed: peers[id]?.inbox.judging = [:]
        }
        punish(id)
        step(id, at: now)
        pump(id, at: now)
    }

    // MARK: - Misbehaviour

    /// The peer did what no honest peer does.
    mutating func misbehave(_ id: PeerID, _ offence: String) {
        log("Misbehaving: peer=\(id): \(offence)")
        peers[id]?.inbox.offence = offence
    }

    /// Leaves a peer that misbehaved, and those at the same address.
    mutating func punish(_ id: PeerID) {
        guard let peer = peers[id], peer.inbox.offence != nil else { return }
        peers[id]?.inbox.offence = nil
        let address = peer.connection.endpoint.address
        if peer.isNoBan {
            log(.warning, "Warning: not punishing noban peer \(id)!")
        } else if peer.connection.kind == .manual {
            log(.warning, "Warning: not punishing manually connected peer \(id)!")
        } else if address.isLocal {
            leave(id, "Warning: disconnecting but not discouraging local peer \(id)!")
        } else {
            bans.discourage(address)
            for other in ids where peers[other]?.connection.endpoint.address == address {
                leave(other, "Disconnecting and discouraging peer \(other)!")
            }
        }
    }

    /// Services we do not offer: a peer that asks all the same is left, as Bitcoin Core does.
    private mutating func refuse(_ command: String, of id: PeerID) {
        leave(id, "\(command) received despite not offering bloom services")
    }

    private mutating func setCompact(_ announces: Bool, _ version: UInt64, of id: PeerID) {
        guard version == 2 else { return }
        peers[id]?.announcing.providesCompact = true
        peers[id]?.announcing.wantsCompact = announces
    }
}
