import Cryptography
import Genesis
import Peers
import Primitives
import Wire

/// Several nodes that talk in bytes, on a clock moved by hand. The same seed gives the same world.
struct World {
    struct Node {
        var swarm: Swarm
        var chain: ToyChain
        let endpoint: Endpoint
        var wires: [PeerID: Wire] = [:]
        var told: BlockHash
        var sent: [PeerID: [String]] = [:]
        /// What was sent to peers that are the test itself.
        var messages: [PeerID: [Message]] = [:]
        var dialled: [String] = []
        var log: [String] = []
        /// From whom nothing more is read for now.
        var paused: Set<PeerID> = []
        /// The states of the pool up to which peers were served transactions.
        var served: [UInt64] = []
    }

    /// One direction of a connection: where what a node sends to a peer arrives.
    struct Wire {
        var node: Int
        var peer: PeerID
        var reader: FrameReader
        /// Bytes are lost from now on, while the connection stays.
        var isCut = false
    }

    /// A block that a node has handed to its chain.
    struct Held {
        var node: Int
        var peer: PeerID
        var block: Block
    }

    private struct Delivery {
        var time: Duration
        var order: Int
        var node: Int
        var event: Event
    }

    private enum Event {
        case bytes(PeerID, [UInt8])
        case closed(PeerID)
        case answered(PeerID, Answer)
    }

    var nodes: [Node] = []
    var now = Duration.seconds(1_700_000_000)
    let network: Network
    /// Whether blocks wait for `judgeHeld` rather than being judged at once.
    var holdsJudgement = false
    private(set) var held: [Held] = []
    private var deliveries: [Delivery] = []
    private var count = 0
    private let seed: UInt64

    init(seed: UInt64, network: Network = .regtest) {
        self.seed = seed
        self.network = network
    }

    @discardableResult
    mutating func add(_ edit: (inout SwarmSettings) -> Void = { _ in }) -> Int {
        let index = nodes.count
        var settings = SwarmSettings(network: network, userAgent: "/Cellblock:0.1.0(n\(index))/")
        settings.listeningPort = 18444
        settings.dialsAutomatically = false
        edit(&settings)
        let chain = ToyChain(network)
        nodes.append(
            Node(
                swarm: Swarm(
                    settings: settings, genesis: ToyChain.genesis(network),
                    seed: (seed, UInt64(index))),
                chain: chain,
                endpoint: Endpoint(.ipv4(93, UInt8(index + 1), 3, 4), port: 18444),
                told: chain.tip))
        follow(index)
        return index
    }

    // MARK: - Commands

    mutating func connect(_ from: Int, to: Int) {
        perform(
            nodes[from].swarm.tryNode("\(nodes[to].endpoint)", isEncrypted: false, at: now),
            of: from)
    }

    mutating func disconnect(_ node: Int) {
        for id in nodes[node].wires.keys.sorted() {
            perform(nodes[node].swarm.disconnect(id) ?? [], of: node)
        }
        run(for: .milliseconds(100))
    }

    @discardableResult
    mutating func mine(_ count: Int, on node: Int, tag: UInt8 = 0) -> [Block] {
        (0..<count).map { _ in
            let time = UInt32(now.components.seconds) + UInt32(nodes[node].chain.height)
            let block = nodes[node].chain.mine(at: time, tag: tag)
            follow(node)
            return block
        }
    }

    mutating func submit(_ transaction: Transaction, to node: Int) {
        guard case .accepted = nodes[node].chain.accept(transaction).result else { return }
        let name = TransactionName(txid: transaction.txid, wtxid: transaction.wtxid)
        handle(.relay(name), of: node)
    }

    mutating func follow(_ node: Int) {
        let update = nodes[node].chain.update(from: nodes[node].told)
        nodes[node].told = nodes[node].chain.tip
        handle(.chainChanged(update), of: node)
    }

    mutating func handle(_ event: SwarmEvent, of node: Int) {
        perform(nodes[node].swarm.handle(event, at: now), of: node)
    }

    /// Hands bytes to a node as if a peer had sent them.
    mutating func inject(_ bytes: [UInt8], into node: Int, from peer: PeerID) {
        schedule(node, .bytes(peer, bytes))
    }

    /// A socket whose other end is the test itself.
    mutating func attach(
        to node: Int, kind: ConnectionKind = .inbound, permissions: Permissions = [],
        at endpoint: Endpoint = Endpoint(.ipv4(93, 99, 1, 1), port: 5000),
        to bound: Endpoint? = nil, isOnion: Bool = false
    ) -> PeerID? {
        let (id, actions) = nodes[node].swarm.connect(
            Connection(
                kind: kind, endpoint: endpoint, boundEndpoint: bound, isOnion: isOnion,
                permissions: permissions), at: now)
        if let id {
            nodes[node].wires[id] = Wire(
                node: -1, peer: id, reader: FrameReader(magic: network.magic))
        }
        perform(actions, of: node)
        return id
    }

    /// As `attach`, where being refused is a failure of the test.
    mutating func join(
        to node: Int, kind: ConnectionKind = .inbound, permissions: Permissions = []
    ) throws -> PeerID {
        guard let id = attach(to: node, kind: kind, permissions: permissions) else {
            throw Refused()
        }
        return id
    }

