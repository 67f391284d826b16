import Genesis
import Peers
import Primitives
import Testing
import Wire

@Suite("Whom a node knows") struct ConnectionTests {
    @Test("Nodes of a private network find each other through one of them")
    func gossip() {
        var world = World(seed: 21, network: .yard)
        for index in 0..<3 {
            world.add { settings in
                settings.listeningPort = 18444
                settings.dialsAutomatically = true
                settings.usesSeeds = false
                if index > 0 { settings.addedNodes = ["93.1.3.4:18444"] }
            }
        }
        let claim = { (world: World) in
            (0..<3).allSatisfy { Set(world.info($0).map(\.userAgent)).count == 2 }
        }
        let hold = world.run(atMost: .seconds(600), until: claim)
        #expect(hold, "\(world.info(1).map(\.address))")
    }

    @Test("Added nodes are dialled again and again; removed ones are not")
    func added() {
        var world = World(seed: 22)
        world.add { $0.addedNodes = ["93.9.9.9:1"] }
        world.run(for: .seconds(130), step: .seconds(1))
        #expect(world.nodes[0].dialled.count == 3)
        let isNew = world.nodes[0].swarm.addNode("93.9.9.9:1", isEncrypted: false)
        #expect(!isNew)
        #expect(world.nodes[0].swarm.addedNodes.map(\.name) == ["93.9.9.9:1"])
        let removed = (0..<2).map { _ in world.nodes[0].swarm.removeNode("93.9.9.9:1") }
        #expect(removed == [true, false])
        world.run(for: .seconds(130), step: .seconds(1))
        #expect(world.nodes[0].dialled.count == 3)
    }

    @Test("Banned addresses are closed and refused until the ban ends")
    func bans() throws {
        var world = World(seed: 23)
        world.add()
        _ = try world.join(to: 0)
        let subnet = try #require(Subnet("93.99.0.0/16"))
        let until = world.now.components.seconds + 60
        let actions = world.nodes[0].swarm.ban(subnet, until: until, at: world.now)
        #expect(actions?.contains { if case .disconnect = $0 { true } else { false } } == true)
        let again = world.nodes[0].swarm.ban(subnet, until: nil, at: world.now)
        #expect(again == nil)
        let (refused, exempt) = (world.attach(to: 0), world.attach(to: 0, permissions: .noBan))
        #expect(refused == nil)
        #expect(exempt != nil)
        let list = world.nodes[0].swarm.bannedSubnets(at: world.now)
        #expect(list.map(\.until) == [until])
        world.run(for: .seconds(61), step: .seconds(1))
        _ = try world.join(to: 0)
    }

    @Test("Above the limit of inbound connections one of little use gives way")
    func eviction() {
        var world = World(seed: 24)
        world.add { $0.maximumConnections = 51 }
        for index in 0..<60 {
            _ = world.attach(
                to: 0, at: Endpoint(.ipv4(93, UInt8(100 + index % 50), 1, UInt8(index)), port: 1))
            world.run(for: .milliseconds(100))
        }
        #expect(world.nodes[0].swarm.counts.inbound == 40)
    }

    @Test("Inactive, the network has no connections and takes none")
    func inactive() throws {
        var world = World(seed: 25)
        world.add()
        world.add()
        world.connect(0, to: 1)
        world.run(for: .seconds(1))
        for action in world.nodes[0].swarm.setActive(false) {
            if case .disconnect(let id) = action {
                world.handle(.disconnected(id), of: 0)
            }
        }
        #expect(world.info(0).isEmpty)
        let refused = world.attach(to: 0)
        #expect(refused == nil)
        _ = world.nodes[0].swarm.setActive(true)
        _ = try world.join(to: 0)
    }

    @Test("Subnets read, print and contain as their bits say")
    func subnets() throws {
        #expect(Subnet("1.2.3.4")?.description == "1.2.3.4/32")
        #expect(Subnet("1.2.3.4/16")?.description == "1.2.0.0/16")
        #expect(Subnet("1.2.3.4/255.255.255.0")?.description == "1.2.3.0/24")
        #expect(Subnet("fe80::1/10")?.description == "fe80::/10")
        #expect(Subnet("1.2.3.4/33") == nil)
        #expect(Subnet("1.2.3.4/255.0.255.0") == nil)
        #expect(Subnet("1.2.3.4/") == nil)
        let subnet = try #require(Subnet("127.0.0.0/8"))
        #expect(subnet.contains(.ipv4(127, 9, 9, 9)))
        #expect(!subnet.contains(.ipv4(128, 0, 0, 0)))
    }

