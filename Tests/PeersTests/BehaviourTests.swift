import Cryptography
import Genesis
import Peers
import Primitives
import Testing
import Wire

@Suite("Peers that misbehave") struct BehaviourTests {
    private func met(
        _ permissions: Permissions = [], kind: ConnectionKind = .inbound
    ) throws -> (World, PeerID) {
        var world = World(seed: 11)
        world.add()
        let id = try world.join(to: 0, kind: kind, permissions: permissions)
        world.shake(hands: id, with: 0)
        return (world, id)
    }

    private func bad(_ world: World, on previous: BlockHash? = nil) -> BlockHeader {
        var header = world.network.genesis.header
        header.previous = previous ?? world.network.genesisHash
        header.bits = 0x1D00_FFFF
        return header
    }

    @Test("Headers without proof of work cost the connection, and the address is discouraged")
    func proofOfWork() throws {
        var (world, id) = try met()
        world.say(.headers([bad(world)]), to: 0, from: id)
        #expect(world.info(0).isEmpty)
        #expect(world.nodes[0].swarm.bans.isDiscouraged(.ipv4(93, 99, 1, 1)))
    }

    @Test("Who is not to be banned, and who the operator named, stays")
    func exempt() throws {
        var (world, id) = try met(.noBan)
        world.say(.headers([bad(world)]), to: 0, from: id)
        #expect(world.info(0).count == 1)
        var (other, named) = try met([], kind: .manual)
        other.say(.headers([bad(other)]), to: 0, from: named)
        #expect(other.info(0).count == 1)
    }

    @Test("An invalid block costs the connection")
    func invalidBlock() throws {
        var (world, id) = try met()
        var maker = ToyChain(world.network)
        let block = maker.mine(at: UInt32(world.now.components.seconds))
        world.nodes[0].chain.invalid = [block.hash]
        world.say(.block(block), to: 0, from: id)
        #expect(world.info(0).isEmpty)
    }

    @Test("A block whose transactions are not its header's costs the connection, wanted or not")
    func mutatedBlock() throws {
        var maker = ToyChain(.regtest)
        let (honest, id) = try met()
        let block = maker.mine(at: UInt32(honest.now.components.seconds))
        let coinbase = block.transactions[0]
        let forgeries = [
            [coinbase, coinbase], [coinbase, World.transaction(spending: .max, tag: 1)],
            [
                Transaction(
                    version: coinbase.version,
                    inputs: coinbase.inputs.map {
                        TransactionInput(
                            outPoint: $0.outPoint, script: $0.script, sequence: $0.sequence,
                            witness: Witness([[1]]))
                    }, outputs: coinbase.outputs, lockTime: coinbase.lockTime)
            ],
        ]
        for transactions in forgeries {
            var world = honest
            world.say(
                .block(Block(header: block.header, transactions: transactions)), to: 0, from: id)
            #expect(world.info(0).isEmpty)
            #expect(world.nodes[0].chain.height == 0)
        }
        var world = honest
        world.say(.block(block), to: 0, from: id)
        #expect(world.info(0).count == 1)
        #expect(world.nodes[0].chain.height == 1)
    }

    @Test("A block found invalid after it was taken costs its sender the connection, nobody else")
    func invalidLater() throws {
        var (world, id) = try met()
        let attached = world.attach(to: 0, at: Endpoint(.ipv4(93, 99, 1, 2), port: 5000))
        let other = try #require(attached)
        world.shake(hands: other, with: 0, nonce: 8)
        var maker = ToyChain(world.network)
        let block = maker.mine(at: UInt32(world.now.components.seconds))
        world.say(.block(block), to: 0, from: id)
        #expect(world.info(0).count == 2)
        func verdict(_ hash: BlockHash, _ blame: Blame) -> SwarmEvent {
            .blockFailed(
                BlockVerdict(hash: hash, rejection: "bad-cb-amount", blame: blame, isNew: false))
        }
        world.handle(verdict(.max, .peer), of: 0)
        world.handle(verdict(block.hash, .nobody), of: 0)
        world.handle(verdict(block.hash, .outboundPeer), of: 0)
        world.run(for: .seconds(1))
        #expect(world.info(0).count == 2)
        world.handle(verdict(block.hash, .peer), of: 0)
        world.run(for: .seconds(1))
        #expect(world.info(0).map(\.id) == [other.rawValue])
    }

    @Test("Too long lists cost the connection, and a list at the limit does not")
    func limits() throws {
        var (world, id) = try met()
        let item = InventoryItem(.block, .max)
        world.say(.inventory(Array(repeating: item, count: 50_000)), to: 0, from: id)
        #expect(world.info(0).count == 1)
        world.say(.inventory(Array(repeating: item, count: 50_001)), to: 0, from: id)
        #expect(world.info(0).isEmpty)
        (world, id) = try met()
        world.say(
            .getHeaders(locator: Array(repeating: .max, count: 102), stop: .zero), to: 0, from: id)
        #expect(world.info(0).isEmpty)
        #expect(!world.nodes[0].swarm.bans.isDiscouraged(.ipv4(93, 99, 1, 1)))
    }

