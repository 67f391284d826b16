/// Bits that come out in the order they went in.
struct BitQueue: Sendable {
    private var words: [UInt64] = []
    private var first = 0
    private var end = 0

    var count: Int { end - first }

    mutating func append(_ bit: Bool) {
        if end == 64 * words.count { words.append(0) }
        if bit { words[end / 64] |= 1 << UInt64(end % 64) }
        end += 1
    }

    mutating func popFirst() -> Bool? {
        guard first < end else { return nil }
        defer { first += 1 }
        return words[first / 64] >> UInt64(first % 64) & 1 == 1
    }
}
