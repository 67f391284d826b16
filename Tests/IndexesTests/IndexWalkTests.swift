import Chain
import Cryptography
import Indexes
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Indexes against a walk through all blocks", .serialized) struct IndexWalkTests {
    @Test(
        "Whatever the chain does, and whenever it stops, indexes have what a recount gives",
        arguments: WalkSeeds.asked)
    func anything(_ seed: UInt64) async throws {
        var walk = try await IndexWalk(seed: seed)
        for _ in 0..<40 {
            try await walk.step()
            if Bool.random(using: &walk.random) { try await walk.compare() }
        }
        try await walk.compareAll()
        try await walk.end()
        #expect(walk.kinds.count >= 5, "seed \(seed) has tried too little")
    }
}

/// A chain that random things happen to, and the indexes that follow it.
private struct IndexWalk {
    private enum Kind: CaseIterable {
        case extend, fork, invalidate, reconsider, restartIndexes, restart, crash, anew
    }

    var random: SeededGenerator
    private var chain: IndexedChain
    private var indexes: Followers
    private var entries: [BlockHash: (block: Block, height: Int)] = [:]
    /// Oldest first.
    private var order: [BlockHash] = []
    private var condemned: [BlockHash] = []
    private var tag: UInt64 = 100
    private(set) var kinds: Set<String> = []

    private struct Followers {
        var filters: BlockFilterIndex
        var coins: CoinStatisticsIndex
        var addresses: AddressIndex
        var spenders: SpenderIndex

        init(over chain: IndexedChain, anew: Int? = nil) throws {
            filters = try chain.filters(isAnew: anew == 0)
            coins = try chain.coins(isAnew: anew == 1)
            addresses = try chain.addresses(isAnew: anew == 2)
            spenders = try chain.spenders(isAnew: anew == 3)
        }

        func build(over chain: IndexedChain) async throws {
            try await chain.build(filters)
            try await chain.build(coins)
            try await chain.build(addresses)
            try await chain.build(spenders)
        }

        func close() async {
            await filters.close()
            await coins.close()
            await addresses.close()
            await spenders.close()
        }
    }

    init(seed: UInt64) async throws {
        random = SeededGenerator(seed: seed)
        chain = try await IndexedChain()
        indexes = try Followers(over: chain)
        let start = chain.busyBlocks(103, onto: chain.builder.genesis)
        try await chain.submit(start)
        try await indexes.build(over: chain)
        for block in start { keep(block) }
    }

    func end() async throws {
        await indexes.close()
        try await chain.validator.close()
    }

    private mutating func keep(_ block: Block) {
        let height = (entries[block.header.previous]?.height ?? 0) + 1
        entries[block.hash] = (block, height)
        order.append(block.hash)
    }

    private func path(to hash: BlockHash) -> [Block] {
        var path: [Block] = []
        var next = entries[hash]
        while let entry = next {
            path.append(entry.block)
            next = entries[entry.block.header.previous]
        }
        return path.reversed()
    }

    // MARK: Steps

    mutating func step() async throws {
        let kind = Kind.allCases.randomElement(using: &random) ?? .extend
        kinds.insert("\(kind)")
        let count = Int.random(in: 1...4, using: &random)
        switch kind {
        case .extend: try await submit(count, onto: chain.validator.tip.hash)
        case .fork: try await submit(count, onto: place())
        case .invalidate:
            let hash = place()
            if try await chain.validator.invalidate(hash) { condemned.append(hash) }
        case .reconsider:
            guard let hash = condemned.popLast() else { return }
            _ = try await chain.validator.reconsider(hash)
        case .restartIndexes, .anew:
            await indexes.close()
            // The chain moves on meanwhile.
            try await submit(count, onto: place())
            indexes = try Followers(
                over: chain, anew: kind == .anew ? Int.random(in: 0..<4, using: &random) : nil)
            if kind == .anew { try await indexes.build(over: chain) }
        case .restart:
            await indexes.close()
            try await chain.validator.close()
            try await open(in: chain.folder)
        case .crash:
            let folder = chain.folder
            // All is dropped as the end of the process would drop it.
            chain = try await IndexedChain()
            indexes = try Followers(over: chain)
            try await open(in: folder)
        }
    }

    private mutating func open(in folder: TemporaryFolder) async throws {
        for attempt in 0..<200 {
            do {
                chain = try await IndexedChain(in: folder)
                indexes = try Followers(over: chain)
                return
            } catch let error as StorageError
                where attempt < 199 && error.reason.contains("lock")
            {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// A block not far below the tip, or at the end of some branch.
    private mutating func place() -> BlockHash {
        let recent = order.suffix(12).filter { entries[$0].map { $0.height > 98 } ?? false }
        return recent.randomElement(using: &random) ?? chain.validator.tip.hash
    }

    /// Blocks of which each spends the coinbase a hundred below it.
    private mutating func submit(_ count: Int, onto parent: BlockHash) async throws {
        tag += 1
        let path = path(to: parent)
        let blocks = chain.busyBlocks(
            count, onto: chain.position(after: path), tag: tag,
            spending: Array(path.dropFirst(max(0, path.count - 100))))
        for block in blocks {
            // Of those on a condemned one nothing is taken.
            if case .rejected = try await chain.validator.submit(block: block) { return }
            keep(block)
        }
    }

    // MARK: Comparing

    mutating func compare() async throws {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: try await chain.expectFilters(indexes.filters)
        case 1: try await chain.expectRecount(indexes.coins)
        case 2: try await chain.expectAddresses(indexes.addresses)
        default: try await compareSpenders()
        }
    }

    /// A branch that was cut short stays in this index until a block comes in its place, as in
    /// Bitcoin Core: one comes first. On a chain so short that no coinbase is mature none can.
    private mutating func compareSpenders() async throws {
        let before = chain.validator.tip.hash
        try await submit(1, onto: before)
        guard chain.validator.tip.hash != before else { return }
        try await chain.expectSpenders(indexes.spenders)
    }

    mutating func compareAll() async throws {
        try await chain.expectFilters(indexes.filters)
        try await chain.expectRecount(indexes.coins)
        try await chain.expectAddresses(indexes.addresses)
        try await compareSpenders()
    }
}