    @Test("A message that does not decode is dropped, and the peer stays")
    func undecodable() throws {
        var (world, id) = try met()
        world.inject(
            Frame.encode(command: "inv", payload: [0xFF], magic: world.network.magic), into: 0,
            from: id)
        world.inject(
            Frame.encode(command: "nonsense", payload: [1, 2], magic: world.network.magic), into: 0,
            from: id)
        world.run(for: .seconds(1))
        let other = world.info(0).first?.receivedByMessage.first { $0.command == "*other*" }
        #expect(other?.bytes == 26)
    }

    @Test("Negotiation after verack, and the services we lack, end the connection")
    func lateNegotiation() throws {
        for message in [
            Message.wtxidRelay, .sendAddressV2, .feature, .memoryPool, .bloomFilter("filterclear"),
            .filterRequest(FilterRequest(.filters, from: 0, to: .zero)),
        ] {
            var (world, id) = try met()
            world.say(message, to: 0, from: id)
            #expect(world.info(0).isEmpty, "\(message)")
        }
    }

    @Test("Versions from 31800 on are met")
    func obsolete() throws {
        for (version, stays) in [(31799, false), (31800, true)] as [(Int32, Bool)] {
            var world = World(seed: 12)
            world.add()
            let id = try world.join(to: 0)
            world.shake(hands: id, with: 0, version: version)
            #expect(world.info(0).count == (stays ? 1 : 0))
        }
    }

    @Test("A node does not talk to itself")
    func ownConnection() {
        var world = World(seed: 13)
        world.add()
        world.connect(0, to: 0)
        world.run(for: .seconds(1))
        #expect(world.info(0).isEmpty)
    }

    @Test("A peer that never introduces itself is left after a minute")
    func handshakeTimeout() throws {
        var world = World(seed: 14)
        world.add()
        _ = try world.join(to: 0)
        world.run(for: .seconds(59))
        #expect(world.info(0).count == 1)
        world.run(for: .seconds(3))
        #expect(world.info(0).isEmpty)
    }

    @Test("A peer that keeps silent is left after twenty minutes")
    func silence() throws {
        var (world, id) = try met()
        world.say(.ping(1), to: 0, from: id)
        world.run(for: .seconds(19 * 60), step: .seconds(1))
        #expect(world.info(0).count == 1)
        world.run(for: .seconds(2 * 60), step: .seconds(1))
        #expect(world.info(0).isEmpty)
    }

