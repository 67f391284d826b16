public import Primitives

extension Mempool {
    /// The lowest rate that gets in now, beside the fixed `minRelayFeeRate`: above zero after the
    /// pool was full.
    public func minimumFeeRate(now: Int64) -> FeeRate {
        var fee = rollingFee
        fee.decay(
            now: now, usage: memoryUsage, limit: policy.maxSizeBytes,
            incremental: policy.incrementalRelayFeeRate)
        return fee.minimum(incremental: policy.incrementalRelayFeeRate)
    }

    /// Drops what has waited too long, then the worst paying until the rest fits.
    public mutating func limitSize(now: Int64) {
        expire(now: now)
        rollingFee.decay(
            now: now, usage: memoryUsage, limit: policy.maxSizeBytes,
            incremental: policy.incrementalRelayFeeRate)
        trim(to: policy.maxSizeBytes)
    }

    /// Drops what came more than `policy.expiry` ago, and all that depends on it.
    public mutating func expire(now: Int64) {
        let limit = now.subtractingReportingOverflow(policy.expiry).partialValue
        guard oldestTime < limit else { return }
        var expired: Set<Int32> = []
        for slot in byTxid.values where slots[Int(slot)].entry.time < limit {
            collectDescendants(of: slot, into: &expired)
        }
        remove(expired, reason: .expiry)
        oldestTime = byTxid.values.reduce(Int64.max) { min($0, slots[Int($1)].entry.time) }
    }

    /// Drops the worst chunk until no more than `limit` bytes are in use.
    mutating func trim(to limit: Int) {
        while memoryUsage > limit, let item = order.last,
            let cluster = clusters[item.id.cluster]
        {
            let chunk = item.chunk
            // What is as good as the evicted does not get in again before a block has come.
            let rate = chunk.rate.overVirtualSize.satoshisPerKilobyte
            rollingFee.evicted(
                satoshisPerKvB: rate.addingClamped(policy.incrementalRelayFeeRate.satoshisPerKvB))
            remove(Set(cluster.members[Int(chunk.start)..<Int(chunk.end)]), reason: .sizeLimit)
        }
    }

    /// Takes out a set, as a rule one that holds all descendants of what is in it.
    mutating func remove(_ set: Set<Int32>, reason: RemovalReason) {
        for slot in set.sorted() { detach(slot, reason: reason) }
        settle()
    }
}
