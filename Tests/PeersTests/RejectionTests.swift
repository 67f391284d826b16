import Cryptography
import Peers
import Primitives
import Testing
import Wire

/// What is remembered of transactions that the pool did not take (Core's `MempoolRejectedTx`).
@Suite("Transactions that were not taken") struct RejectionTests {
    private let parent = World.transaction(spending: .max, tag: 1)
    private var child: Transaction { World.transaction(spending: parent.txid, tag: 2) }
    private var stripped: Transaction {
        Transaction(
            version: parent.version,
            inputs: parent.inputs.map {
                TransactionInput(
                    outPoint: $0.outPoint, script: $0.script, sequence: $0.sequence,
                    witness: Witness([] as [[UInt8]]))
            }, outputs: parent.outputs, lockTime: parent.lockTime)
    }

    private func met() throws -> (World, PeerID) {
        var world = World(seed: 41)
        world.add()
        world.nodes[0].chain.spendable = [.max]
        let id = try world.join(to: 0)
        world.shake(hands: id, with: 0)
        return (world, id)
    }

    private func judged(_ world: World) -> [Wtxid] { world.nodes[0].chain.judged }

    /// The transactions that a peer was asked for.
    private func asked(_ world: World, _ id: PeerID) -> [Hash256] {
        (world.nodes[0].messages[id] ?? []).flatMap { message -> [Hash256] in
            guard case .getData(let items) = message else { return [] }
            return items.map(\.hash)
        }
    }

    @Test("A transaction that lost its witness stands in the way of neither itself nor its children")
    func witnessStripped() throws {
        var (world, id) = try met()
        #expect(stripped.wtxid == parent.txid)
        world.nodes[0].chain.verdicts[stripped.wtxid] = .witnessStripped
        world.say(.transaction(stripped), .transaction(child), to: 0, from: id)
        #expect(world.nodes[0].swarm.orphans.count == 1)
        world.run(for: .seconds(5))
        #expect(asked(world, id) == [parent.txid])
        world.say(.transaction(parent), to: 0, from: id)
        #expect(world.nodes[0].chain.pool.count == 2)
    }

    @Test("A transaction that is here already is not held against itself when it comes again")
    func alreadyHere() throws {
        var (world, id) = try met()
        world.say(.transaction(parent), .transaction(parent), to: 0, from: id)
        #expect(judged(world) == [parent.wtxid, parent.wtxid])
        // It leaves the pool, as for one that replaces it, and is announced again.
        world.nodes[0].chain.pool = [:]
        world.say(.inventory([InventoryItem(.witnessId, parent.wtxid)]), to: 0, from: id)
        world.run(for: .seconds(5))
        #expect(asked(world, id) == [parent.wtxid])
    }

    @Test("What pays too little is not asked for as announced, but for a child that is kept")
    func reconsiderable() throws {
        var (world, id) = try met()
        let cheap = stripped
        world.nodes[0].chain.verdicts[cheap.wtxid] = .reconsiderable
        world.say(
            .transaction(cheap), .inventory([InventoryItem(.witnessId, cheap.wtxid)]), to: 0,
            from: id)
        world.run(for: .seconds(5))
        #expect(asked(world, id).isEmpty)
        world.say(.transaction(child), to: 0, from: id)
        #expect(world.nodes[0].swarm.orphans.count == 1)
        world.run(for: .seconds(5))
        #expect(asked(world, id) == [cheap.txid])
        // By itself it is not judged again before the tip changes.
        world.say(.transaction(cheap), to: 0, from: id)
        #expect(judged(world).filter { $0 == cheap.wtxid }.count == 1)
        world.nodes[0].chain.verdicts = [:]
        world.mine(1, on: 0)
        world.say(.transaction(cheap), to: 0, from: id)
        #expect(world.nodes[0].chain.pool.count == 2)
    }

    @Test("What spends coins of no relayed kind is refused by both names, and its children with it")
    func inputsNotStandard() throws {
        var (world, id) = try met()
        world.nodes[0].chain.verdicts[parent.wtxid] = .inputsNotStandard
        world.say(.transaction(parent), .transaction(child), to: 0, from: id)
        #expect(world.nodes[0].swarm.orphans.isEmpty)
        // Its other faults may be its witness's.
        (world, id) = try met()
        world.nodes[0].chain.verdicts[parent.wtxid] = .rejected
        world.say(.transaction(parent), .transaction(child), to: 0, from: id)
        #expect(world.nodes[0].swarm.orphans.count == 1)
        world.say(.transaction(parent), to: 0, from: id)
        #expect(judged(world).filter { $0 == parent.wtxid }.count == 1)
    }

    @Test("What a block confirmed is not asked for, but after that block has lost to another branch")
    func disconnected() throws {
        var (world, id) = try met()
        let announcement = Message.inventory([InventoryItem(.witnessId, parent.wtxid)])
        let time = UInt32(world.now.components.seconds)
        _ = world.nodes[0].chain.mine(at: time, with: [parent])
        world.follow(0)
        world.say(announcement, to: 0, from: id)
        world.run(for: .seconds(5))
        #expect(!asked(world, id).contains(parent.wtxid))
        var other = ToyChain(world.network)
        for _ in 0..<2 { _ = world.nodes[0].chain.accept(other.mine(at: time, tag: 1)) }
        world.follow(0)
        #expect(world.nodes[0].chain.tip == other.tip)
        world.say(announcement, to: 0, from: id)
        world.run(for: .seconds(5))
        #expect(asked(world, id).contains(parent.wtxid))
    }

    @Test("What is here already is told on again for a peer with forcerelay, and for no other")
    func forceRelay() throws {
        for permissions in [[], .relay, .forceRelay] as [Permissions] {
            var world = World(seed: 42)
            world.add()
            world.nodes[0].chain.spendable = [.max]
            let id = try world.join(to: 0, permissions: permissions)
            world.shake(hands: id, with: 0)
            world.say(.transaction(parent), to: 0, from: id)
            // One that comes later was not told.
            let attached = world.attach(to: 0, at: Endpoint(.ipv4(93, 99, 1, 2), port: 5000))
            let other = try #require(attached)
            world.shake(hands: other, with: 0, nonce: 8)
            world.say(.transaction(parent), to: 0, from: id)
            world.run(for: .seconds(60))
            let item = InventoryItem(.witnessId, parent.wtxid)
            let isTold = world.nodes[0].messages[other]?.contains(.inventory([item]))
            #expect(isTold == (permissions == .forceRelay))
        }
    }
}
