import Cryptography
import Genesis
import Peers
import Primitives
import Testing
import Wire

@Suite("Questions about filters (BIP157)") struct FilterTests {
    /// Two nodes of the same 2,001 blocks, of which the first serves filters.
    private let world: World
    private let all: [Block]

    init() {
        var world = World(seed: 31)
        world.add { $0.services.insert(.compactFilters) }
        world.add()
        all = world.mine(2001, on: 0)
        for block in all { _ = world.nodes[1].chain.accept(block) }
        world.follow(1)
        self.world = world
    }

    /// The blocks a question comes down to; nil if the peer is left for asking.
    private func blocks(
        _ request: FilterRequest, serving isServing: Bool = true
    ) throws -> [BlockHash]? {
        var world = world
        let node = isServing ? 0 : 1
        let id = try world.join(to: node)
        world.shake(hands: id, with: node)
        world.say(.filterRequest(request), to: node, from: id)
        guard !world.info(node).isEmpty else { return nil }
        return world.nodes[node].chain.filterBlocks
    }

    @Test("A thousand filters are sent, and no more")
    func filters() throws {
        let stop = all[1099].hash
        let sent = try blocks(FilterRequest(.filters, from: 101, to: stop))
        #expect(sent == all[100...1099].map(\.hash))
        #expect(try blocks(FilterRequest(.filters, from: 100, to: stop)) == nil)
        #expect(try blocks(FilterRequest(.filters, from: 1100, to: stop)) == [stop])
        #expect(try blocks(FilterRequest(.filters, from: 1101, to: stop)) == nil)
    }

    @Test("Two thousand hashes are sent after the header before them, and no more")
    func headers() throws {
        let sent = try blocks(FilterRequest(.headers, from: 2, to: all[2000].hash))
        #expect(sent == all.map(\.hash))
        #expect(try blocks(FilterRequest(.headers, from: 1, to: all[2000].hash)) == nil)
        let first = try blocks(FilterRequest(.headers, from: 0, to: all[0].hash))
        #expect(first == [world.network.genesisHash, all[0].hash])
    }

    @Test("Every thousandth header is a checkpoint")
    func checkpoints() throws {
        func sent(_ stop: Int) throws -> [BlockHash]? {
            try blocks(FilterRequest(.checkpoints, from: 0, to: all[stop].hash))
        }
        #expect(try sent(2000) == [all[999].hash, all[1999].hash])
        #expect(try sent(1999) == [all[999].hash, all[1999].hash])
        #expect(try sent(998) == [])
    }

    @Test("Unknown types, unknown blocks and a node without filters end the connection")
    func refused() throws {
        for kind in FilterRequest.Kind.allCases {
            let stop = all[10].hash
            #expect(try blocks(FilterRequest(kind, filterType: 1, from: 0, to: stop)) == nil)
            #expect(try blocks(FilterRequest(kind, from: 0, to: .zero)) == nil)
            #expect(try blocks(FilterRequest(kind, from: 0, to: stop), serving: false) == nil)
        }
    }
}
