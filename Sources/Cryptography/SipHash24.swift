/// SipHash-2-4: a short keyed hash that an outsider cannot steer, for tables and short ids.
public struct SipHash24: Sendable {
    private var state: State
    private var pending: UInt64 = 0
    private var count: UInt8 = 0

    /// Begins a message under the key of 128 bits.
    public init(_ k0: UInt64, _ k1: UInt64) { state = State(k0, k1) }

    /// Appends bytes to the message.
    public mutating func update(_ bytes: Span<UInt8>) {
        for index in bytes.indices {
            pending |= UInt64(bytes[index]) << UInt64(8 * (count & 7))
            count &+= 1
            if count & 7 == 0 {
                state.absorb(pending)
                pending = 0
            }
        }
    }

    /// Appends eight bytes, the little-endian form of `word`. Only between whole words.
    public mutating func update(_ word: UInt64) {
        precondition(count & 7 == 0, "a word must follow whole words")
        state.absorb(word)
        count &+= 8
    }

    /// The hash of the message so far. It can be continued after this.
    public func finalize() -> UInt64 {
        var last = state
        last.absorb(pending | UInt64(count) << 56)
        return last.finish()
    }

    /// The hash of a whole message.
    public static func hash(_ k0: UInt64, _ k1: UInt64, _ message: Span<UInt8>) -> UInt64 {
        var hasher = SipHash24(k0, k1)
        hasher.update(message)
        return hasher.finalize()
    }

    /// The hash of the 32 bytes of `value`.
    public static func hash(_ k0: UInt64, _ k1: UInt64, _ value: Hash256) -> UInt64 {
        var state = State(k0, k1)
        state.absorb(value)
        state.absorb(32 << 56)
        return state.finish()
    }

    /// The hash of the 32 bytes of `value` and the four little-endian bytes of `extra`.
    public static func hash(
        _ k0: UInt64, _ k1: UInt64, _ value: Hash256, _ extra: UInt32
    ) -> UInt64 {
        var state = State(k0, k1)
        state.absorb(value)
        state.absorb(36 << 56 | UInt64(extra))
        return state.finish()
    }

    private struct State {
        var v0: UInt64
        var v1: UInt64
        var v2: UInt64
        var v3: UInt64

        init(_ k0: UInt64, _ k1: UInt64) {
            v0 = 0x736f_6d65_7073_6575 ^ k0
            v1 = 0x646f_7261_6e64_6f6d ^ k1
            v2 = 0x6c79_6765_6e65_7261 ^ k0
            v3 = 0x7465_6462_7974_6573 ^ k1
        }

        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            mix()
            mix()
            v0 ^= word
        }

        mutating func absorb(_ value: Hash256) {
            let (first, second, third, fourth) = value.words
            absorb(first)
            absorb(second)
            absorb(third)
            absorb(fourth)
        }

        mutating func finish() -> UInt64 {
            v2 ^= 0xff
            for _ in 0..<4 { mix() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        @inline(__always)
        private mutating func mix() {
            v0 &+= v1
            v1 = v1.rotated(left: 13) ^ v0
            v0 = v0.rotated(left: 32)
            v2 &+= v3
            v3 = v3.rotated(left: 16) ^ v2
            v0 &+= v3
            v3 = v3.rotated(left: 21) ^ v0
            v2 &+= v1
            v1 = v1.rotated(left: 17) ^ v2
            v2 = v2.rotated(left: 32)
        }
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    @inline(__always)
    func rotated(left count: Int) -> Self {
        self &<< Self(truncatingIfNeeded: count)
            | self &>> Self(truncatingIfNeeded: Self.bitWidth - count)
    }
}
