#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What something took, in seconds: by the clock, and of processors.
public struct Measure: Sendable {
    public var wall: Double
    /// Of all threads together. Others who use the machine disturb it far less.
    public var processor: Double

    /// Measures the body.
    static func of(_ body: () throws -> Void) rethrows -> Measure {
        let before = processorSeconds
        let duration = try ContinuousClock().measure(body)
        return Measure(wall: seconds(duration), processor: processorSeconds - before)
    }

    /// Measures the body, which may wait for others.
    static func of(_ body: () async throws -> Void) async rethrows -> Measure {
        let before = processorSeconds
        let clock = ContinuousClock()
        let start = clock.now
        try await body()
        let duration = start.duration(to: clock.now)
        return Measure(wall: seconds(duration), processor: processorSeconds - before)
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static var processorSeconds: Double {
        var usage = rusage()
        // Of this process (`RUSAGE_SELF`), whose type differs between systems.
        getrusage(0, &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
    }
}
