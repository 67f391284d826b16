import CSecp256k1

/// The curve secp256k1, as libsecp256k1 computes on it.
enum Curve {
    /// One context serves all threads. It is safe to share because nothing changes it after it is
    /// made: libsecp256k1 takes it as constant in every call but randomising and destroying, and
    /// we do neither.
    nonisolated(unsafe) static let context: OpaquePointer = {
        guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else {
            // Made once, at the first use: without memory for it nothing can be verified.
            fatalError("libsecp256k1 is out of memory")
        }
        return context
    }()
}

extension Span<UInt8> {
    /// The bytes as C takes them. libsecp256k1 stops the program where it is given no pointer, so
    /// callers check the count first and an empty span still points somewhere.
    @inline(__always)
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { return body(start) }
            return withUnsafePointer(to: 0) { body($0) }
        }
    }
}

extension Hash256 {
    @inline(__always)
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        withBytes { $0.withPointer(body) }
    }
}
