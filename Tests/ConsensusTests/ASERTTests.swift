import Consensus
import Genesis
import Primitives
import TestSupport
import Testing

@Suite("Exponentially scheduled targets (aserti3-2d)") struct ASERTTests {
    private static let limit = UInt256.decodeCompact(0x1d00_ffff).value

    /// The published setting: ten minutes apart, half-life two days.
    private func published(
        _ bits: UInt32, time: Int64, height: Int64, anchorHeight: Int64 = 1
    ) -> UInt32 {
        ASERT.target(
            anchorTarget: UInt256.decodeCompact(bits).value, spacing: 600, timeDelta: time,
            heightDelta: height - anchorHeight, limit: Self.limit, halfLife: 172_800
        ).compact
    }

    @Test("Published: on schedule at the limit the target stays")
    func steady() {
        for height in Int64(2)...11 {
            #expect(published(0x1d00_ffff, time: 600 * height, height: height) == 0x1d00_ffff)
        }
    }

    @Test("Published: from the least target, each half-life of delay doubles it")
    func doubling() {
        for step in Int64(0)..<200 {
            let target = ASERT.target(
                anchorTarget: 1, spacing: 600, timeDelta: 1200 + (step + 1) * 172_800,
                heightDelta: 1, limit: Self.limit, halfLife: 172_800)
            #expect(target == .one << Int(step + 1))
        }
        #expect(published(0x0101_0000, time: 174_000, height: 2) == 0x0102_0000)
    }

    @Test("Values of the published formula worked out in unbounded integers")
    func values() {
        let rows: [(UInt32, Int64, Int64, UInt32)] = [
            (0x1b0404cb, 119, 1, 0x1b040498),
            (0x1e0fffff, 433250, 2016, 0x1e0fffff),
            (0x1b0404cb, 122820, 2016, 0x1b05aecf),
            (0x01010000, -99878980, 2016, 0x01010000),
            (0x1d00ffff, 117420, 2016, 0x1c7fff80),
            (0x01010000, 66544, 1, 0x030577c8),
            (0x1d00ffff, 6000061, 100000, 0x1d01000b),
            (0x1e0fffff, 119999999, 2000000, 0x1e0fd04f),
            (0x01010000, 119991486, 2000000, 0x01010000),
            (0x01010000, -93999940, 100000, 0x01010000),
            (0x1d00ffff, 120, 1, 0x1d00ffff),
            (0x01010000, 100006060, 100, 0x1e0fffff),
            (0x01010000, 119999999, 2000000, 0x01010000),
            (0x01010000, 124620, 2016, 0x01020000),
            (0x1e0fffff, 124620, 2016, 0x1e0fffff),
            (0x1d00ffff, 220000060, 2000000, 0x1e0fffff),
            (0x1e0fffff, 6136225, 100000, 0x1e0fffff),
            (0x1b0404cb, 106000060, 100000, 0x1e0fffff),
            (0x01010000, 2160, 5, 0x01010000),
            (0x01010000, 61, 0, 0x01010000),
            (0x01010000, -3480, 1, 0x01010000),
            (0x1e0fffff, 119092733, 2000000, 0x01010000),
            (0x1b0404cb, 9660, 100, 0x1b080996),
            (0x1e0fffff, 120959, 2016, 0x1e0fd04f),
        ]
        for (bits, time, height, expected) in rows {
            let target = ASERT.target(
                anchorTarget: UInt256.decodeCompact(bits).value, spacing: 60, timeDelta: time,
                heightDelta: height, limit: Network.yard.consensus.powLimit, halfLife: 3600)
            #expect(target.compact == expected)
        }
    }

    @Test("The target never passes the limit nor falls to zero")
    func bounds() {
        for time in [Int64.min, -1_000_000_000, 0, 1_000_000_000, Int64.max] {
            let target = ASERT.target(
                anchorTarget: Self.limit, spacing: 600, timeDelta: time, heightDelta: 0,
                limit: Self.limit, halfLife: 172_800)
            #expect(target > .zero && target <= Self.limit)
        }
    }

    @Test("Halving the pace for a half-life doubles the target; haste halves it")
    func pace() {
        let start = UInt256.decodeCompact(0x1b04_04cb).value
        func target(_ late: Int64) -> UInt256 {
            ASERT.target(
                anchorTarget: start, spacing: 60, timeDelta: 60 * 101 + late, heightDelta: 100,
                limit: Self.limit, halfLife: 3600)
        }
        #expect(target(0) == start)
        #expect(target(3600) == start << 1)
        #expect(target(-3600) == start >> 1)
        #expect(target(1) > start)
        #expect(target(-1) < start)
        // The polynomial is within 0.013 % of the true power.
        let ratio = target(1800).approximateDouble / start.approximateDouble
        #expect(abs(ratio / 2.0.squareRoot() - 1) < 0.00013)
    }

    @Test("On the yard the schedule begins with the first mined block, however old the genesis")
    func yard() throws {
        let network = Network.yard
        var index = BlockIndex(network: network)
        let begin: UInt32 = 1_900_000_000
        var parent = index.genesis
        #expect(index.nextBits(onto: parent, time: begin, in: network) == 0x1e0f_ffff)
        for step in UInt32(0)..<70 {
            // Every block a minute late: after an hour of lateness the target would double, but
            // the limit is where the yard begins.
            parent = index.insertForTests(
                time: begin + 120 * step, bits: 0x1e0f_ffff, parent: parent)
        }
        #expect(index.nextBits(onto: parent, time: 0, in: network) == 0x1e0f_ffff)

        var fast = BlockIndex(network: network)
        parent = fast.genesis
        for step in UInt32(0)..<61 {
            parent = fast.insertForTests(time: begin + step, bits: 0x1e0f_ffff, parent: parent)
        }
        // Sixty blocks in one minute are 59 minutes ahead of an hour's schedule.
        let bits = fast.nextBits(onto: parent, time: 0, in: network)
        let ratio =
            UInt256.decodeCompact(0x1e0f_ffff).value.approximateDouble
            / UInt256.decodeCompact(bits).value.approximateDouble
        #expect(ratio > 1.97 && ratio < 1.98)
    }
}
