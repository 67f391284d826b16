import Cryptography
import Primitives

/// The out points of a list as far as they were looked at, to find one that comes twice.
struct OutPointSet {
    private var slots: [UInt32]
    private let mask: Int
    /// Differs from process to process, so that nobody can choose out points that fall together.
    private let salt: UInt64

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
        mask = size - 1
        var hasher = Hasher()
        hasher.combine(size)
        salt = UInt64(bitPattern: Int64(hasher.finalize())) | 1
    }

    /// Takes the point at a position of the list in, of which all before were; false if it is there
    /// already.
    mutating func insert(_ position: Int, of points: [OutPoint]) -> Bool {
        let point = points[position]
        var place = place(of: point)
        while slots[place] != 0 {
            if points[Int(slots[place]) - 1] == point { return false }
            place = (place + 1) & mask
        }
        slots[place] = UInt32(position + 1)
        return true
    }

    private func place(of point: OutPoint) -> Int {
        let words = point.txid.words
        let first = (words.0 ^ salt).multipliedFullWidth(by: words.1 ^ salt.byteSwapped)
        let second = (first.high ^ first.low ^ UInt64(point.index))
            .multipliedFullWidth(by: salt)
        return Int(truncatingIfNeeded: second.high ^ second.low) & mask
    }
}