    @Test("What is wrong with a pong is logged in Bitcoin Core's words, as is one that never comes")
    func pongs() throws {
        var (world, id) = try met()
        func logged(_ text: String) -> Bool { world.nodes[0].log.contains { $0.hasPrefix(text) } }
        let pinged = world.nodes[0].messages[id]?.compactMap { message -> UInt64? in
            if case .ping(let nonce) = message { nonce } else { nil }
        }
        let nonce = try #require(pinged?.first)
        let hex = String(nonce, radix: 16)
        world.say(.pong(nonce ^ 1), .pong(0), .pong(7), to: 0, from: id)
        #expect(logged("pong peer=0: Nonce mismatch, \(hex) expected, "))
        #expect(logged("pong peer=0: Nonce zero, \(hex) expected, 0 received, 8 bytes"))
        #expect(
            logged("pong peer=0: Unsolicited pong without ping, 0 expected, 7 received, 8 bytes"))
        world.say(.pong(nil), to: 0, from: id)
        #expect(
            logged("pong peer=0: Short payload, 0 expected, 0 received, 0 bytes"))
        // It goes on talking, but answers no ping.
        for _ in 0..<25 {
            world.run(for: .seconds(60), step: .seconds(1))
            world.say(.sendHeaders, to: 0, from: id)
        }
        #expect(world.info(0).isEmpty)
        #expect(logged("ping timeout: 120"), "\(world.nodes[0].log.suffix(5))")
    }

    @Test("Requests are logged as Bitcoin Core does")
    func requests() throws {
        var (world, id) = try met()
        let hash = BlockHash.max.displayHex
        for (kind, name) in [
            (.witnessId, "wtx"), (.transaction, "tx"), (.witnessBlock, "witness-block"),
            (InventoryItem.Kind(rawValue: 0x99), "0x00000099"),
        ] as [(InventoryItem.Kind, String)] {
            world.say(.getData([InventoryItem(kind, .max)]), to: 0, from: id)
            #expect(world.nodes[0].log.contains("received getdata for: \(name) \(hash) peer=0"))
        }
        let repeated = "Ignoring repeated \"getaddr\". peer=0"
        world.say(.getAddresses, to: 0, from: id)
        #expect(!world.nodes[0].log.contains(repeated))
        world.say(.getAddresses, to: 0, from: id)
        #expect(world.nodes[0].log.contains(repeated))
    }

    @Test("A peer that holds up the download gives way to another")
    func stalling() throws {
        var world = World(seed: 15)
        for _ in 0..<2 { world.add() }
        world.mine(1200, on: 0)
        // It announces the blocks, and sends none.
        let id = try world.join(to: 1, kind: .fullRelay)
        world.shake(hands: id, with: 1)
        let headers = world.nodes[0].chain.headers(after: [world.network.genesisHash], stop: .zero)
        world.say(.headers(headers), to: 1, from: id)
        world.run(for: .seconds(1))
        #expect(world.info(1).first?.inFlight.count == 16)
        world.connect(1, to: 0)
        let holds = world.run(atMost: .seconds(120)) { $0.tips().count == 1 }
        #expect(holds, "\(world.heights())")
        #expect(world.info(1).count == 1)
    }

    @Test("Any bytes at any moment leave the node standing", arguments: 0..<20)
    func garbage(_ seed: UInt64) throws {
        var world = World(seed: seed)
        world.add()
        world.mine(3, on: 0)
        var dice = Randomness(seed: (seed, 99))
        let blocks = world.nodes[0].chain.active
        for round in 0..<30 {
            let endpoint = Endpoint(.ipv4(93, 7, UInt8(round), UInt8(seed)), port: 9)
            guard let id = world.attach(to: 0, at: endpoint) else { continue }
            if round % 3 != 0 { world.shake(hands: id, with: 0) }
            for _ in 0..<20 {
                var message = Self.anyMessage(&dice, blocks).frame(magic: world.network.magic)
                if dice.next() % 3 == 0, !message.isEmpty {
                    message[Int(dice.next() % UInt64(message.count))] ^= UInt8(
                        1 << (dice.next() % 8))
                }
                if dice.next() % 9 == 0 {
                    message.removeLast(Int(dice.next() % UInt64(message.count)))
                }
                world.inject(message, into: 0, from: id)
            }
            world.run(for: .milliseconds(300))
        }
        world.run(for: .seconds(70), step: .seconds(1))
        #expect(world.heights() == [3])
        // And it serves who keeps to the rules.
        world.add()
        world.connect(1, to: 0)
        let isServed = world.run(atMost: .seconds(120)) { $0.heights() == [3, 3] }
        #expect(isServed, "\(world.heights())")
    }

    private static func anyMessage(_ dice: inout Randomness, _ blocks: [BlockHash]) -> Message {
        let hash = blocks.randomElement(using: &dice) ?? .zero
        let kinds: [InventoryItem.Kind] = [
            .block, .witnessBlock, .transaction, .witnessId, .compactBlock, .filteredBlock,
            InventoryItem.Kind(rawValue: UInt32(truncatingIfNeeded: dice.next())),
        ]
        let items = (0..<Int(dice.next() % 5)).map { _ in
            InventoryItem(
                kinds.randomElement(using: &dice) ?? .block, dice.next() & 1 == 0 ? hash : .max)
        }
        let header = BlockHeader(
            version: 1, previous: hash, merkleRoot: .zero, time: .max,
            bits: dice.next() & 1 == 0 ? 0x207F_FFFF : UInt32(truncatingIfNeeded: dice.next()),
            nonce: UInt32(truncatingIfNeeded: dice.next()))
        let transaction = World.transaction(spending: hash, tag: UInt8(dice.next() & 0xFF))
        let address = PeerAddress(
            Endpoint(.ipv4(8, 8, 8, UInt8(dice.next() & 0xFF)), port: 8333), services: .network,
            time: UInt32(truncatingIfNeeded: dice.next()))
        let all: [Message] = [
            .inventory(items), .getData(items), .notFound(items), .headers([header]),
            .headers([header, header]), .transaction(transaction), .addresses([address, address]),
            .addressesV2([address]), .getAddresses, .verack, .pong(dice.next()), .ping(nil),
            .feeFilter(Int64(bitPattern: dice.next())), .sendHeaders,
            .getHeaders(locator: [hash], stop: .max), .getHeaders(locator: [], stop: hash),
            .getBlocks(locator: [hash], stop: hash), .memoryPool,
            .block(Block(header: header, transactions: [transaction])),
            .sendCompact(announces: dice.next() & 1 == 0, version: dice.next() % 4),
            .getBlockTransactions(BlockTransactionsRequest(block: hash, indexes: [0, 7])),
            .version(
                VersionMessage(
                    version: Int32(truncatingIfNeeded: dice.next()), services: .network,
                    time: Int64(bitPattern: dice.next()), receiverServices: [],
                    receiver: .unspecified, nonce: dice.next(), userAgent: "x",
                    startHeight: Int32(truncatingIfNeeded: dice.next()), relaysTransactions: true)),
        ]
        return all.randomElement(using: &dice) ?? .verack
    }
}
