import Cryptography
import Genesis
import Peers
import Primitives
import Testing
import Wire

/// Blocks that come as short ids, to be put together from what the pool holds (BIP152).
@Suite("Blocks in compact form") struct CompactBlockTests {
    /// A node near the present, and what it is told of.
    private struct Scene {
        var world = World(seed: 152)
        /// A chain that runs ahead of the node's.
        var maker: ToyChain
        private var count: UInt8 = 0

        init(_ edit: (inout SwarmSettings) -> Void = { _ in }) {
            world.add(edit)
            world.mine(1, on: 0)
            maker = world.nodes[0].chain
        }

        /// A peer that knows compact blocks.
        mutating func join(_ kind: ConnectionKind = .inbound) throws -> PeerID {
            count += 1
            let attached = world.attach(
                to: 0, kind: kind, at: Endpoint(.ipv4(93, 99, count, 1), port: 5000))
            let id = try #require(attached)
            world.shake(hands: id, with: 0, nonce: UInt64(count))
            world.say(.sendCompact(announces: false, version: 2), to: 0, from: id)
            return id
        }

        /// A peer that announces by compact block, since it sent the last one.
        mutating func announcer(_ kind: ConnectionKind = .inbound) throws -> PeerID {
            let id = try join(kind)
            say(.block(block()), from: id)
            return id
        }

        /// The next block, with transactions of which the pool holds some.
        mutating func block(_ transactions: Int = 0, held: Int = 0) -> Block {
            let list = (0..<transactions).map {
                Self.transaction(UInt32(maker.height * 8 + $0))
            }
            for transaction in list.prefix(held) {
                world.nodes[0].chain.pool[transaction.wtxid] = transaction
            }
            let time = UInt32(world.now.components.seconds) + UInt32(maker.height)
            return maker.mine(at: time, with: list)
        }

        /// One without a witness, to which a block would have to commit.
        private static func transaction(_ tag: UInt32) -> Transaction {
            Transaction(
                inputs: [TransactionInput(outPoint: OutPoint(txid: .max, index: tag), script: [])],
                outputs: [TransactionOutput(value: Amount(satoshis: 1), script: [])])
        }

        mutating func say(_ message: Message, from id: PeerID) {
            world.say(message, to: 0, from: id)
            world.run(for: .milliseconds(200))
        }

        mutating func answer(_ block: Block, with transactions: [Transaction], from id: PeerID) {
            say(
                .blockTransactions(
                    BlockTransactionsAnswer(block: block.hash, transactions: transactions)),
                from: id)
        }

        func messages(to id: PeerID) -> [Message] { world.nodes[0].messages[id] ?? [] }

        /// The places asked for in each request, in order.
        func requests(to id: PeerID) -> [[Int]] {
            messages(to: id).compactMap {
                if case .getBlockTransactions(let request) = $0 { request.indexes } else { nil }
            }
        }

        /// The forms in which blocks were asked for.
        func forms(to id: PeerID) -> [InventoryItem.Kind] {
            messages(to: id).flatMap { message -> [InventoryItem.Kind] in
                if case .getData(let items) = message { items.map(\.kind) } else { [] }
            }
        }

        /// The peers that are to announce, by their places among all.
        var announcers: [Bool] { world.info(0).map(\.isHighBandwidthTo) }
        var height: Int { world.nodes[0].chain.height }
        var peers: Int { world.info(0).count }
    }

    private func compact(_ block: Block) -> Message {
        .compactBlock(CompactBlock(block, nonce: 5))
    }

    @Test("Only what the pool lacks is asked for, and makes the block")
    func missing() throws {
        var scene = Scene()
        let id = try scene.join()
        let block = scene.block(5, held: 2)
        scene.say(.headers([block.header]), from: id)
        #expect(scene.forms(to: id) == [.compactBlock])
        scene.say(compact(block), from: id)
        #expect(scene.requests(to: id) == [[3, 4, 5]])
        #expect(scene.height == 1)
        scene.answer(block, with: Array(block.transactions.dropFirst(3)), from: id)
        #expect(scene.height == 2)
        #expect(scene.world.info(0).first?.inFlight == [])
    }

    @Test("A block of which the pool holds all is taken at once")
    func whole() throws {
        var scene = Scene()
        let id = try scene.announcer()
        let block = scene.block(5, held: 5)
        scene.say(compact(block), from: id)
        #expect(scene.requests(to: id).isEmpty)
        #expect(scene.height == 3)
    }