    @Test("Permissions read as Bitcoin Core's do")
    func permissions() throws {
        let grant = try Grant(parsing: "noban,in,out@127.0.0.1")
        #expect(grant.isForInbound && grant.isForOutbound)
        #expect(grant.permissions.names == ["noban", "download"])
        #expect(
            try Grant(parsing: "127.0.0.1").permissions.names == [
                "noban", "relay", "mempool", "download",
            ])
        let plain = Permissions.implicit(relays: false)
        #expect(
            try Grant(parsing: "127.0.0.1", implicit: plain).permissions.names == [
                "noban", "mempool", "download",
            ])
        let forcing = Permissions.implicit(relays: false, forcesRelay: true)
        #expect(
            try Grant(parsing: "127.0.0.1", implicit: forcing).permissions.names == [
                "noban", "forcerelay", "relay", "mempool", "download",
            ])
        #expect(try Grant(parsing: "relay@::1", implicit: forcing).permissions == .relay)
        #expect(try Grant(parsing: "all@::/0").permissions.names.count == 7)
        #expect(throws: GrantError.self) { try Grant(parsing: "nobody@127.0.0.1") }
        #expect(throws: GrantError.self) { try Grant(parsing: "in@127.0.0.1") }
        #expect(throws: GrantError.self) { try Grant(parsing: "noban@name") }
    }

    @Test("Peers that come to us add no address to our own: they count for those the operator named")
    func ownAddresses() throws {
        let named = Endpoint(.ipv4(93, 5, 5, 5), port: 8333)
        for external in [[], [named]] {
            var world = World(seed: 5)
            world.add {
                $0.listeningPort = 8333
                $0.externalEndpoints = external
            }
            for peer in 1...4 as ClosedRange<UInt8> {
                let endpoint = Endpoint(.ipv4(93, 99, peer, 1), port: 5000)
                let attached = world.attach(to: 0, at: endpoint)
                let id = try #require(attached)
                let receiver = peer == 4 ? named : Endpoint(.ipv4(93, 6, peer, 6), port: 8333)
                world.say(
                    .version(
                        VersionMessage(
                            version: 70016, services: .network, time: 0, receiverServices: [],
                            receiver: receiver, nonce: UInt64(peer), userAgent: "/t/",
                            startHeight: 0, relaysTransactions: true)),
                    .verack, to: 0, from: id)
            }
            #expect(world.info(0).count == 4)
            let own = world.nodes[0].swarm.localAddresses
            #expect(own.map(\.endpoint) == external)
            #expect(own.map(\.score) == external.map { _ in 5 })
        }
    }

    @Test("What is answered to getaddr is the same for all of one entrance, and another at another")
    func answers() throws {
        var world = World(seed: 27)
        world.add()
        let now = world.now.components.seconds
        world.nodes[0].swarm.restore(
            (0..<200).map { number in
                let endpoint = Endpoint(.ipv4(50, UInt8(number), 1, 1), port: 8333)
                return KnownAddress(
                    PeerAddress(
                        endpoint, services: .network, time: UInt32(clamping: now - 100)),
                    sourceGroup: [])
            })
        let clear = Endpoint(.ipv4(93, 1, 3, 4), port: 8333)
        let hidden = Endpoint(.ipv4(127, 0, 0, 1), port: 8334)
        var answers: [Set<Endpoint>] = []
        for number in 1...4 as ClosedRange<UInt8> {
            let isOnion = number > 2
            let attached = world.attach(
                to: 0, at: Endpoint(.ipv4(93, 99, number, 1), port: 5000),
                to: isOnion ? hidden : clear, isOnion: isOnion)
            let id = try #require(attached)
            world.shake(hands: id, with: 0, nonce: UInt64(number))
            world.say(.getAddresses, to: 0, from: id)
            world.run(for: .seconds(300), step: .seconds(1))
            answers.append(world.addresses(told: id, by: 0))
        }
        #expect(answers.map(\.count) == [46, 46, 46, 46])
        #expect(answers[0] == answers[1] && answers[2] == answers[3])
        #expect(answers[0] != answers[2])
    }

    @Test("A peer is told the address of ours that is of its own network, and none of another")
    func ownAddress() throws {
        let onion = try #require(
            NetworkAddress(kind: .onion, bytes: [UInt8](repeating: 7, count: 32)))
        let six = try #require(Endpoint("[2a00::5]:8333", defaultPort: 0))
        let own = [Endpoint(onion, port: 8333), Endpoint(.ipv4(93, 5, 5, 5), port: 8333), six]
        let callers: [(at: Endpoint, isOnion: Bool, told: Endpoint?)] = [
            (Endpoint(.ipv4(93, 99, 1, 1), port: 1), false, own[1]),
            (Endpoint(.ipv4(127, 0, 0, 1), port: 1), true, own[0]),
            (try #require(Endpoint("[2a01::1]:1", defaultPort: 0)), false, own[2]),
        ]
        for hidden in [false, true] {
            for caller in callers {
                var world = World(seed: 28)
                world.add { $0.externalEndpoints = hidden ? [own[0]] : own }
                let attached = world.attach(to: 0, at: caller.at, isOnion: caller.isOnion)
                let id = try #require(attached)
                world.shake(hands: id, with: 0)
                // It has to be known that the peer exchanges addresses.
                world.say(.getAddresses, to: 0, from: id)
                world.run(for: .seconds(60))
                let told = hidden && !caller.isOnion ? nil : caller.told
                #expect(world.addresses(told: id, by: 0) == Set([told].compactMap { $0 }))
            }
        }
    }

    @Test("The address book stays bounded, whoever fills it")
    func addressBook() {
        var book = AddressBook(allowsPrivate: false)
        for index in 0..<5000 {
            let endpoint = Endpoint(
                .ipv4(50, 1, UInt8(index >> 8), UInt8(index & 0xFF)), port: 8333)
            book.add(
                PeerAddress(endpoint, services: .network, time: 1_700_000_000),
                from: .ipv4(60, 1, 1, 1), at: 1_700_000_000)
        }
        #expect(book.count == AddressBook.maximumOfOneSource)
        let own = Endpoint(.ipv4(192, 168, 1, 1), port: 8333)
        #expect(!book.accepts(own))
        #expect(AddressBook(allowsPrivate: true).accepts(own))
    }

    private static let time: Int64 = 1_700_000_000

    private func known(_ number: Int, age: Int64 = 0, isTried: Bool = false) -> KnownAddress {
        KnownAddress(
            PeerAddress(
                Endpoint(
                    .ipv4(50, UInt8(number >> 16), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)),
                    port: 8333),
                services: [.network, .witness], time: UInt32(clamping: Self.time - age)),
            sourceGroup: [UInt8(number & 0xFF)], isTried: isTried)
    }

    @Test("One address that answered is dialled as often as all hearsay together")
    func evenChance() {
        var dialled = 0
        for seed in 0..<40 as Range<UInt64> {
            var world = World(seed: seed)
            world.add {
                $0.dialsAutomatically = true
                $0.usesSeeds = false
            }
            let proven = known(0, isTried: true)
            world.nodes[0].swarm.restore((1...2000).map { known($0) } + [proven])
            world.run(for: .milliseconds(100))
            #expect(world.nodes[0].dialled.count == 1)
            if world.nodes[0].dialled == ["\(proven.address.endpoint)"] { dialled += 1 }
        }
        #expect((10...30).contains(dialled), "\(dialled)")
    }

    @Test("What is told to a full book drives out only what is of no use", arguments: [0, 40])
    func fullBook(_ days: Int64) {
        var book = AddressBook(allowsPrivate: false)
        book.restore((0..<AddressBook.maximumHeard).map { known($0, age: days * 86_400) })
        #expect(book.count == AddressBook.maximumHeard)
        let news = (0..<100).map { known(0x10_0000 + $0).address }
        let taken = news.filter { book.add($0, from: .ipv4(60, 1, 1, 1), at: Self.time) }
        // Two of the news may be meant for one place.
        #expect(days == 0 ? taken.isEmpty : taken.count > 95)
        #expect(book.count == AddressBook.maximumHeard)
    }

    @Test("Attempts are held against an address only while others are reached")
    func failures() throws {
        for reached in [0, 1, 2] as [UInt8] {
            var world = World(seed: 29)
            world.add {
                $0.dialsAutomatically = true
                $0.usesSeeds = false
            }
            for number in 0..<reached {
                _ = world.attach(
                    to: 0, kind: .manual, at: Endpoint(.ipv4(93, number, 1, 1), port: 8333))
            }
            world.nodes[0].swarm.restore([known(1)])
            world.run(for: .seconds(1))
            let entry = try #require(world.nodes[0].swarm.book.all.first)
            #expect(entry.lastTry > 0)
            #expect(entry.attempts == (reached < 2 ? 0 : 1))
        }
    }
}
