import Cryptography
package import Primitives

/// Out points with what tells where to look for them.
package struct KeyedPoints {
    package fileprivate(set) var points: [OutPoint]
    fileprivate var hashes: [UInt32]

    package var count: Int { points.count }
}

/// Coins by their out points: slots, open to their neighbours, lead to dense entries.
struct CoinTable: ~Copyable {
    private var entries = PagedArray<PackedCoin>()
    private var freeEntries: [UInt32] = []
    /// Upper half: the hash of the key; lower half: the number of the entry plus one, 0 if empty.
    private var slots = ZeroedArray<UInt64>(count: 1 << 12)
    /// Secret, so that nobody can choose out points that fall together.
    private let keys = (UInt64.random(in: 0 ... .max) | 1, UInt64.random(in: 0 ... .max) | 1)

    private(set) var count = 0

    /// How many entries there were room for so far, with those that are free again.
    var entryCount: Int { entries.count }

    /// About how many bytes it takes in memory.
    var memoryUsage: Int {
        entries.count * MemoryLayout<PackedCoin>.stride + slots.count * 8 + freeEntries.count * 4
    }

    // MARK: Looking up

    func keyed(_ points: [OutPoint]) -> KeyedPoints {
        KeyedPoints(points: points, hashes: points.map { hash($0) })
    }

    func pointer(_ number: Int) -> UnsafeMutablePointer<PackedCoin> { entries.pointer(number) }

    func find(_ points: borrowing KeyedPoints, _ position: Int) -> Int? {
        find(points.points[position], points.hashes[position])
    }

    func find(_ point: OutPoint) -> Int? { find(point, hash(point)) }

    private func find(_ point: OutPoint, _ hash: UInt32) -> Int? {
        var position = home(hash)
        while true {
            let slot = slots[position]
            guard slot != 0 else { return nil }
            if slot >> 32 == UInt64(hash) {
                let number = Int(slot & 0xFFFF_FFFF) - 1
                if entries.pointer(number).pointee.isAt(point) { return number }
            }
            position = (position + 1) & (slots.count - 1)
        }
    }

    /// How many out points are looked ahead to.
    private static let window = 128

    /// Called with each position, or nearly each, in turn: reads what leads to the coins at the next out points, and
    /// the coins, in loops so short that the processor fetches many from memory at once. Waiting for
    /// one after the other costs more than all else that is done with them.
    func touch(_ points: borrowing KeyedPoints, at position: Int) {
        guard position % Self.window == 0 else { return }
        var firsts: [128 of UInt32] = .init(repeating: 0)
        let count = min(Self.window, points.count - position)
        for place in 0..<count {
            firsts[place] = UInt32(
                truncatingIfNeeded: slots[home(points.hashes[position + place])])
        }
        // An entry mostly lies on two lines of the processor's cache.
        var sum: UInt64 = 0
        for place in 0..<count where firsts[place] != 0 {
            let entry = entries.pointer(Int(firsts[place]) - 1)
            sum ^= entry.pointee.txid.words.0 ^ UInt64(entry.pointee.hash)
        }
        withExtendedLifetime(sum) {}
    }

    // MARK: Changing

    /// The entry at an out point, made if there is none: it then holds nothing but the point.
    mutating func entry(
        _ points: borrowing KeyedPoints, _ position: Int
    ) -> (number: Int, isNew: Bool) {
        entry(points.points[position], points.hashes[position])
    }

    mutating func entry(_ point: OutPoint) -> (number: Int, isNew: Bool) {
        entry(point, hash(point))
    }

    private mutating func entry(_ point: OutPoint, _ hash: UInt32) -> (number: Int, isNew: Bool) {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        var position = home(hash)
        while slots[position] != 0 {
            let slot = slots[position]
            if slot >> 32 == UInt64(hash) {
                let number = Int(slot & 0xFFFF_FFFF) - 1
                if entries.pointer(number).pointee.isAt(point) { return (number, false) }
            }
            position = (position + 1) & (slots.count - 1)
        }
        let new = PackedCoin(at: point, hash: hash)
        let number: Int
        if let free = freeEntries.popLast() {
            number = Int(free)
            entries.pointer(number).pointee = new
        } else {
            number = entries.count
            entries.append(new)
        }
        slots[position] = UInt64(hash) << 32 | UInt64(number + 1)
        count += 1
        return (number, true)
    }

    mutating func remove(_ number: Int) {
        let entry = entries.pointer(number)
        let slot = UInt64(entry.pointee.hash) << 32 | UInt64(number + 1)
        var hole = home(entry.pointee.hash)
        while slots[hole] != slot {
            guard slots[hole] != 0 else { return }
            hole = (hole + 1) & (slots.count - 1)
        }
        entry.pointee.flags = []
        freeEntries.append(UInt32(number))
        count -= 1
        // Those after the hole that would no longer be found move into it.
        let mask = slots.count - 1
        var position = (hole + 1) & mask
        while slots[position] != 0 {
            let home = Int(slots[position] >> 32) & mask
            if (position - home) & mask >= (position - hole) & mask {
                slots[hole] = slots[position]
                hole = position
            }
            position = (position + 1) & mask
        }
        slots[hole] = 0
    }

    private mutating func grow() {
        var larger = ZeroedArray<UInt64>(count: slots.count * 2)
        let mask = larger.count - 1
        for place in 0..<slots.count where slots[place] != 0 {
            var position = Int(slots[place] >> 32) & mask
            while larger[position] != 0 { position = (position + 1) & mask }
            larger[position] = slots[place]
        }
        slots = larger
    }

    // MARK: Hashing

    private func home(_ hash: UInt32) -> Int { Int(hash) & (slots.count - 1) }

    private func hash(_ point: OutPoint) -> UInt32 {
        let words = point.txid.words
        var mixed = Self.mix(words.0 ^ keys.0, words.1 ^ keys.1)
        mixed = Self.mix(mixed ^ words.2, words.3 ^ keys.0)
        return UInt32(Self.mix(mixed ^ UInt64(point.index), keys.1) >> 32)
    }

    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
