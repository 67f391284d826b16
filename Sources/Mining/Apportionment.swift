import Cryptography
import Primitives

/// Dividing a whole number in whole parts, so that nothing is lost.
enum Apportionment {
    /// Parts in proportion to `weights` whose sum is exactly `total`: each rounded down, then one
    /// more each by largest remainder, equal ones in the order of `ties`.
    ///
    /// Neither `total` nor a weight is negative, and the weights are not all zero.
    static func parts(of total: Int64, by weights: [Int64], ties: [TieKey]) -> [Int64] {
        let sum = weights.reduce(Int128(0)) { $0 + Int128($1) }
        guard sum > 0 else { return weights.map { _ in 0 } }
        var parts: [Int64] = []
        var remainders: [Int128] = []
        var left = total
        for weight in weights {
            let (part, remainder) = (Int128(total) * Int128(weight))
                .quotientAndRemainder(dividingBy: sum)
            parts.append(Int64(part))
            remainders.append(remainder)
            left -= Int64(part)
        }
        let order = weights.indices.sorted {
            remainders[$0] != remainders[$1]
                ? remainders[$0] > remainders[$1] : ties[$0] < ties[$1]
        }
        for index in order.prefix(Int(left)) { parts[index] += 1 }
        return parts
    }
}

/// Breaks ties between members anew for every block: SHA256 of the previous block's hash and the
/// member's name, compared as bytes.
struct TieKey: Comparable, Hashable {
    private let bytes: [UInt8]

    init(previous: BlockHash, name: String) {
        var stream = SHA256Stream()
        stream.update(previous)
        stream.update(Array(name.utf8).span)
        bytes = stream.finalize().bytes
    }

    static func < (left: TieKey, right: TieKey) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
