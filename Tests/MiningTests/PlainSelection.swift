import Consensus
import Cryptography
import MemoryPool
import Mining
import Primitives

/// What a block takes from a pool, found by sorting all chunks and trying one after the other.
struct PlainSelection {
    private struct Chunk {
        var cluster: Int
        var rate: FeeFraction
        var prefix: Int64
        var txids: [Txid]

        var last: [UInt8] {
            txids.map(\.bytes).max { $0.lexicographicallyPrecedes($1) } ?? []
        }

        func precedes(_ other: Chunk) -> Bool {
            if !rate.isSameRate(as: other.rate) { return rate.isHigherRate(than: other.rate) }
            if prefix != other.prefix { return prefix < other.prefix }
            return last.lexicographicallyPrecedes(other.last)
        }
    }

    private(set) var txids: [Txid] = []
    private(set) var fees: Int64 = 0
    private(set) var weight: Int
    private(set) var sigOps: Int

    init(_ pool: Mempool, _ context: TemplateContext, options: AssemblyOptions) {
        weight = options.reservedWeight
        sigOps = options.coinbaseSigOpCost
        var skipped: Set<Int> = []
        for chunk in Self.chunks(of: pool).sorted(by: { $0.precedes($1) }) {
            let perKilobyte = chunk.rate.overVirtualSize.satoshisPerKilobyte
            if perKilobyte < options.minFeeRate.satoshisPerKvB { break }
            if skipped.contains(chunk.cluster) { continue }
            let entries = chunk.txids.compactMap { pool[$0] }
            let cost = entries.reduce(0) { $0 + $1.sigOpCost }
            guard weight + Int(chunk.rate.size) < options.maxWeight, sigOps + cost < 80_000,
                entries.allSatisfy({ entry in
                    entry.transaction.isFinal(height: context.height, time: context.medianTimePast)
                })
            else {
                skipped.insert(chunk.cluster)
                continue
            }
            txids += chunk.txids
            fees += entries.reduce(0) { $0 + $1.fee.satoshis }
            weight += entries.reduce(0) { $0 + $1.weight }
            sigOps += cost
        }
    }

    private static func chunks(of pool: Mempool) -> [Chunk] {
        var chunks: [Chunk] = []
        var seen: Set<Txid> = []
        for (number, txid) in pool.txidsByScore.sorted().enumerated() where !seen.contains(txid) {
            var prefix: Int64 = 0
            var rate: FeeFraction?
            for chunk in pool.cluster(of: txid)?.chunks ?? [] {
                let isSame = rate.map { $0.isSameRate(as: chunk.rate) } ?? false
                prefix = (isSame ? prefix : 0) + chunk.rate.size
                rate = chunk.rate
                seen.formUnion(chunk.txids)
                chunks.append(
                    Chunk(cluster: number, rate: chunk.rate, prefix: prefix, txids: chunk.txids))
            }
        }
        return chunks
    }
}
