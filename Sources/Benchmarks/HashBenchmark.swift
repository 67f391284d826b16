public import Cryptography
import Dispatch

/// How many header hashes a second a kernel tries on so many threads.
public enum HashBenchmark {
    /// - Parameter versions: under how many each nonce is tried; every one is a header, and a hash.
    /// - Returns: hashes a second, of all threads together.
    public static func rate(
        of kernel: SHA256Kernel, versions: Int, threads: Int, seconds wanted: Double
    ) -> Double {
        let header = (0..<80).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        // No hash is that low, so the whole range is tried.
        let search = HeaderSearch(
            header: header.span, versions: (0..<Int32(versions)).map { 0x2000_0000 | $0 << 13 },
            target: .zero, kernel: kernel)
        let step = (1 << 18) / UInt32(versions)
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
        return Double(threads * steps) * Double(step) * Double(versions) / taken.wall
    }
}
