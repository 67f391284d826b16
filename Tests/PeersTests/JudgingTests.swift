import Cryptography
import Peers
import Primitives
import Testing
import Wire

/// What a peer sends is handled in order. While a block of its is judged only such blocks go on that
/// were asked for.
@Suite("Blocks that are judged side by side") struct JudgingTests {
    /// A node that has asked a peer for sixteen blocks and holds back its judgement.
    private func asked(
        _ count: Int = 20, kind: ConnectionKind = .inbound, size: Int = 0
    ) throws -> (world: World, id: PeerID, blocks: [Block]) {
        var world = World(seed: 3)
        world.add()
        let id = try world.join(to: 0, kind: kind)
        world.shake(hands: id, with: 0)
        var maker = ToyChain(world.network)
        let blocks = (0..<count).map { number in
            maker.mine(
                at: UInt32(world.now.components.seconds) + UInt32(number),
                with: size == 0 ? [] : [Self.large(size, tag: UInt8(number))])
        }
        world.holdsJudgement = true
        world.say(.headers(blocks.map(\.header)), to: 0, from: id)
        world.run(for: .seconds(1))
        return (world, id, blocks)
    }

    /// A transaction of about so many bytes.
    private static func large(_ size: Int, tag: UInt8) -> Transaction {
        Transaction(
            version: 2,
            inputs: [
                TransactionInput(outPoint: OutPoint(txid: .max, index: UInt32(tag)), script: [])
            ],
            outputs: [
                TransactionOutput(
                    value: Amount(satoshis: 1),
                    script: Script([UInt8](repeating: 0x6a, count: size)))
            ])
    }

    private func heights(_ world: World, of blocks: [Block]) -> [Int] {
        world.held.map { held in blocks.firstIndex { $0.hash == held.block.hash } ?? -1 }
    }

    @Test("Those that were asked for are handed to the chain one behind the other, in order")
    func pipelined() throws {
        var (world, id, blocks) = try asked()
        for block in blocks.prefix(16) { world.say(.block(block), to: 0, from: id) }
        #expect(heights(world, of: blocks) == Array(0..<16))
        #expect(world.nodes[0].chain.height == 0)
        world.judgeHeld(16)
        #expect(world.nodes[0].chain.height == 16)
        world.run(for: .seconds(1))
        for block in blocks.dropFirst(16) { world.say(.block(block), to: 0, from: id) }
        world.judgeHeld(4)
        #expect(world.nodes[0].chain.height == 20)
        #expect(world.info(0).count == 1)
    }

    @Test("Whatever else comes waits until all of them are judged")
    func others() throws {
        var (world, id, blocks) = try asked()
        func pongs() -> Int { world.nodes[0].sent[id, default: []].count { $0 == "pong" } }
        world.say(
            .block(blocks[0]), .block(blocks[1]), .ping(5), .block(blocks[2]), to: 0, from: id)
        #expect(heights(world, of: blocks) == [0, 1])
        world.judgeHeld()
        world.run(for: .seconds(1))
        #expect(pongs() == 0)
        #expect(heights(world, of: blocks) == [1])
        world.judgeHeld()
        world.run(for: .seconds(1))
        #expect(pongs() == 1)
        #expect(heights(world, of: blocks) == [2])
    }

    @Test("A block that nobody asked for waits, and what comes behind it")
    func unasked() throws {
        var (world, id, blocks) = try asked()
        world.say(
            .block(blocks[0]), .block(blocks[18]), .block(blocks[1]), to: 0, from: id)
        #expect(heights(world, of: blocks) == [0])
        world.judgeHeld()
        #expect(heights(world, of: blocks) == [18, 1])
    }

    @Test("A block that was sent already waits until the first is judged, whoever was asked for it")
    func again() throws {
        var (world, id, blocks) = try asked()
        let attached = world.attach(to: 0, at: Endpoint(.ipv4(93, 99, 1, 2), port: 5000))
        let other = try #require(attached)
        world.shake(hands: other, with: 0, nonce: 8)
        for _ in 0..<3 { world.say(.block(blocks[0]), to: 0, from: other) }
        #expect(heights(world, of: blocks) == [0])
        for _ in 0..<3 { world.say(.block(blocks[0]), to: 0, from: id) }
        world.say(.block(blocks[1]), to: 0, from: id)
        #expect(heights(world, of: blocks) == [0, 0])
    }

    @Test("No more bytes are judged at a time than the limit and the block that reaches it")
    func limit() throws {
        let size = 3_000_000
        var (world, id, blocks) = try asked(6, size: size)
        for block in blocks { world.say(.block(block), to: 0, from: id) }
        #expect(heights(world, of: blocks) == [0, 1, 2])
        // Another peer's first block has its turn all the same.
        world.judgeHeld()
        #expect(heights(world, of: blocks) == [1, 2, 3])
        world.judgeHeld(3)
        #expect(heights(world, of: blocks) == [4, 5])
        world.judgeHeld(2)
        #expect(world.nodes[0].chain.height == 6)
    }

    @Test("Who sent a bad one is left, and the others of its are judged all the same")
    func bad() throws {
        var (world, id, blocks) = try asked()
        world.nodes[0].chain.invalid = [blocks[1].hash]
        for block in blocks.prefix(4) { world.say(.block(block), to: 0, from: id) }
        world.judgeHeld(2)
        world.run(for: .seconds(1))
        #expect(world.info(0).isEmpty)
        #expect(world.nodes[0].swarm.bans.isDiscouraged(.ipv4(93, 99, 1, 1)))
        world.judgeHeld(2)
        #expect(world.nodes[0].chain.height == 1)
        // The next peer is asked for what is missing.
        world.holdsJudgement = false
        let attached = world.attach(to: 0, at: Endpoint(.ipv4(93, 99, 1, 2), port: 5000))
        let other = try #require(attached)
        world.shake(hands: other, with: 0, nonce: 8)
        #expect(world.info(0).count == 1)
    }

    @Test("When the chain can be asked no more, nobody waits for it for ever")
    func failed() throws {
        var (world, id, blocks) = try asked()
        for block in blocks.prefix(3) { world.say(.block(block), to: 0, from: id) }
        world.say(.ping(5), to: 0, from: id)
        world.handle(.answered(id, .failed), of: 0)
        world.run(for: .seconds(1))
        #expect(world.nodes[0].sent[id, default: []].contains("pong"))
    }
}
