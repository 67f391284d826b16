import Chain

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The node's time, in parts of a second while nobody set it by hand.
struct PeerTime: Sendable {
    private let clock: any NodeClock

    init(_ clock: any NodeClock) { self.clock = clock }

    /// Time since 1970.
    var now: Duration {
        var real = timespec()
        clock_gettime(CLOCK_REALTIME, &real)
        let seconds = clock.now()
        // A clock that agrees with the machine's is the machine's.
        if abs(Int64(real.tv_sec) - seconds) <= 1 {
            return .seconds(Int64(real.tv_sec)) + .nanoseconds(Int64(real.tv_nsec))
        }
        return .seconds(seconds)
    }
}
