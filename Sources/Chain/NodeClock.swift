import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The time, as the parts above the line are given it.
public protocol NodeClock: Sendable {
    /// Seconds since 1970, or the time set by hand.
    func now() -> Int64

    /// The same in parts of a second, unless it was set by hand.
    func precise() -> Duration

    /// Time that only ever grows, from no particular start.
    func monotonic() -> Duration
}

extension NodeClock {
    public func precise() -> Duration { .seconds(now()) }
}

/// The clock of the machine, which an operator of a test network may stop at a time of choice.
public final class SystemClock: NodeClock {
    private let mockTime = Mutex<Int64?>(nil)

    public init() {}

    public func now() -> Int64 {
        mockTime.withLock { $0 } ?? Int64(time(nil))
    }

    public func precise() -> Duration {
        if let seconds = mockTime.withLock({ $0 }) { return .seconds(seconds) }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    public func monotonic() -> Duration {
        .nanoseconds(Int64(clamping: DispatchTime.now().uptimeNanoseconds))
    }

    /// Stops the clock at a time in seconds since 1970; nil or 0 lets it go on.
    public func setMockTime(_ seconds: Int64?) {
        mockTime.withLock { $0 = seconds == 0 ? nil : seconds }
    }
}
