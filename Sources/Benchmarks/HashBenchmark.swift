public import Cryptography
import Dispatch

/// How many header hashes a second a kernel tries on so many threads.
public enum HashBenchmark {
    /// - Returns: hashes a second, of all threads together.
    public static func rate(of kernel: SHA256Kernel, threads: Int, seconds wanted: Double) -> Double
    {
        let header = (0..<80).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        // No hash is that low, so the whole range is tried.
        let search = HeaderSearch(header: header.span, target: .zero, kernel: kernel)
        let step: UInt32 = 1 << 18
        let single = Measure.of { _ = search.search(from: 0, count: step) }
        let steps = max(1, Int(wanted / max(single.wall, 1e-6)))
        let taken = Measure.of {
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                for number in 0..<steps {
                    let start = UInt32(truncatingIfNeeded: (thread &* steps &+ number) &* Int(step))
                    _ = search.search(from: start, count: step)
                }
            }
        }
        return Double(threads * steps) * Double(step) / taken.wall
    }
}