    struct Refused: Error {}

    mutating func say(_ messages: Message..., to node: Int, from peer: PeerID) {
        for message in messages {
            inject(message.frame(magic: network.magic), into: node, from: peer)
        }
        run(for: .milliseconds(50))
    }

    // MARK: - Time

    mutating func run(for duration: Duration, step: Duration = .milliseconds(100)) {
        let end = now + duration
        var nextTick = now + step
        while now < end {
            let next = min(deliveries.map(\.time).min() ?? end, nextTick, end)
            now = max(now, next)
            deliver()
            if now >= nextTick {
                for node in nodes.indices { handle(.timePassed, of: node) }
                nextTick = now + step
            }
        }
    }

    /// Runs until a claim holds, at most so long.
    mutating func run(atMost limit: Duration, until claim: (World) -> Bool) -> Bool {
        let end = now + limit
        while now < end {
            if claim(self) { return true }
            run(for: .milliseconds(100))
        }
        return claim(self)
    }

    private mutating func deliver() {
        let due = deliveries.filter { $0.time <= now }.sorted {
            ($0.time, $0.order) < ($1.time, $1.order)
        }
        deliveries.removeAll { $0.time <= now }
        for delivery in due { take(delivery) }
    }

    private mutating func take(_ delivery: Delivery) {
        let node = delivery.node
        switch delivery.event {
        case .bytes(let peer, let bytes):
            guard nodes[node].wires[peer]?.isCut == false else { return }
            handle(.transport(peer, .arrived(bytes.count)), of: node)
            do {
                let frames = try nodes[node].wires[peer]?.reader.read(bytes) ?? []
                for frame in frames { handle(.received(peer, Received(frame)), of: node) }
            } catch {
                close(node, peer)
            }
        case .closed(let peer):
            if nodes[node].wires.removeValue(forKey: peer) != nil {
                handle(.disconnected(peer), of: node)
            }
        case .answered(let peer, let answer):
            handle(.answered(peer, answer), of: node)
        }
    }

    private mutating func schedule(
        _ node: Int, _ event: Event, after delay: Duration = .milliseconds(10)
    ) {
        guard nodes.indices.contains(node) else { return }
        count += 1
        deliveries.append(Delivery(time: now + delay, order: count, node: node, event: event))
    }

    // MARK: - Actions

    private mutating func perform(_ actions: [SwarmAction], of node: Int) {
        for action in actions {
            switch action {
            case .send(let id, let message): send(message, from: node, to: id)
            case .disconnect(let id): close(node, id)
            case .dial(let request): dial(request, from: node)
            case .ask(let id, let question): answer(question, for: id, of: node)
            case .submit(let id, let block, _, _): judge(block, of: id, by: node)
            case .setReading(let id, let reads):
                if reads { nodes[node].paused.remove(id) } else { nodes[node].paused.insert(id) }
            case .log(_, let text): nodes[node].log.append(text)
            case .resolveSeeds, .storeBans: break
            }
        }
    }

    private mutating func send(_ message: Message, from node: Int, to id: PeerID) {
        guard let wire = nodes[node].wires[id] else { return }
        let bytes = message.frame(magic: network.magic)
        nodes[node].swarm.sent(command: message.command, size: bytes.count, to: id, at: now)
        nodes[node].sent[id, default: []].append(message.command)
        if wire.node < 0 { nodes[node].messages[id, default: []].append(message) }
        schedule(wire.node, .bytes(wire.peer, bytes))
    }

    private mutating func close(_ node: Int, _ id: PeerID) {
        guard let wire = nodes[node].wires.removeValue(forKey: id) else { return }
        schedule(wire.node, .closed(wire.peer))
        handle(.disconnected(id), of: node)
    }

    private mutating func dial(_ request: DialRequest, from node: Int) {
        nodes[node].dialled.append(request.target)
        guard let other = nodes.firstIndex(where: { "\($0.endpoint)" == request.target }) else {
            handle(.dialFailed(request), of: node)
            return
        }
        let remote = Endpoint(nodes[node].endpoint.address, port: UInt16(40_000 + count % 20_000))
        let (id, actions) = nodes[other].swarm.connect(
            Connection(kind: .inbound, endpoint: remote, boundEndpoint: nodes[other].endpoint),
            at: now)
        guard let id else {
            perform(actions, of: other)
            handle(.dialFailed(request), of: node)
            return
        }
        let (own, ownActions) = nodes[node].swarm.connect(
            Connection(
                kind: request.kind, endpoint: nodes[other].endpoint, name: request.target), at: now)
        guard let own else { return }
        nodes[other].wires[id] = Wire(
            node: node, peer: own, reader: FrameReader(magic: network.magic))
        nodes[node].wires[own] = Wire(
            node: other, peer: id, reader: FrameReader(magic: network.magic))
        perform(actions, of: other)
        perform(ownActions, of: node)
    }

