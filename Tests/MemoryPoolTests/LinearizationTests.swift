import Cryptography
import MemoryPool
import TestSupport
import Testing

@Suite("The order of a cluster") struct LinearizationTests {
    /// A random cluster: each transaction may depend on those before it.
    private func cluster(
        _ count: Int, rates: ClosedRange<Int64>, _ generator: inout SeededGenerator
    ) -> [Linearization.Node] {
        (0..<count).map { index in
            var parents: UInt64 = 0
            for parent in 0..<index where Int.random(in: 0..<3, using: &generator) == 0 {
                parents |= 1 << UInt64(parent)
            }
            let id = Hash256(
                words: (
                    generator.next(), generator.next(), generator.next(), generator.next()
                ))
            return Linearization.Node(
                rate: FeeFraction(
                    fee: .random(in: rates, using: &generator),
                    size: .random(in: 1...8, using: &generator)),
                parents: parents, tieBreak: TieBreak(id))
        }
    }

    /// The rates of the best chunks, by trying every set.
    private func bestChunks(_ nodes: [Linearization.Node]) -> [(rate: FeeFraction, count: Int)] {
        var placed: UInt64 = 0
        var chunks: [(rate: FeeFraction, count: Int)] = []
        let all: UInt64 = (1 << UInt64(nodes.count)) - 1
        while placed != all {
            var best: (set: UInt64, rate: FeeFraction)?
            for set in 1...all where set & placed == 0 {
                var rate = FeeFraction.empty
                var isClosed = true
                for index in nodes.indices where set & (1 << UInt64(index)) != 0 {
                    rate = rate + nodes[index].rate
                    if nodes[index].parents & ~(set | placed) != 0 { isClosed = false }
                }
                guard isClosed else { continue }
                if let current = best {
                    let isBetter = rate.isHigherRate(than: current.rate)
                    let isSmaller =
                        rate.isSameRate(as: current.rate)
                        && set.nonzeroBitCount < current.set.nonzeroBitCount
                    if !isBetter && !isSmaller { continue }
                }
                best = (set, rate)
            }
            guard let best else { break }
            placed |= best.set
            chunks.append((best.rate, best.set.nonzeroBitCount))
        }
        return chunks
    }

    @Test("Chunks are those that trying every set finds", arguments: 0..<150)
    func chunksAreBest(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        // Few different rates make ties, which are to be cut as small as they can be. Where most
        // are below zero it takes several steps from the best ancestors to the best set.
        let rates = [0...3, -5...200, -300...100] as [ClosedRange<Int64>]
        let nodes = cluster(
            .random(in: 1...9, using: &generator), rates: rates[Int(seed % 3)], &generator)
        let linear = Linearization(nodes)
        let expected = bestChunks(nodes)
        #expect(linear.chunks.count == expected.count, "seed \(seed)")
        for (chunk, best) in zip(linear.chunks, expected) {
            #expect(chunk.rate.isSameRate(as: best.rate), "seed \(seed)")
        }
    }

    @Test("Parents come first, rates fall, and each is placed once", arguments: 100..<130)
    func orderIsValid(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let nodes = cluster(
            .random(in: 1...64, using: &generator),
            rates: seed % 2 == 0 ? -100...100_000 : -10_000...5000, &generator)
        let linear = Linearization(nodes)
        var placed: UInt64 = 0
        for index in linear.order {
            #expect(nodes[index].parents & ~placed == 0, "seed \(seed)")
            placed |= 1 << UInt64(index)
        }
        #expect(linear.order.count == nodes.count)
        #expect(placed.nonzeroBitCount == nodes.count)
        for (chunk, next) in zip(linear.chunks, linear.chunks.dropFirst()) {
            #expect(!next.rate.isHigherRate(than: chunk.rate), "seed \(seed)")
        }
        #expect(linear.chunks.reduce(0) { $0 + $1.count } == nodes.count)
    }

    private struct Amounts: Sendable {
        var fee: Int64
        var size: Int64
        var parents: UInt64

        init(_ fee: Int64, _ size: Int64, _ parents: UInt64) {
            self.fee = fee
            self.size = size
            self.parents = parents
        }
    }

    private static let clusters: [[Amounts]] = [
        [.init(10, 7, 0), .init(42, 3, 1), .init(47, 4, 2), .init(85, 2, 1), .init(49, 5, 12)],
        // The operator took from the fees, so that all ancestor sets pay less than nothing.
        [
            .init(1600, 459, 0), .init(-16116, 459, 0), .init(6400, 797, 2), .init(5200, 797, 4),
            .init(-7367, 459, 2), .init(5600, 797, 17), .init(200, 628, 16), .init(3800, 797, 64),
            .init(7600, 628, 128), .init(400, 628, 64), .init(2205, 459, 128),
            .init(-1154, 628, 8), .init(-8871, 459, 0), .init(3600, 459, 4096),
            .init(2600, 797, 6144),
        ],
    ]

    @Test("A set is not taken for the best because it is all that is left", arguments: 0..<2)
    func allIsNotBest(_ number: Int) {
        let amounts = Self.clusters[number]
        let nodes = amounts.enumerated().map { index, node in
            Linearization.Node(
                rate: FeeFraction(fee: node.fee, size: node.size), parents: node.parents,
                tieBreak: TieBreak(Hash256(words: (UInt64(index), 0, 0, 0))))
        }
        let rates = Linearization(nodes).chunks.map(\.rate)
        #expect(rates == bestChunks(nodes).map(\.rate))
        #expect(zip(rates, rates.dropFirst()).allSatisfy { !$1.isHigherRate(than: $0) })
    }

    @Test("A child that pays for its parent is mined with it")
    func childPaysForParent() {
        let parent = Linearization.Node(
            rate: FeeFraction(fee: 0, size: 100), parents: 0, tieBreak: TieBreak(.zero))
        let child = Linearization.Node(
            rate: FeeFraction(fee: 1000, size: 100), parents: 1, tieBreak: TieBreak(.max))
        let linear = Linearization([parent, child])
        #expect(linear.order == [0, 1])
        #expect(linear.chunks.map(\.count) == [2])
    }
}

@Suite("Feerate diagrams") struct FeerateDiagramTests {
    private func fraction(_ fee: Int64, _ size: Int64) -> FeeFraction {
        FeeFraction(fee: fee, size: size)
    }

    @Test("More fee for the same size is better; the same is not")
    func fee() {
        let old = [fraction(1000, 100)]
        #expect(FeerateDiagram.improves([fraction(1001, 100)], on: old))
        #expect(!FeerateDiagram.improves(old, on: old))
        #expect(!FeerateDiagram.improves([fraction(999, 100)], on: old))
    }

    @Test("What pays more in all, but less at first, is not better")
    func crossing() {
        let old = [fraction(1000, 100), fraction(100, 100)]
        #expect(!FeerateDiagram.improves([fraction(1500, 200)], on: old))
        #expect(FeerateDiagram.improves([fraction(1000, 90), fraction(100, 90)], on: old))
    }

    @Test("The same fee in less room is better")
    func size() {
        #expect(FeerateDiagram.improves([fraction(1000, 99)], on: [fraction(1000, 100)]))
        #expect(!FeerateDiagram.improves([fraction(1000, 101)], on: [fraction(1000, 100)]))
    }
}
