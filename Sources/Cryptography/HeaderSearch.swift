import CSHA256

/// The search for a nonce that brings a block header under its target.
///
/// What does not depend on the nonce is computed once, when it is made. It is a value: threads take
/// copies and search ranges of their own.
///
/// It may try each nonce under several versions. The version is not in that part of the header
/// which is hashed with the nonce, so they share some of the work.
public struct HeaderSearch: Sendable {
    /// A header that meets the target: the prepared one with these.
    public struct Solution: Hashable, Sendable {
        public var nonce: UInt32
        public var version: Int32

        public init(nonce: UInt32, version: Int32) {
            self.nonce = nonce
            self.version = version
        }
    }

    /// How many versions can be tried at once. As many go best: they fill the lanes of every kernel.
    public static let mostVersions = Int(CSHA256_MOST_VERSIONS)

    /// One for each version.
    private var prepared: [csha256_search]
    private let versions: [Int32]
    private let kernel: csha256_kernel

    /// Prepares a header of 80 bytes, whose own nonce is ignored, and the target as the number that
    /// the header's hash may not exceed.
    ///
    /// - Parameter versions: under which each nonce is tried, in this order; none for the header's
    ///   own.
    public init(
        header: Span<UInt8>, versions: [Int32] = [], target: Hash256, kernel: SHA256Kernel = .best
    ) {
        precondition(header.count == 80, "a header has 80 bytes")
        precondition(SHA256Kernel.available.contains(kernel), "the kernel must be available")
        precondition(versions.count <= Self.mostVersions, "so many versions can be tried")
        self.kernel = kernel.code
        var bytes = (0..<80).map { header[$0] }
        let own = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[$1]) << UInt32(8 * $1) }
        self.versions = versions.isEmpty ? [Int32(bitPattern: own)] : versions
        prepared = Array(repeating: csha256_search(), count: self.versions.count)
        for (index, version) in self.versions.enumerated() {
            for place in 0..<4 {
                bytes[place] = UInt8(truncatingIfNeeded: version >> Int32(8 * place))
            }
            target.withPointer { csha256_search_prepare(&prepared[index], bytes, $0) }
        }
    }

    /// How many headers are tried for each nonce.
    public var versionCount: Int { versions.count }

    /// The first of `count` nonces from `start` on that meets the target, and the first version
    /// under which it does; or nil. Beyond the largest nonce it goes on at zero.
    ///
    /// It cannot be stopped: the caller looks for a reason to stop between ranges. A million
    /// nonces take a few hundredths of a second for each version.
    public func search(from start: UInt32, count: UInt32) -> Solution? {
        var nonce: UInt32 = 0
        var version: UInt32 = 0
        let isFound = prepared.withUnsafeBufferPointer {
            csha256_search_run_versions(
                kernel, $0.baseAddress, UInt32($0.count), start, UInt64(count), &nonce, &version)
        }
        return isFound ? Solution(nonce: nonce, version: versions[Int(version)]) : nil
    }
}
