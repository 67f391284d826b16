import Consensus
import Cryptography
import MemoryPool
import Primitives
import Scripting
import Testing

@Suite("Replacement") struct ReplacementTests {
    private var builder = PoolBuilder()

    @Test("A rival that pays more, for itself too, takes the place of the first and its children")
    mutating func replaces() throws {
        let point = builder.coin(100_000)
        let first = builder.spend([point], paying: [99_000], sequence: 0xffff_ffff)
        let child = builder.spend([first.point()], paying: [98_000])
        try builder.add(first)
        try builder.add(child)
        let rival = builder.spend([point], paying: [90_000])
        let admission = try builder.judge(rival)
        #expect(Set(admission.replaced) == [first.txid, child.txid])
        try builder.pool.commit(admission, in: builder.context)
        #expect(builder.pool.count == 1)
        #expect(builder.pool.contains(txid: rival.txid))
        let kinds = builder.pool.takeChanges().map(\.kind)
        #expect(kinds == [.added, .added, .removed(.replaced), .removed(.replaced), .added])
    }

    @Test("A rival must pay at least what goes, and for its own relay above that")
    mutating func fees() throws {
        let point = builder.coin(100_000)
        try builder.add(builder.spend([point], paying: [99_000]))
        let size = builder.spend([point], paying: [98_000]).virtualSize
        let relay = Int64((size * 100 + 999) / 1000)
        #expect(builder.reason(builder.spend([point], paying: [99_001])) == "insufficient fee")
        #expect(
            builder.reason(builder.spend([point], paying: [99_000 - relay + 1]))
                == "insufficient fee")
        #expect(builder.reason(builder.spend([point], paying: [99_000 - relay])) == nil)
    }

    @Test("A rival that pays more in all but a lower rate is refused")
    mutating func diagram() throws {
        let point = builder.coin(1_000_000)
        let extra = (0..<20).map { _ in builder.coin(10_000) }
        try builder.add(builder.spend([point], paying: [998_000]))
        let rival = builder.spend([point] + extra, paying: [998_000 + 200_000 - 3000])
        #expect(builder.reason(rival) == "replacement-failed")
    }

    @Test("A transaction cannot spend from what it replaces")
    mutating func ancestors() throws {
        let point = builder.coin(100_000)
        let first = builder.spend([point], paying: [99_000])
        try builder.add(first)
        let rival = builder.spend([point, first.point()], paying: [100_000])
        #expect(builder.reason(rival) == "bad-txns-spends-conflicting-tx")
    }

    @Test("Where replacement is not allowed, a conflict is refused")
    mutating func disallowed() throws {
        let point = builder.coin(100_000)
        try builder.add(builder.spend([point], paying: [99_000]))
        let rival = builder.spend([point], paying: [50_000])
        #expect(throws: MempoolRejection(.mempoolPolicy, "bip125-replacement-disallowed")) {
            try builder.judge(rival, options: AdmissionOptions(allowsReplacement: false))
        }
    }

    @Test("More than a hundred clusters are not replaced at once")
    mutating func tooMany() throws {
        let points = (0..<101).map { _ in builder.coin(10_000) }
        for point in points { try builder.add(builder.spend([point], paying: [9_900])) }
        #expect(
            builder.reason(builder.spend(points, paying: [100_000]))
                == "too many potential replacements")
        #expect(builder.reason(builder.spend(Array(points.dropLast()), paying: [100_000])) == nil)
    }
}

@Suite("Version 3 (BIP431)") struct RestrictedTests {
    private var builder = PoolBuilder()

    @Test("Versions do not mix") mutating func mixing() throws {
        let plain = builder.spend([builder.coin(100_000)], paying: [99_000])
        let restricted = builder.spend([builder.coin(100_000)], paying: [99_000], version: 3)
        try builder.add(plain)
        try builder.add(restricted)
        #expect(
            builder.reason(builder.spend([plain.point()], paying: [98_000], version: 3))
                == "TRUC-violation")
        #expect(
            builder.reason(builder.spend([restricted.point()], paying: [98_000]))
                == "TRUC-violation")
        #expect(
            builder.reason(builder.spend([restricted.point()], paying: [98_000], version: 3))
                == nil)
    }

    @Test("A second child takes the first one's place, if it pays for that")
    mutating func sibling() throws {
        let parent = builder.spend([builder.coin(100_000)], paying: [49_000, 50_000], version: 3)
        try builder.add(parent)
        let first = builder.spend([parent.point(0)], paying: [48_000], version: 3)
        try builder.add(first)
        let poor = builder.spend([parent.point(1)], paying: [49_500], version: 3)
        #expect(builder.reason(poor) == "insufficient fee (including sibling eviction)")
        let rich = builder.spend([parent.point(1)], paying: [40_000], version: 3)
        try builder.add(rich)
        #expect(!builder.pool.contains(txid: first.txid))
        let grandchild = builder.spend([rich.point()], paying: [39_000], version: 3)
        #expect(builder.reason(grandchild) == "TRUC-violation")
    }
}
