import Consensus
import Cryptography
import Genesis
import Peers
import Primitives
import Testing
import Wire

@Suite("Headers of low work") struct LowWorkTests {
    private static let blockWork = ProofOfWork.work(bits: Network.regtest.genesis.header.bits)

    /// A node that wants so many blocks above the first, and the test as its peer.
    private func met(
        wanting blocks: UInt64, permissions: Permissions = []
    ) throws -> (World, PeerID) {
        var world = World(seed: 17)
        world.add { $0.minimumChainWork = Self.blockWork &* (blocks + 1) }
        let id = try world.join(to: 0, permissions: permissions)
        world.shake(hands: id, with: 0)
        return (world, id)
    }

    private func chain(_ count: Int, tag: UInt8 = 0) -> [BlockHeader] {
        var maker = ToyChain(.regtest)
        return (0..<count).map { maker.mine(at: 1_699_000_000 + UInt32($0), tag: tag).header }
    }

    /// The headers a node has, but the first.
    private func count(_ world: World) -> Int { world.nodes[0].chain.records.count - 1 }

    /// Runs until node 1 has looked at a first message of headers that it does not keep yet.
    private static func runsUntilPresync(_ world: inout World) -> Bool {
        for _ in 0..<2000 where world.info(1).first?.presyncedHeaders != 2000 {
            world.run(for: .milliseconds(5))
        }
        return world.info(1).first?.presyncedHeaders == 2000
    }

    @Test("A node that wants much work syncs with one that has it, and hides nothing of how far")
    func honest() {
        var world = World(seed: 18)
        world.add()
        world.add { $0.minimumChainWork = Self.blockWork &* 2501 }
        world.mine(2600, on: 0)
        world.connect(1, to: 0)
        #expect(Self.runsUntilPresync(&world) && world.nodes[1].chain.records.count == 1)
        let holds = world.run(atMost: .seconds(120)) { $0.tips().count == 1 }
        #expect(holds, "\(world.heights())")
        #expect(world.info(1).first?.presyncedHeaders == -1)
    }

    @Test(
        "A node near the present is not held up by a branch from long ago, nor misses a heavier one"
    )
    func reorganisation() {
        var world = World(seed: 19)
        world.add()
        world.add()
        world.mine(2300, on: 0, tag: 1)
        world.mine(2200, on: 1, tag: 2)
        // The first 2000 headers of the better branch are less than the tip less 144 blocks.
        world.connect(1, to: 0)
        #expect(Self.runsUntilPresync(&world) && world.nodes[1].chain.records.count == 2201)
        let holds = world.run(atMost: .seconds(120)) { $0.tips().count == 1 }
        #expect(holds, "\(world.heights())")
        #expect(world.heights() == [2300, 2300])
    }

    @Test("An announcement is kept from just the work on that is wanted", arguments: [9, 10])
    func edge(_ blocks: Int) throws {
        var (world, id) = try met(wanting: 10)
        world.say(.headers(chain(blocks)), to: 0, from: id)
        #expect(count(world) == (blocks == 10 ? 10 : 0))
        #expect(world.info(0).first?.presyncedHeaders == -1)
    }

    @Test("Who is not to be banned is believed at once")
    func noBan() throws {
        var (world, id) = try met(wanting: 10, permissions: .noBan)
        world.say(.headers(chain(3)), to: 0, from: id)
        #expect(count(world) == 3)
    }

    @Test("A full message of light headers is not kept, and its end is the end of it")
    func light() throws {
        var (world, id) = try met(wanting: 5000)
        let headers = chain(2300)
        world.say(.headers(Array(headers.prefix(2000))), to: 0, from: id)
        #expect(world.info(0).first?.presyncedHeaders == 2000)
        world.say(.headers(Array(headers.dropFirst(2000))), to: 0, from: id)
        #expect(world.info(0).first?.presyncedHeaders == -1)
        // An empty message ends it as well.
        world.say(.headers(Array(headers.prefix(2000))), to: 0, from: id)
        #expect(world.info(0).first?.presyncedHeaders == 2000)
        world.say(.headers([]), to: 0, from: id)
        #expect(world.info(0).first?.presyncedHeaders == -1)
        #expect(count(world) == 0 && world.info(0).count == 1)
    }

    @Test("A peer that sends another chain the second time leaves nothing behind")
    func changed() throws {
        var (world, id) = try met(wanting: 3500)
        func send(_ chain: [BlockHeader]) {
            world.say(.headers(Array(chain.prefix(2000))), to: 0, from: id)
            world.say(.headers(Array(chain.dropFirst(2000))), to: 0, from: id)
        }
        let shown = chain(3500, tag: 1)
        send(shown)
        #expect(world.info(0).first?.presyncedHeaders == 3500)
        send(chain(3500, tag: 2))
        #expect(count(world) == 0)
        // The chain that was shown is still to be had.
        world.say(.headers([]), to: 0, from: id)
        send(shown)
        send(shown)
        #expect(count(world) == 3500)
    }

    @Test("A light block in compact form is passed over, one on an unknown block is asked after")
    func compact() throws {
        var (world, id) = try met(wanting: 10)
        var maker = ToyChain(.regtest)
        world.say(.sendCompact(announces: false, version: 2), to: 0, from: id)
        // The first question is answered, so that another may be asked.
        world.say(.headers([]), to: 0, from: id)
        let blocks = (0..<10).map { maker.mine(at: 1_699_000_000 + UInt32($0)) }
        func send(_ block: Block) {
            world.say(.compactBlock(CompactBlock(block, nonce: 1)), to: 0, from: id)
        }
        send(blocks[0])
        #expect(count(world) == 0)
        send(blocks[5])
        #expect(count(world) == 0 && world.nodes[0].sent[id]?.last == "getheaders")
        world.say(.headers(blocks.map(\.header)), to: 0, from: id)
        #expect(count(world) == 10)
    }
}
