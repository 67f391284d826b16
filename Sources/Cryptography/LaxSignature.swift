/// Reads the DER form of an ECDSA signature as leniently as Bitcoin's oldest blocks need.
///
/// Before BIP66 nodes read signatures with OpenSSL, and the chain holds what it let pass: lengths
/// spelled too long, numbers padded or negative, garbage at the end. What is accepted here is
/// consensus (`ecdsa_signature_parse_der_lax` in Core), so it is not to be made stricter.
struct LaxSignature {
    /// r and s, 32 bytes each, most significant first. Zero, and so never valid, where a number
    /// has more than 32 bytes.
    var compact = InlineArray<64, UInt8>(repeating: 0)

    init?(_ bytes: Span<UInt8>) {
        var reader = Reader(bytes: bytes)
        guard reader.next() == 0x30, reader.skipLength() else { return nil }
        guard let r = reader.integer(), let s = reader.integer() else { return nil }
        guard copy(r, of: bytes, endingAt: 32), copy(s, of: bytes, endingAt: 64) else {
            compact = InlineArray(repeating: 0)
            return
        }
    }

    /// Whether the number without its leading zeros fits into 32 bytes.
    private mutating func copy(
        _ range: Range<Int>, of bytes: Span<UInt8>, endingAt end: Int
    ) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound, bytes[start] == 0 { start += 1 }
        let count = range.upperBound - start
        guard count <= 32 else { return false }
        for index in 0..<count { compact[end - count + index] = bytes[start + index] }
        return true
    }

    private struct Reader: ~Escapable {
        let bytes: Span<UInt8>
        var offset = 0

        @_lifetime(copy bytes)
        init(bytes: Span<UInt8>) { self.bytes = bytes }

        var remaining: Int { bytes.count - offset }

        @_lifetime(self: copy self)
        mutating func next() -> UInt8? {
            guard offset < bytes.count else { return nil }
            defer { offset += 1 }
            return bytes[offset]
        }

        /// Steps over the length of the whole, which was never looked at.
        @_lifetime(self: copy self)
        mutating func skipLength() -> Bool {
            guard let first = next() else { return false }
            guard first & 0x80 != 0 else { return true }
            let count = Int(first & 0x7f)
            guard count <= remaining else { return false }
            offset += count
            return true
        }

        /// Where the bytes of the next number lie.
        @_lifetime(self: copy self)
        mutating func integer() -> Range<Int>? {
            guard next() == 0x02, let count = length(), count <= remaining else { return nil }
            defer { offset += count }
            return offset..<(offset + count)
        }

        @_lifetime(self: copy self)
        private mutating func length() -> Int? {
            guard let first = next() else { return nil }
            guard first & 0x80 != 0 else { return Int(first) }
            var digits = Int(first & 0x7f)
            guard digits <= remaining else { return nil }
            while digits > 0, bytes[offset] == 0 {
                offset += 1
                digits -= 1
            }
            guard digits < 4 else { return nil }
            var count = 0
            for _ in 0..<digits {
                count = count << 8 | Int(bytes[offset])
                offset += 1
            }
            return count
        }
    }
}
