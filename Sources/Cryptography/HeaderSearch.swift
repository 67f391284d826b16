import CSHA256

/// The search for a nonce that brings a block header under its target.
///
/// What does not depend on the nonce is computed once, when it is made. It is a value: threads take
/// copies and search ranges of their own.
public struct HeaderSearch: Sendable {
    private var prepared = csha256_search()
    private let kernel: csha256_kernel

    /// Prepares a header of 80 bytes, whose own nonce is ignored, and the target as the number that
    /// the header's hash may not exceed.
    public init(header: Span<UInt8>, target: Hash256, kernel: SHA256Kernel = .best) {
        precondition(header.count == 80, "a header has 80 bytes")
        precondition(SHA256Kernel.available.contains(kernel), "the kernel must be available")
        self.kernel = kernel.code
        header.withPointer { header in
            target.withPointer { csha256_search_prepare(&prepared, header, $0) }
        }
    }

    /// The first of `count` nonces from `start` on that meets the target, or nil. Beyond the
    /// largest nonce it goes on at zero.
    ///
    /// It cannot be stopped: the caller looks for a reason to stop between ranges. A million
    /// nonces take a few hundredths of a second.
    public func search(from start: UInt32, count: UInt32) -> UInt32? {
        var found: UInt32 = 0
        return withUnsafePointer(to: prepared) {
            csha256_search_run(kernel, $0, start, UInt64(count), &found)
        } ? found : nil
    }
}