    @Test("An answer that cannot be read, or holds too much, makes no block")
    func brokenAnswers() throws {
        for isTorn in [true, false] {
            var scene = Scene()
            let id = try scene.join()
            let block = scene.block(3)
            scene.say(.headers([block.header]), from: id)
            scene.say(compact(block), from: id)
            #expect(scene.requests(to: id) == [[1, 2, 3]])
            var bytes = Message.blockTransactions(
                BlockTransactionsAnswer(
                    block: block.hash,
                    transactions: Array(block.transactions) + Array(block.transactions))
            ).payload
            if isTorn {
                bytes = Message.blockTransactions(
                    BlockTransactionsAnswer(
                        block: block.hash, transactions: Array(block.transactions.dropFirst()))
                ).payload.dropLast()
            }
            scene.world.inject(
                Frame.encode(
                    command: "blocktxn", payload: bytes, magic: scene.world.network.magic),
                into: 0, from: id)
            scene.world.run(for: .seconds(1))
            #expect(scene.height == 1)
            // What cannot be read is dropped, as all such messages are.
            #expect(scene.peers == (isTorn ? 1 : 0))
            guard isTorn else { continue }
            scene.answer(block, with: Array(block.transactions.dropFirst()), from: id)
            #expect(scene.height == 2)
        }
    }

    @Test("Small transactions of compact blocks that wait count for the room they take")
    func waiting() throws {
        var scene = Scene()
        let id = try scene.join()
        scene.world.holdsJudgement = true
        scene.say(.block(scene.block()), from: id)
        let block = scene.block(3000)
        let whole = CompactBlock(
            header: block.header, nonce: 1, shortIds: [],
            prefilled: block.transactions.enumerated().map { .init(index: $0, transaction: $1) })
        let size = Message.compactBlock(whole).payload.count
        #expect(size < 250_000)
        for _ in 0..<4 { scene.say(.compactBlock(whole), from: id) }
        #expect(!scene.world.nodes[0].paused.contains(id))
        scene.say(.compactBlock(whole), from: id)
        #expect(scene.world.nodes[0].paused.contains(id))
    }

    @Test("Transactions of a block eleven deep are not served alone: the block is, if it may be")
    func depth() throws {
        var world = World(seed: 11)
        world.add()
        let blocks = world.mine(12, on: 0)
        let id = try world.join(to: 0)
        world.shake(hands: id, with: 0)
        func served(_ hash: BlockHash) -> [String] {
            let before = world.nodes[0].messages[id]?.count ?? 0
            let request = BlockTransactionsRequest(block: hash, indexes: [0])
            world.say(.getBlockTransactions(request), to: 0, from: id)
            world.run(for: .milliseconds(200))
            return (world.nodes[0].messages[id] ?? []).dropFirst(before).map(\.command)
        }
        #expect(served(blocks[1].hash) == ["blocktxn"])
        #expect(served(blocks[0].hash) == ["block"])
        // Branches that are given out to nobody stay hidden this way too.
        var other = ToyChain(world.network)
        let longAgo = UInt32(world.now.components.seconds) - 40 * 86_400
        let branch = (0..<2).map { other.mine(at: longAgo + UInt32($0), tag: 1) }
        for block in branch { _ = world.nodes[0].chain.accept(block) }
        world.follow(0)
        #expect(served(branch[0].hash) == [])
        #expect(served(blocks[0].hash) == ["block"])
    }

    @Test("Between nodes a block goes over without its transactions where both have them")
    func relay() {
        var world = World(seed: 7)
        for _ in 0..<2 { world.add() }
        world.connect(0, to: 1)
        world.mine(1, on: 0)
        world.run(for: .seconds(5))
        // The second is asked for in compact form; from then on they come by themselves.
        for _ in 0..<3 {
            world.mine(1, on: 0)
            world.run(for: .seconds(2))
        }
        #expect(world.heights() == [4, 4])
        let commands = world.nodes[0].sent.values.flatMap { $0 }
        #expect(commands.count { $0 == "block" } == 1, "\(commands)")
        #expect(commands.count { $0 == "cmpctblock" } == 3)
        #expect(world.info(1).first?.isHighBandwidthTo == true)
        #expect(world.info(0).first?.isHighBandwidthFrom == true)
    }

    @Test(
        "What does not make the block has the whole asked for, and costs the peer the second time")
    func wrong() throws {
        var scene = Scene()
        let id = try scene.announcer()
        let block = scene.block(2)
        scene.say(compact(block), from: id)
        let wrong = Array(block.transactions.dropFirst().reversed())
        scene.answer(block, with: wrong, from: id)
        #expect(scene.forms(to: id) == [.witnessBlock])
        #expect(scene.height == 2 && scene.peers == 1)
        var patient = scene
        patient.say(.block(block), from: id)
        #expect(patient.height == 3 && patient.peers == 1)
        scene.answer(block, with: wrong, from: id)
        #expect(scene.peers == 0)
    }

    @Test("More or less than was missing costs the connection", arguments: [1, 3])
    func count(_ count: Int) throws {
        var scene = Scene()
        let id = try scene.announcer()
        let block = scene.block(2)
        scene.say(compact(block), from: id)
        let transactions = (Array(block.transactions) + block.transactions).dropFirst().prefix(
            count)
        scene.answer(block, with: Array(transactions), from: id)
        #expect(scene.peers == 0)
    }

    @Test("A block with a place that nothing stands for costs the connection")
    func hole() throws {
        var scene = Scene()
        let id = try scene.announcer()
        let block = scene.block()
        let coinbase = CompactBlock.Prefilled(index: 1, transaction: block.transactions[0])
        let bad = CompactBlock(header: block.header, nonce: 5, shortIds: [], prefilled: [coinbase])
        scene.say(.compactBlock(bad), from: id)
        #expect(scene.peers == 0)
    }

