/// MurmurHash3 of 32 bits, on which bloom filters (BIP37) stand. Not for secrets.
public enum Murmur3 {
    /// The hash of the bytes under `seed`.
    public static func hash(seed: UInt32, _ bytes: Span<UInt8>) -> UInt32 {
        var hash = seed
        let whole = bytes.count & ~3
        for start in stride(from: 0, to: whole, by: 4) {
            let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * $1) }
            hash = (hash ^ scrambled(word)).rotated(left: 13) &* 5 &+ 0xe654_6b64
        }
        var tail: UInt32 = 0
        for index in whole..<bytes.count { tail |= UInt32(bytes[index]) << (8 * (index - whole)) }
        hash ^= scrambled(tail)
        hash ^= UInt32(truncatingIfNeeded: bytes.count)
        hash = (hash ^ hash >> 16) &* 0x85eb_ca6b
        hash = (hash ^ hash >> 13) &* 0xc2b2_ae35
        return hash ^ hash >> 16
    }

    private static func scrambled(_ word: UInt32) -> UInt32 {
        (word &* 0xcc9e_2d51).rotated(left: 15) &* 0x1b87_3593
    }
}
