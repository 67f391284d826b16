import Peers
import Testing
import Wire

@Suite("Whom to part with for another") struct EvictionTests {
    /// Inbound connections, the oldest first, each from a group of its own.
    private func crowd(
        _ count: Int, _ edit: (inout EvictionCandidate, Int) -> Void = { _, _ in }
    ) -> [EvictionCandidate] {
        (0..<count).map { number in
            var candidate = EvictionCandidate(
                id: PeerID(rawValue: Int64(number)), connectedAt: .seconds(number),
                group: UInt64(number))
            edit(&candidate, number)
            return candidate
        }
    }

    /// Those that are left when as many have come as could drive any away.
    private func last(of crowd: [EvictionCandidate]) -> [Int64] {
        var rest = crowd
        while let chosen = rest.chosen() { rest.removeAll { $0.id == chosen } }
        return rest.map(\.id.rawValue)
    }

    private func spared(_ crowd: [EvictionCandidate]) -> [Int64] {
        var rest = crowd
        rest.spareByShares()
        let left = Set(rest.map(\.id))
        return crowd.map(\.id).filter { !left.contains($0) }.map(\.rawValue)
    }

    @Test("Places for peers that pass blocks alone are not taken by who never introduced itself")
    func blockRelay() {
        // Four for their groups, eight for their pings, four for transactions, four for blocks.
        #expect(last(of: crowd(60)).count == 20)
        #expect(last(of: crowd(60) { one, _ in one.isUseful = true }).count == 28)
        let relaying = crowd(60) { one, _ in (one.isUseful, one.relaysTransactions) = (true, true) }
        #expect(last(of: relaying).count == 20)
    }

    @Test("Each virtue keeps the best few, however young", arguments: 0..<4)
    func virtues(_ virtue: Int) {
        let best = Set<Int64>(90..<94)
        let kept = last(
            of: crowd(100) { one, number in
                one.group = 0
                guard best.contains(Int64(number)) else { return }
                switch virtue {
                case 0: one.group = UInt64(number)
                case 1: one.minimumPing = .milliseconds(number)
                case 2: one.lastTransaction = .seconds(number)
                default: one.lastBlock = .seconds(number)
                }
            })
        #expect(best.isSubset(of: kept), "\(kept)")
        #expect(!kept.contains(89) && !kept.contains(99), "\(kept)")
    }

    @Test("The youngest of the largest group goes, of two the one with the younger")
    func groups() {
        let candidates = crowd(100) { one, number in
            one.group = number < 60 ? UInt64(1000 + number) : UInt64(number % 2)
        }
        #expect(candidates.chosen() == PeerID(rawValue: 99))
        let larger = candidates.map { candidate in
            var candidate = candidate
            if candidate.id.rawValue == 97 { candidate.group = 0 }
            return candidate
        }
        #expect(larger.chosen() == PeerID(rawValue: 98))
    }

    @Test("One whose address misbehaved before goes first")
    func discouraged() {
        #expect(crowd(100).chosen() == PeerID(rawValue: 95))
        let candidates = crowd(100) { one, number in one.isDiscouraged = number == 80 }
        #expect(candidates.chosen() == PeerID(rawValue: 80))
    }

    @Test("Half is spared for its age; of that half goes to where connections are slow")
    func shares() {
        #expect(spared(crowd(12)) == [0, 1, 2, 3, 4, 5])
        let onions = crowd(12) { one, number in if number >= 8 { one.origin = .onion } }
        #expect(spared(onions) == [0, 1, 2, 8, 9, 10])
        // What one does not need is the others'.
        let mixed = crowd(16) { one, number in
            switch number {
            case 15: one.origin = .i2p
            case 10...14: one.origin = .local
            default: break
            }
        }
        #expect(spared(mixed) == [0, 1, 2, 3, 10, 11, 12, 15])
        #expect(spared(crowd(1) { one, _ in one.origin = .onion }) == [])
    }

    @Test("The same groups are spared each time, or none would be")
    func constantKey() {
        var world = World(seed: 43)
        world.add { $0.maximumConnections = 32 }
        for number in 0..<21 as Range<UInt8> {
            _ = world.attach(to: 0, at: Endpoint(.ipv4(93, number, 1, 1), port: 1))
            world.run(for: .milliseconds(100))
        }
        #expect(world.nodes[0].swarm.counts.inbound == 21)
        var gone: Set<Set<Int64>> = []
        for count in 0..<60 {
            var world = world
            // Numbers are drawn meanwhile.
            for _ in 0..<count { _ = world.attach(to: 0, kind: .manual) }
            _ = world.attach(to: 0, at: Endpoint(.ipv4(94, 1, 1, 1), port: 1))
            let here = Set(world.info(0).map(\.id))
            gone.insert(Set(0..<21).subtracting(here))
        }
        #expect(gone.count == 1, "\(gone)")
        #expect(gone.first?.count == 1)
    }
}
