/// How much work came in lately, and what work a share should stand for.
struct StratumMeter: Sendable {
    private static let bucketSeconds: Int64 = 30
    private static let bucketCount = 10

    private var buckets = [Double](repeating: 0, count: bucketCount)
    private var lastBucket: Int64
    private let start: Duration

    /// Since the last change of the work a share stands for.
    private var shares = 0
    private var work = 0.0
    private var since: Duration

    init(at now: Duration) {
        start = now
        since = now
        lastBucket = now.components.seconds / Self.bucketSeconds
    }

    mutating func add(_ work: UInt64, at now: Duration) {
        move(to: now)
        buckets[place(lastBucket)] += Double(work)
        shares += 1
        self.work += Double(work)
    }

    /// Over the last five minutes, or since the start.
    mutating func hashesPerSecond(at now: Duration) -> Double {
        move(to: now)
        let into = seconds(now) - Double(lastBucket * Self.bucketSeconds)
        let span = min(
            seconds(now - start), Double((Self.bucketCount - 1)) * Double(Self.bucketSeconds) + into
        )
        return span > 0 ? buckets.reduce(0, +) / max(span, 1) : 0
    }

    /// The work to be asked for from now on, where that is clearly another than `current`.
    mutating func retarget(from current: UInt64, at now: Duration) -> UInt64? {
        let elapsed = seconds(now - since)
        let interval = seconds(StratumSettings.shareInterval)
        // Early where many came, late where none did.
        guard shares >= 32 && elapsed >= 0.05 || elapsed >= 6 * interval else { return nil }
        let wanted =
            shares > 0 ? work / max(elapsed, 0.05) * interval : Double(current) / 4
        defer {
            shares = 0
            work = 0
            since = now
        }
        let ratio = wanted / Double(current)
        guard ratio > 1.5 || ratio < 0.67 else { return nil }
        let bounded = Double(current) * min(max(ratio, 1.0 / 16), 4096)
        return bounded < Double(UInt64.max / 2) ? UInt64(max(bounded, 1)) : .max / 2
    }

    private mutating func move(to now: Duration) {
        let bucket = now.components.seconds / Self.bucketSeconds
        guard bucket > lastBucket else { return }
        for step in 1...min(bucket - lastBucket, Int64(Self.bucketCount)) {
            buckets[place(lastBucket + step)] = 0
        }
        // After a long rest all are empty, whichever they were.
        if bucket - lastBucket > Int64(Self.bucketCount) {
            buckets = [Double](repeating: 0, count: Self.bucketCount)
        }
        lastBucket = bucket
    }

    private func place(_ bucket: Int64) -> Int { Int(bucket % Int64(Self.bucketCount)) }

    private func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}