    private mutating func judge(_ block: Block, of id: PeerID, by node: Int) {
        guard !holdsJudgement else {
            held.append(Held(node: node, peer: id, block: block))
            return
        }
        let answer = Answer.block(nodes[node].chain.accept(block))
        follow(node)
        schedule(node, .answered(id, answer), after: .milliseconds(1))
    }

    /// Has the oldest of the blocks judged that were held back.
    mutating func judgeHeld(_ count: Int = 1) {
        let due = held.prefix(count)
        held.removeFirst(due.count)
        for one in due {
            let answer = Answer.block(nodes[one.node].chain.accept(one.block))
            follow(one.node)
            handle(.answered(one.peer, answer), of: one.node)
        }
    }

    private mutating func answer(_ question: Question, for id: PeerID, of node: Int) {
        let answer: Answer
        switch question {
        case .submitHeaders(let headers):
            answer = .headers(nodes[node].chain.accept(headers))
            follow(node)
        case .submitTransaction(let transaction):
            answer = .transaction(nodes[node].chain.accept(transaction))
        case .filterKnown(let ids):
            let pool = nodes[node].chain.pool
            let txids = Set(pool.values.map(\.txid)).union(nodes[node].chain.spendable)
            answer = .known(
                Set(ids.filter { $0.isWitnessID ? pool[$0.hash] != nil : txids.contains($0.hash) }))
        case .serveHeaders(let locator, let stop):
            let headers = nodes[node].chain.headers(after: locator, stop: stop)
            send(.headers(headers), from: node, to: id)
            answer = .servedHeaders(last: headers.last?.hash)
        case .serveBlocksAfter(let locator, let stop):
            let headers = nodes[node].chain.headers(after: locator, stop: stop)
            answer = .blocksAfter(headers.prefix(500).map(\.hash), continues: headers.count > 500)
        case .findTransactions(let block):
            var matcher = CompactBlockMatcher(block)
            for (wtxid, transaction) in nodes[node].chain.pool {
                matcher?.take(transaction, wtxid)
            }
            answer = .found(matcher?.found ?? [:])
        case .serveBlock(let hash, let form):
            if let block = nodes[node].chain.blocks[hash] {
                let message: Message =
                    form == .compact ? .compactBlock(CompactBlock(block, nonce: 1)) : .block(block)
                send(message, from: node, to: id)
            }
            answer = .served(missing: [], rest: [])
        case .serveTransactions(let items, let sequence):
            nodes[node].served.append(sequence)
            var missing: [InventoryItem] = []
            for item in items {
                let pool = nodes[node].chain.pool
                let found = pool[item.hash] ?? pool.values.first { $0.txid == item.hash }
                if let found {
                    send(.transaction(found), from: node, to: id)
                } else {
                    missing.append(item)
                }
            }
            answer = .served(missing: missing, rest: [])
        case .serveBlockTransactions(let request):
            if let block = nodes[node].chain.blocks[request.block] {
                let transactions = request.indexes.filter(block.transactions.indices.contains)
                    .map { block.transactions[$0] }
                send(
                    .blockTransactions(
                        BlockTransactionsAnswer(
                            block: request.block, transactions: transactions)),
                    from: node, to: id)
            }
            answer = .served(missing: [], rest: [])
        case .serveFilters(_, let blocks):
            nodes[node].chain.filterBlocks = blocks
            answer = .served(missing: [], rest: [])
        case .chooseAnnouncements(let candidates, let rate, _):
            let pool = nodes[node].chain.pool
            let names = (candidates ?? Array(pool.keys)).compactMap { pool[$0] }
                .filter { _ in rate.satoshisPerKvB <= 1000 }
                .map { TransactionName(txid: $0.txid, wtxid: $0.wtxid) }
            answer = .announcements(
                names, passed: candidates ?? [], sequence: nodes[node].chain.poolSequence)
        case .announceCompact(let hash):
            if let block = nodes[node].chain.blocks[hash] {
                send(.compactBlock(CompactBlock(block, nonce: 1)), from: node, to: id)
            }
            return
        }
        schedule(node, .answered(id, answer), after: .milliseconds(1))
    }
}

extension World {
    func info(_ node: Int) -> [PeerInfo] { nodes[node].swarm.peerInfos(at: now) }
    /// The addresses that a peer was told.
    func addresses(told peer: PeerID, by node: Int) -> Set<Endpoint> {
        let lists = (nodes[node].messages[peer] ?? []).map { message -> [PeerAddress] in
            switch message {
            case .addresses(let list), .addressesV2(let list): list
            default: []
            }
        }
        return Set(lists.joined().map(\.endpoint))
    }

    func heights() -> [Int] { nodes.map(\.chain.height) }
    func tips() -> Set<BlockHash> { Set(nodes.map(\.chain.tip)) }

    static func transaction(spending txid: Txid, tag: UInt8) -> Transaction {
        Transaction(
            version: 2,
            inputs: [
                TransactionInput(
                    outPoint: OutPoint(txid: txid, index: 0), script: Script([]), sequence: .max,
                    witness: Witness([[tag]]))
            ],
            outputs: [
                TransactionOutput(value: Amount(satoshis: 1000), script: Script([0x51, tag]))
            ],
            lockTime: 0)
    }
}
