import Cryptography
import Genesis
import Peers
import Primitives
import Testing
import Wire

@Suite("A swarm of peers") struct SwarmTests {
    private func pair(seed: UInt64 = 1) -> World {
        var world = World(seed: seed)
        world.add()
        world.add()
        world.connect(0, to: 1)
        world.run(for: .seconds(1))
        return world
    }

    @Test("The handshake has Bitcoin Core's messages in Bitcoin Core's order")
    func handshake() throws {
        let world = pair()
        let dialler = try #require(world.nodes[0].sent.values.first)
        let answerer = try #require(world.nodes[1].sent.values.first)
        #expect(
            dialler.starts(with: [
                "version", "wtxidrelay", "sendaddrv2", "verack", "getaddr", "sendcmpct", "ping",
            ]), "\(dialler)")
        #expect(
            answerer.starts(with: [
                "version", "wtxidrelay", "sendaddrv2", "verack", "sendcmpct", "ping",
            ]), "\(answerer)")
        let info = try #require(world.info(0).first)
        #expect(info.userAgent == "/Cellblock:0.1.0(n1)/")
        #expect(info.version == 70016)
        #expect(info.pingTime != nil)
        #expect(info.connectionType == "manual")
        #expect(info.receivedByMessage.contains { $0.command == "pong" && $0.bytes >= 29 })
        #expect(world.info(1).first?.isInbound == true)
    }

    @Test("A node that lacks blocks fetches them all", arguments: [1, 16, 17, 300, 2100])
    func sync(_ count: Int) {
        var world = World(seed: 2)
        world.add()
        world.add()
        world.mine(count, on: 0)
        world.connect(1, to: 0)
        let holds = world.run(atMost: .seconds(120)) { $0.tips().count == 1 }
        #expect(holds, "\(world.heights())")
        world.run(for: .seconds(1))
        #expect(world.info(1).first?.syncedHeaders == count)
        #expect(world.info(1).first?.inFlight == [])
    }

    @Test(
        "Blocks below coins from outside are fetched after those toward the tip, and are offered then"
    )
    func history() {
        var world = World(seed: 31)
        for _ in 0..<2 { world.add() }
        let blocks = world.mine(120, on: 0)
        _ = world.nodes[1].chain.accept(blocks.map(\.header))
        world.nodes[1].chain.assume(blocks[99].hash)
        world.follow(1)
        #expect(world.nodes[1].swarm.services == [.witness, .networkLimited])
        world.connect(1, to: 0)
        let holds = world.run(atMost: .seconds(30)) { $0.nodes[1].chain.height == 120 }
        #expect(holds)
        let ends = world.run(atMost: .seconds(60)) { $0.nodes[1].chain.blocks.count == 121 }
        #expect(ends, "\(world.nodes[1].chain.blocks.count)")
        #expect(world.nodes[1].chain.arrivals == Array(101...120) + Array(1...100))
        world.run(for: .seconds(1))
        #expect(world.info(1).first?.inFlight == [])
        #expect(world.nodes[1].swarm.services == [.network, .witness, .networkLimited])
    }

    @Test("Blocks come from several peers side by side")
    func parallel() {
        var world = World(seed: 3)
        for _ in 0..<3 { world.add() }
        world.connect(1, to: 0)
        world.mine(200, on: 0)
        let holds = world.run(atMost: .seconds(60)) { $0.nodes[1].chain.height == 200 }
        #expect(holds)
        world.connect(2, to: 0)
        world.connect(2, to: 1)
        let ends = world.run(atMost: .seconds(60)) { $0.tips().count == 1 }
        #expect(ends)
        let received = world.info(2).map { info in
            info.receivedByMessage.first { $0.command == "block" }?.bytes ?? 0
        }
        #expect(received.allSatisfy { $0 > 0 }, "\(received)")
    }

    @Test("A new block travels along a line of nodes, in compact form once they are synced")
    func announcement() {
        var world = World(seed: 4)
        for _ in 0..<3 { world.add() }
        world.mine(5, on: 0)
        world.connect(1, to: 0)
        world.connect(2, to: 1)
        let holds = world.run(atMost: .seconds(30)) { $0.tips().count == 1 }
        #expect(holds)
        world.run(for: .seconds(2))
        world.mine(1, on: 0)
        let ends = world.run(atMost: .seconds(3)) { $0.heights() == [6, 6, 6] }
        #expect(ends)
        #expect(world.nodes[1].sent.values.joined().contains("sendheaders"))
        #expect(world.nodes[0].sent.values.first?.suffix(3).contains("cmpctblock") == true)
    }

    @Test("After a partition the longer branch wins on both sides")
    func reorganisation() {
        var world = pair(seed: 5)
        world.mine(10, on: 0)
        let holds = world.run(atMost: .seconds(30)) { $0.tips().count == 1 }
        #expect(holds)
        world.disconnect(0)
        #expect(world.info(1).isEmpty)
        world.mine(3, on: 0, tag: 1)
        world.mine(5, on: 1, tag: 2)
        world.connect(0, to: 1)
        let ends = world.run(atMost: .seconds(30)) {
            $0.heights() == [15, 15] && $0.tips().count == 1
        }
        #expect(ends)
    }

    @Test("A transaction spreads, and an orphan waits for its parent")
    func transactions() {
        var world = World(seed: 6)
        for _ in 0..<3 { world.add() }
        world.connect(0, to: 1)
        world.connect(1, to: 2)
        world.run(for: .seconds(10))
        for node in 0..<3 { world.nodes[node].chain.spendable = [.max] }
        let parent = World.transaction(spending: .max, tag: 1)
        let child = World.transaction(spending: parent.txid, tag: 2)
        world.submit(parent, to: 0)
        world.submit(child, to: 0)
        let claim = { (world: World) in
            world.nodes.allSatisfy { $0.chain.pool.count == 2 }
        }
        let holds = world.run(atMost: .seconds(90), until: claim)
        #expect(holds)
        // What a peer has announced or been sent is not told it again.
        let invs = world.nodes[2].sent.values.joined().filter { $0 == "inv" }
        #expect(invs.isEmpty)
    }

    @Test("A child that comes first is kept until its parent is fetched")
    func orphan() throws {
        var world = World(seed: 7)
        world.add()
        let id = try world.join(to: 0)
        world.shake(hands: id, with: 0)
        world.nodes[0].chain.spendable = [.max]
        let parent = World.transaction(spending: .max, tag: 1)
        let child = World.transaction(spending: parent.txid, tag: 2)
        world.say(.transaction(child), to: 0, from: id)
        #expect(world.nodes[0].chain.pool.isEmpty)
        world.run(for: .seconds(5))
        #expect(world.nodes[0].sent[id]?.contains("getdata") == true)
        world.say(.transaction(parent), to: 0, from: id)
        #expect(world.nodes[0].chain.pool.count == 2)
    }

    @Test("An orphan of a peer that falls silent is judged when its parent comes from another")
    func silent() throws {
        var world = World(seed: 17)
        world.add()
        let first = try world.join(to: 0)
        let attached = world.attach(to: 0, at: Endpoint(.ipv4(93, 99, 1, 2), port: 5000))
        let other = try #require(attached)
        for (nonce, id) in [first, other].enumerated() {
            world.shake(hands: id, with: 0, nonce: UInt64(nonce + 1))
        }
        world.nodes[0].chain.spendable = [.max]
        let parent = World.transaction(spending: .max, tag: 1)
        let child = World.transaction(spending: parent.txid, tag: 2)
        world.say(.transaction(child), to: 0, from: first)
        // Who tells of it as well may have the parent.
        world.say(.inventory([InventoryItem(.witnessId, child.wtxid)]), to: 0, from: other)
        #expect(world.nodes[0].swarm.orphans.map(\.peers) == [[first, other]])
        world.nodes[0].wires[first]?.isCut = true
        world.say(.transaction(parent), to: 0, from: other)
        world.run(for: .seconds(1))
        #expect(world.nodes[0].chain.pool.count == 2)
        #expect(world.nodes[0].swarm.orphans.isEmpty)
    }

    @Test("All who announced an orphan are asked for its parents, even if its sender is gone")
    func resolution() throws {
        for leaves in [false, true] {
            var world = World(seed: 18)
            world.add()
            world.nodes[0].chain.spendable = [.max]
            let parent = World.transaction(spending: .max, tag: 1)
            let child = World.transaction(spending: parent.txid, tag: 2)
            var ids: [PeerID] = []
            for nonce in 1...2 as ClosedRange<UInt8> {
                let attached = world.attach(
                    to: 0, at: Endpoint(.ipv4(93, 99, 1, nonce), port: 5000))
                let id = try #require(attached)
                ids.append(id)
                world.shake(hands: id, with: 0, nonce: UInt64(nonce))
                world.say(
                    .inventory([InventoryItem(.witnessId, child.wtxid)]), to: 0, from: id)
            }
            world.run(for: .seconds(3))
            let askedFirst = ids.first { world.nodes[0].sent[$0]?.contains("getdata") == true }
            let sender = try #require(askedFirst)
            let other = try #require(ids.first { $0 != sender })
            world.inject(
                Message.transaction(child).frame(magic: world.network.magic), into: 0, from: sender)
            // It was judged, and the pool is being asked for its parents.
            world.run(for: .milliseconds(11))
            if leaves { world.handle(.disconnected(sender), of: 0) }
            #expect(world.nodes[0].swarm.orphans.map(\.peers) == [leaves ? [other] : ids])
            world.run(for: .seconds(70), step: .seconds(1))
            let item = InventoryItem(.witnessTransaction, parent.txid)
            #expect(world.nodes[0].messages[other]?.contains(.getData([item])) == true)
        }
    }

    @Test("An orphan without witness is not asked for by its txid either")
    func orphanByTxid() throws {
        var world = World(seed: 19)
        world.add()
        let first = try world.join(to: 0)
        let attached = world.attach(to: 0, at: Endpoint(.ipv4(93, 99, 1, 2), port: 5000))
        let old = try #require(attached)
        world.shake(hands: first, with: 0)
        world.shake(hands: old, with: 0, version: 70015, nonce: 8)
        let child = Transaction(
            inputs: [TransactionInput(outPoint: OutPoint(txid: .max, index: 1), script: [])],
            outputs: [TransactionOutput(value: Amount(satoshis: 1), script: [0x51])])
        world.say(.transaction(child), to: 0, from: first)
        #expect(world.nodes[0].swarm.orphans.count == 1)
        world.say(.inventory([InventoryItem(.transaction, child.txid)]), to: 0, from: old)
        world.run(for: .seconds(10))
        #expect(world.nodes[0].sent[old]?.contains("getdata") == false)
    }

    @Test("What the pool holds may be asked for when its time has come, though nothing was announced")
    func unannounced() throws {
        var world = World(seed: 20)
        world.add()
        let id = try world.join(to: 0)
        world.shake(hands: id, with: 0)
        world.run(for: .seconds(1))
        #expect(world.info(0).map(\.lastInvSequence) == [9])
        world.nodes[0].chain.poolSequence = 12
        world.run(for: .seconds(60), step: .seconds(1))
        #expect(world.info(0).map(\.lastInvSequence) == [12])
        let request = Message.getData([InventoryItem(.witnessId, .max)])
        world.say(request, to: 0, from: id)
        // Who is not to be banned is told at once, and need not wait either.
        let favoured = try world.join(to: 0, permissions: .noBan)
        world.shake(hands: favoured, with: 0, nonce: 8)
        world.say(request, to: 0, from: favoured)
        #expect(world.nodes[0].served == [12, .max])
    }

    @Test("No transaction passes during the initial download, and fees are filtered then")
    func initialDownload() {
        var world = World(seed: 8)
        world.add()
        world.add()
        world.nodes[1].chain.isInitialDownload = true
        world.follow(1)
        world.connect(0, to: 1)
        world.run(for: .seconds(2))
        world.nodes[0].chain.spendable = [.max]
        world.submit(World.transaction(spending: .max, tag: 1), to: 0)
        world.run(for: .seconds(60))
        #expect(world.nodes[1].chain.pool.isEmpty)
        // The highest rate there is.
        #expect((world.info(0).first?.minimumFeeRate.satoshisPerKvB ?? 0) > 9_000_000)
        // What pays too little for it is not kept to be told later.
        #expect(world.info(0).first?.invToSend == 0)
    }

    @Test("Seeds make the same world again")
    func deterministic() {
        func trace(_ seed: UInt64) -> [PeerID: [String]] {
            var world = pair(seed: seed)
            world.mine(20, on: 0)
            world.run(for: .seconds(30))
            return world.nodes[0].sent
        }
        #expect(trace(9) == trace(9))
    }
}

extension World {
    /// Introduces the test as a peer.
    mutating func shake(
        hands id: PeerID, with node: Int, version: Int32 = 70016, nonce: UInt64 = 7,
        services: Services = [.network, .witness]
    ) {
        say(
            .version(
                VersionMessage(
                    version: version, services: services, time: now.components.seconds,
                    receiverServices: [], receiver: .unspecified, nonce: nonce, userAgent: "/t/",
                    startHeight: 0, relaysTransactions: true)),
            .wtxidRelay, .sendAddressV2, .verack, to: node, from: id)
    }
}
