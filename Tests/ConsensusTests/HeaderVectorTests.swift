import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Published headers", .enabled(if: Vectors.isPresent, Vectors.hint))
struct HeaderVectorTests {
    private func headers(_ bytes: [UInt8]) throws -> [BlockHeader] {
        try stride(from: 0, to: bytes.count, by: 80).map {
            try BlockHeader(decoding: Array(bytes[$0..<$0 + 80]))
        }
    }

    @Test("Runs of headers from the genesis block on are taken in one by one")
    func runs() throws {
        let runs = try Vectors.rows("headers/index.json")
        #expect(runs.compactMap { $0["count"]?.int } == [9000, 2016])
        for run in runs {
            let network = try #require(Network.named(run.member("network").text()))
            let headers = try headers(Vectors.load("headers/" + run.member("file").text()))
            #expect(try headers.count == Int(run.member("count").integer()))
            var index = BlockIndex(network: network)
            let now = Int64(headers.map(\.time).max() ?? 0)
            for header in headers { _ = try index.accept(header, in: network, at: now) }
            #expect(index.count == headers.count)
            let best = index[index.bestHeader]
            #expect(try best.hash.displayHex == run.member("last_hash").text())
            let work = try UInt256(hex: run.member("sum_of_work_hex").text())
            #expect(best.chainWork == work)

            // Ancestors by skips are those by single steps, and headers come back unchanged.
            for id in index.ids {
                let height = index.height(of: id)
                #expect(index.ancestor(of: index.bestHeader, at: height) == id)
                #expect(index.header(id) == headers[height])
            }
            // Every second header spoilt: refused, and nothing is changed.
            for header in headers.suffix(20) {
                var spoilt = header
                spoilt.nonce &+= 1
                #expect(throws: HeaderError.highHash) {
                    try index.accept(spoilt, in: network, at: now)
                }
            }
            #expect(index.count == headers.count)
        }
    }

    @Test("Checkpoints of mainnet: work adds up, and each step of difficulty is a permitted one")
    func checkpoints() throws {
        let rows = try Vectors.rows("headers/mainnet-checkpoints.json")
        #expect(rows.count == 436)
        let rules = Network.mainnet.consensus
        var former: (height: Int, header: BlockHeader, work: UInt256)?
        for row in rows {
            let header = try BlockHeader(decoding: row.member("header").bytes())
            let height = Int(try row.member("height").integer())
            let work = try #require(UInt256(hex: row.member("chainwork").text()))
            let hash = header.hash
            #expect(try hash.displayHex == row.member("hash").text())
            #expect(ProofOfWork.check(hash: hash, bits: header.bits, limit: rules.powLimit))
            if let former, former.height + 2016 == height {
                let sum =
                    former.work
                    &+ ProofOfWork.work(bits: former.header.bits) &* 2015
                    &+ ProofOfWork.work(bits: header.bits)
                #expect(sum == work)
                #expect(
                    rules.isPermittedTransition(
                        at: height, from: former.header.bits, to: header.bits))
            }
            former = (height, header, work)
        }
    }

    @Test("Contexts of mainnet: median time, retarget and work")
    func contexts() throws {
        let network = Network.mainnet
        let rows = try Vectors.rows("headers/mainnet-contexts.json")
        #expect(rows.count == 6)
        for row in rows {
            let header = try BlockHeader(decoding: row.member("header").bytes())
            let height = Int(try row.member("height").integer())
            let times = try row.member("prev_times_oldest_first").elements().map {
                UInt32(try $0.integer())
            }
            let target = try #require(UInt256(hex: row.member("prev_target").text()))
            let work = try #require(UInt256(hex: row.member("prev_chainwork").text()))
            let after = try #require(UInt256(hex: row.member("chainwork_after").text()))
            #expect(work &+ ProofOfWork.work(bits: header.bits) == after)

            let root = BlockHeader(
                version: 4, previous: .zero, merkleRoot: .zero, time: times[0],
                bits: target.compact, nonce: 0)
            var index = BlockIndex(
                window: [root], from: height - times.count, chainWork: .zero)
            var parent = index.genesis
            for time in times.dropFirst() {
                parent = index.insertForTests(time: time, bits: target.compact, parent: parent)
            }
            #expect(try index.medianTimePast(of: parent) == row.member("prev_mtp").integer())
            if row["retarget_at_this_height"]?.bool == true {
                let first = try row.member("period_start_time_before").integer()
                let last = Int64(times[times.count - 1])
                #expect(
                    network.consensus.bits(
                        afterPeriodOf: target.compact, firstTime: first, lastTime: last)
                        == header.bits)
            } else {
                try index.check(header, onto: parent, in: network, at: Int64(header.time))
            }
            let expected = try #require(UInt256(hex: row.member("target_after").text()))
            #expect(UInt256.decodeCompact(header.bits).value == expected)
        }
    }
}
