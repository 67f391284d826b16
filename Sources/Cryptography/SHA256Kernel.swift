import CSHA256

/// A way to compute SHA-256. The fastest is chosen by itself; benches and tests choose others.
public enum SHA256Kernel: String, CaseIterable, Sendable {
    /// Plain C, which every processor runs.
    case portable
    /// The SHA extensions of x86.
    case shaNI = "sha-ni"
    /// The same, three nonces of a search in step, or four versions of each nonce, which takes the
    /// registers of AVX.
    case shaNIAVX = "sha-ni-avx"
    /// Eight messages side by side, or eight versions of each nonce of a search.
    case avx2
    /// Sixteen messages side by side, or sixteen versions of each nonce of a search.
    case avx512
    /// The SHA-2 extension of ARMv8.
    case armv8

    /// Its name, as benches print it.
    public var name: String { rawValue }

    /// The kernels that this processor runs and that passed their self-test.
    public static let available = allCases.filter { csha256_is_available($0.code) }

    /// The kernel in use for many messages of 64 bytes and for header search.
    public static let best = allCases.first { $0.code == csha256_best_for_search() } ?? .portable

    /// The kernel in use for messages of any length.
    public static let forMessages =
        allCases.first { $0.code == csha256_best_for_message() } ?? .portable

    var code: csha256_kernel {
        switch self {
        case .portable: CSHA256_PORTABLE
        case .shaNI: CSHA256_SHANI
        case .shaNIAVX: CSHA256_SHANI_AVX
        case .avx2: CSHA256_AVX2
        case .avx512: CSHA256_AVX512
        case .armv8: CSHA256_ARMV8
        }
    }
}

extension SHA256 {
    /// The double hashes of messages that stand in stretches of `bytes`, in their order.
    public static func doubleHashes(
        of ranges: [Range<Int>], in bytes: Span<UInt8>, kernel: SHA256Kernel = .forMessages
    ) -> [Hash256] {
        precondition(SHA256Kernel.available.contains(kernel), "the kernel must be available")
        let stretches = ranges.map { range in
            precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
            return csha256_range(start: range.lowerBound, count: range.count)
        }
        var hashes = [Hash256](repeating: .zero, count: ranges.count)
        hashes.withUnsafeMutableBytes { output in
            // Safe: a Hash256 is 32 bytes without padding, and the stretches were checked just now.
            let output = output.assumingMemoryBound(to: UInt8.self).baseAddress
            bytes.withUnsafeBufferPointer { bytes in
                guard let output else { return }
                csha256_double_hash_each(
                    kernel.code, output, bytes.baseAddress, stretches, stretches.count)
            }
        }
        for index in hashes.indices { hashes[index] = hashes[index].littleEndian }
        return hashes
    }

    /// Appends to `output` the double hash of every 64 bytes of `input`, as merkle trees need
    /// them. The bytes beyond the last whole 64 are left out.
    public static func doubleHash64(
        _ input: Span<UInt8>, into output: inout [Hash256],
        kernel: SHA256Kernel = .best
    ) {
        precondition(SHA256Kernel.available.contains(kernel), "the kernel must be available")
        let count = input.count / 64
        let start = output.count
        output.append(contentsOf: repeatElement(.zero, count: count))
        output.withUnsafeMutableBytes { output in
            // Safe: a Hash256 is 32 bytes without padding, and `count` of them were appended.
            let output = output.assumingMemoryBound(to: UInt8.self).baseAddress
            input.withUnsafeBufferPointer { input in
                guard let output, let input = input.baseAddress else { return }
                csha256_double_hash64(kernel.code, output + 32 * start, input, count)
            }
        }
        for index in start..<output.count { output[index] = output[index].littleEndian }
    }
}