    @Test("Where two transactions have one short id the whole is asked for")
    func collision() throws {
        var scene = Scene()
        let id = try scene.announcer()
        let block = scene.block(2)
        var form = CompactBlock(block, nonce: 5)
        form.shortIds[1] = form.shortIds[0]
        scene.say(.compactBlock(form), from: id)
        #expect(scene.forms(to: id) == [.witnessBlock])
        scene.say(.block(block), from: id)
        #expect(scene.height == 3)
    }

    @Test("Who passes on an invalid block in compact form stays, who sends it whole does not")
    func invalid() throws {
        var scene = Scene()
        let id = try scene.announcer()
        let block = scene.block(1, held: 1)
        scene.world.nodes[0].chain.invalid = [block.hash]
        var whole = scene
        scene.say(compact(block), from: id)
        #expect(scene.height == 2 && scene.peers == 1)
        whole.say(.block(block), from: id)
        #expect(whole.peers == 0)
    }

    @Test("What comes without being asked for, and not of one that is to announce, is a header")
    func unasked() throws {
        var scene = Scene()
        let id = try scene.join()
        let block = scene.block(1)
        scene.say(compact(block), from: id)
        #expect(scene.requests(to: id).isEmpty)
        #expect(scene.world.info(0).first?.syncedHeaders == 2)
        // The block is fetched as any other.
        #expect(scene.forms(to: id) == [.witnessBlock])
    }

    @Test("A peer that never said it knows compact blocks is asked for none, and none is taken")
    func stranger() throws {
        var scene = Scene()
        let id = try scene.world.join(to: 0)
        scene.world.shake(hands: id, with: 0)
        let block = scene.block(1)
        scene.say(.headers([block.header]), from: id)
        #expect(scene.forms(to: id) == [.witnessBlock])
        scene.say(compact(block), from: id)
        #expect(scene.requests(to: id).isEmpty)
    }

    @Test("A node that wants blocks alone asks for them whole, and takes none in compact form")
    func blocksOnly() throws {
        var scene = Scene { $0.isBlocksOnly = true }
        let id = try scene.announcer()
        #expect(scene.announcers == [false])
        let block = scene.block()
        scene.say(.headers([block.header]), from: id)
        #expect(scene.forms(to: id) == [.witnessBlock])
        scene.say(compact(block), from: id)
        #expect(scene.height == 2)
        scene.say(.block(block), from: id)
        #expect(scene.height == 3)
    }

    @Test("Three peers announce, who was of use last; the one we chose is not lost to others")
    func announcers() throws {
        var scene = Scene()
        let chosen = try scene.announcer(.fullRelay)
        let others = try (0..<3).map { _ in try scene.announcer() }
        #expect(scene.announcers == [true, false, true, true])
        scene.say(.block(scene.block()), from: others[0])
        #expect(scene.announcers == [true, true, false, true])
        let changes = scene.messages(to: others[1]).compactMap { message -> Bool? in
            if case .sendCompact(let announces, _) = message { announces } else { nil }
        }
        #expect(changes == [false, true, false])
        scene.world.handle(.disconnected(chosen), of: 0)
        #expect(scene.announcers == [true, false, true])
    }

    @Test("Others may be asked beside the first, the last place kept for one that we chose")
    func beside() throws {
        var scene = Scene()
        let first = try scene.join()
        let second = try scene.announcer()
        let third = try scene.announcer()
        let chosen = try scene.announcer(.fullRelay)
        let block = scene.block(1)
        scene.say(.headers([block.header]), from: first)
        for id in [first, second, third, chosen] { scene.say(compact(block), from: id) }
        #expect(scene.requests(to: first) == [[1]])
        #expect(scene.requests(to: second) == [[1]])
        #expect(scene.requests(to: third).isEmpty)
        #expect(scene.requests(to: chosen) == [[1]])
        // Whoever answers first gives the block; the others answer to nobody.
        scene.answer(block, with: [block.transactions[1]], from: second)
        #expect(scene.height == 5)
        scene.answer(block, with: [block.transactions[1]], from: first)
        #expect(scene.peers == 4)
        #expect(scene.world.info(0).allSatisfy { $0.inFlight == [] })
    }

    @Test("A peer that does not answer does not keep the block from another that need not be asked")
    func stalled() throws {
        var scene = Scene()
        let staller = try scene.announcer()
        let other = try scene.announcer()
        let block = scene.block(2)
        scene.say(compact(block), from: staller)
        for transaction in block.transactions.dropFirst() {
            scene.world.nodes[0].chain.pool[transaction.wtxid] = transaction
        }
        scene.say(compact(block), from: other)
        #expect(scene.requests(to: other).isEmpty)
        #expect(scene.height == 4)
        #expect(scene.world.info(0).allSatisfy { $0.inFlight == [] })
    }
}
