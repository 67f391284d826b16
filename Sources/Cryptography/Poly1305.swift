/// The one-time authenticator Poly1305 (RFC 8439): a polynomial modulo 2^130 - 5.
public struct Poly1305: Sendable {
    private let r: (UInt64, UInt64)
    private let pad: (UInt64, UInt64)
    private var sum: (UInt64, UInt64, UInt64) = (0, 0, 0)
    private var held = InlineArray<16, UInt8>(repeating: 0)
    private var heldCount = 0

    /// Keyed with 32 bytes that are never used again.
    public init(key: Span<UInt8>) {
        precondition(key.count == 32, "a Poly1305 key has 32 bytes")
        let words = Hash256(key).words
        r = (words.0 & 0x0fff_fffc_0fff_ffff, words.1 & 0x0fff_fffc_0fff_fffc)
        pad = (words.2, words.3)
    }

    /// Appends bytes to the message.
    public mutating func update(_ bytes: Span<UInt8>) {
        for index in bytes.indices {
            held[heldCount] = bytes[index]
            heldCount += 1
            if heldCount == 16 {
                absorb(end: 1)
                heldCount = 0
            }
        }
    }

    /// Appends zeros up to a whole block of 16 bytes, as the AEAD wants it.
    mutating func padBlock() {
        guard heldCount > 0 else { return }
        for index in heldCount..<16 { held[index] = 0 }
        absorb(end: 1)
        heldCount = 0
    }

    /// The 16 bytes of the tag.
    public func finalize() -> [UInt8] {
        var last = self
        if heldCount > 0 {
            last.held[heldCount] = 1
            for index in (heldCount + 1)..<16 { last.held[index] = 0 }
            last.absorb(end: 0)
        }
        return last.tag
    }

    private var tag: [UInt8] {
        let (h0, h1, h2) = sum
        // The remainder is the sum, or the sum less the modulus: the sum plus 5, less 2^130.
        let low = UInt128(h0) | UInt128(h1) << 64
        let (plus, carry) = low.addingReportingOverflow(5)
        let isReduced = (h2 &+ (carry ? 1 : 0)) & 4 != 0
        let tag = (isReduced ? plus : low) &+ (UInt128(pad.0) | UInt128(pad.1) << 64)
        return (0..<16).map { UInt8(truncatingIfNeeded: tag >> (8 * $0)) }
    }

    private mutating func absorb(end: UInt64) {
        let (low, high) = heldWords
        var (h0, h1, h2) = sum
        let (sum0, carry0) = h0.addingReportingOverflow(low)
        let sum1 = UInt128(h1) + UInt128(high) + (carry0 ? 1 : 0)
        h0 = sum0
        h1 = UInt64(truncatingIfNeeded: sum1)
        h2 = h2 &+ UInt64(truncatingIfNeeded: sum1 >> 64) &+ end

        // 2^130 is 5, and the low two bits of r's upper word are zero: so its product with what
        // lies at 2^128 comes back as five quarters of it.
        let folded = r.1 + r.1 >> 2
        let d0 = product(h0, r.0) &+ product(h1, folded)
        let d1 = product(h0, r.1) &+ product(h1, r.0) &+ UInt128(h2 &* folded) &+ d0 >> 64
        h2 = h2 &* r.0 &+ UInt64(truncatingIfNeeded: d1 >> 64)
        let over = h2 >> 2 &+ h2 & ~3
        let (back0, carry1) = UInt64(truncatingIfNeeded: d0).addingReportingOverflow(over)
        let (back1, carry2) = UInt64(truncatingIfNeeded: d1)
            .addingReportingOverflow(carry1 ? 1 : 0)
        sum = (back0, back1, h2 & 3 &+ (carry2 ? 1 : 0))
    }

    private var heldWords: (UInt64, UInt64) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for index in 0..<8 {
            low |= UInt64(held[index]) << UInt64(8 * index)
            high |= UInt64(held[index + 8]) << UInt64(8 * index)
        }
        return (low, high)
    }

    private func product(_ a: UInt64, _ b: UInt64) -> UInt128 {
        let (high, low) = a.multipliedFullWidth(by: b)
        return UInt128(high) << 64 | UInt128(low)
    }
}
