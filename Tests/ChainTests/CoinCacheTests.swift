import Chain
import Consensus
import Cryptography
import Primitives
import Storage
import TestSupport
import Testing

@Suite("The coin cache") struct CoinCacheTests {
    private let folder = TemporaryFolder()

    private func script(_ random: inout SeededGenerator) -> Script {
        let filler = { (count: Int) in [UInt8](repeating: 7, count: count) }
        let scripts: [[UInt8]] = [
            [0, 20] + filler(20), [0, 32] + filler(32), [0x51, 32] + filler(32), [0x51], [],
            [0x76, 0xA9, 20] + filler(20) + [0x88, 0xAC], [0xA9, 20] + filler(20) + [0x87],
            [33, 3] + filler(32) + [0xAC], filler(32), filler(33), filler(500),
        ]
        return Script(scripts[Int.random(in: 0..<scripts.count, using: &random)])
    }

    @Test("It answers as a dictionary would, through spending, flushing and emptying")
    func model() throws {
        var random = SeededGenerator(seed: 7)
        let store = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
        var cache = CoinCache()
        var model: [OutPoint: Coin] = [:]
        let points = (0..<3000).map { number in
            OutPoint(
                txid: SHA256.hash([UInt8(number & 255), UInt8(number >> 10)].span),
                // Among them those from which on the order of keys is not that of the numbers.
                index: UInt32(number) * 11)
        }
        for round in 0..<60 {
            for _ in 0..<300 {
                let point = points[Int.random(in: 0..<points.count, using: &random)]
                if model[point] == nil {
                    let coin = Coin(
                        output: TransactionOutput(
                            value: Amount(satoshis: Int64.random(in: 0...1 << 50, using: &random)),
                            script: script(&random)),
                        height: Int.random(in: 0..<1 << 24, using: &random),
                        isCoinbase: Bool.random(using: &random))
                    cache.add(point, coin, mayOverwrite: true)
                    model[point] = coin
                } else if Bool.random(using: &random) {
                    cache.spend(point)
                    model[point] = nil
                }
            }
            if round % 7 == 3 {
                if round % 2 == 0 {
                    let count = 1 + round % 4
                    try store.ingest(parts: count) { part, file in
                        cache.write(part: (part, count), to: &file)
                    }
                } else {
                    var batch = WriteBatch()
                    cache.write(to: &batch)
                    try store.write(batch, sync: false)
                }
                cache.written(isEmptied: round % 14 == 3)
                #expect(cache.dirtyCount == 0)
            }
            let found = try cache.gather(points, from: store)
            #expect(found == points.map { model[$0] }, "seed 7, round \(round)")
        }
        #expect(cache.memoryUsage > 0)
    }

    @Test("A coin made and spent between two flushes leaves no trace")
    func fresh() throws {
        var cache = CoinCache()
        let point = OutPoint(txid: .zero, index: 1)
        let coin = Coin(output: TransactionOutput(value: .coin), height: 1, isCoinbase: false)
        cache.add(point, coin, mayOverwrite: false)
        #expect(cache.dirtyCount == 1)
        cache.spend(point)
        #expect(cache.count == 0 && cache.dirtyCount == 0)
    }
}
