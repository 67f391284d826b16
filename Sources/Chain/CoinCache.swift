package import Consensus
import Cryptography
package import Primitives
package import Storage

/// The coins lately seen or changed, over the store that holds them all.
///
/// A table of slots, open to its neighbours, leads to dense entries: some hundred bytes a coin,
/// and no allocation but for scripts longer than the usual.
package struct CoinCache {
    private var entries: [PackedCoin] = []
    private var freeEntries: [UInt32] = []
    /// Upper half: the hash of the key; lower half: the number of the entry plus one, 0 if empty.
    private var slots: [UInt64]
    private var aside: [[UInt8]] = []
    private var freeAside: [Int] = []
    private var asideBytes = 0
    /// Secret, so that nobody can choose out points that fall together.
    private let keys = (UInt64.random(in: 0 ... .max) | 1, UInt64.random(in: 0 ... .max) | 1)

    package private(set) var count = 0
    /// How many entries the store does not know of yet.
    package private(set) var dirtyCount = 0

    /// Whether the store holds no coin that is not here, so that one not found here need not be
    /// looked for there: so it is from an empty chain until the cache is emptied.
    private var isComplete: Bool

    /// The entries that room is kept for.
    private let reserved: Int

    /// What room is kept for at most, in bytes; larger caches grow into theirs.
    private static let maximumReserve = 512 << 20

    /// - Parameters:
    ///   - isStoreEmpty: whether the store is known to hold no coins.
    ///   - byteLimit: what it may come to take. Room for that many entries is claimed at once, and
    ///     filled as they come: an array that grew would be half empty, and copied every time.
    package init(isStoreEmpty: Bool = false, byteLimit: Int = 0) {
        slots = Array(repeating: 0, count: 1 << 12)
        isComplete = isStoreEmpty
        reserved = min(byteLimit, Self.maximumReserve) / MemoryLayout<PackedCoin>.stride
        entries.reserveCapacity(reserved)
    }

    /// About how many bytes it takes in memory.
    package var memoryUsage: Int {
        entries.count * MemoryLayout<PackedCoin>.stride + slots.count * 8 + asideBytes
            + freeEntries.count * 4
    }

    // MARK: Looking up

    /// The coins at many out points, those the cache lacks fetched from the store at once.
    package mutating func gather(
        _ points: some Collection<OutPoint>, from store: borrowing Database
    ) throws(StorageError) -> [Coin?] {
        let points = Array(points)
        var numbers: [Int32] = []
        numbers.reserveCapacity(points.count)
        // All scripts go into one buffer that the coins share: one allocation, not one a coin.
        var scripts: [UInt8] = []
        scripts.reserveCapacity(points.count * 35)
        var missing: [(position: Int, point: OutPoint)] = []
        for (position, point) in points.enumerated() {
            touch(points, at: position)
            if let number = find(point) {
                let entry = entries[number]
                numbers.append(entry.flags.contains(.spent) ? -1 : Int32(number))
                if !entry.flags.contains(.spent) { appendScript(of: entry, to: &scripts) }
            } else {
                missing.append((numbers.count, point))
                numbers.append(-1)
            }
        }
        var found = coins(numbers, scripts: scripts)
        guard !missing.isEmpty, !isComplete else { return found }
        var keys = KeyList(minimumCapacity: missing.count)
        for (_, point) in missing { keys.append { StoreKey.append(coin: point, to: &$0) } }
        var damaged: OutPoint?
        try store.multiGet(keys) { index, value in
            guard let value, index < missing.count else { return }
            let (position, point) = missing[index]
            do {
                let coin = try CoinCodec.coin(decoding: value)
                found[position] = coin
                // The same point may have been asked for twice.
                if find(point) == nil { insert(point, coin, flags: []) }
            } catch {
                damaged = damaged ?? point
            }
        }
        if let damaged {
            throw StorageError(
                path: store.path,
                reason: "The coin \(damaged) is damaged; restart with -reindex-chainstate")
        }
        return found
    }

    /// The coins of entries, -1 being none, their scripts standing one after the other.
    private func coins(_ numbers: [Int32], scripts: [UInt8]) -> [Coin?] {
        var offset = 0
        return numbers.map { number in
            guard number >= 0 else { return nil }
            let entry = entries[Int(number)]
            let start = offset
            offset += scriptCount(of: entry)
            return Coin(
                output: TransactionOutput(
                    value: Amount(satoshis: entry.value), script: Script(scripts[start..<offset])),
                height: Int(entry.code >> 1), isCoinbase: entry.code & 1 != 0)
        }
    }

    /// How many out points are looked ahead to.
    private static let window = 128

    /// Called with each position in turn: reads what leads to the coins at the next out points, and
    /// the coins, in loops so short that the processor fetches many from memory at once. Waiting for
    /// one after the other costs more than all else that is done with them.
    package func touch(_ points: [OutPoint], at position: Int) {
        guard position % Self.window == 0 else { return }
        let mask = slots.count - 1
        var firsts: [128 of UInt32] = .init(repeating: 0)
        let count = min(Self.window, points.count - position)
        for place in 0..<count {
            firsts[place] = UInt32(
                truncatingIfNeeded: slots[Int(hash(points[position + place])) & mask])
        }
        var sum: UInt32 = 0
        for place in 0..<count where firsts[place] != 0 {
            sum ^= entries[Int(firsts[place]) - 1].code
        }
        withExtendedLifetime(sum) {}
    }

    /// Whether there is a coin at any of the out points.
    package mutating func holdsAny(
        of points: some Collection<OutPoint>, from store: borrowing Database
    ) throws(StorageError) -> Bool {
        guard isComplete else { return try gather(points, from: store).contains { $0 != nil } }
        let points = Array(points)
        return points.indices.contains { position in
            touch(points, at: position)
            return find(points[position]).map { !entries[$0].flags.contains(.spent) } ?? false
        }
    }

    package mutating func coin(
        _ point: OutPoint, from store: borrowing Database
    ) throws(StorageError) -> Coin? {
        try gather(CollectionOfOne(point), from: store)[0]
    }

    // MARK: Changing

    /// Adds a coin that was made.
    ///
    /// - Parameter mayOverwrite: whether one may stand there already, as early coinbases do
    ///   (BIP30), or those that come back from a block taken back.
    package mutating func add(_ point: OutPoint, _ coin: Coin, mayOverwrite: Bool) {
        if let entry = find(point) {
            let old = entries[entry].flags
            releaseScript(entry)
            if !old.contains(.dirty) { dirtyCount += 1 }
            // What the store may hold it must be told of, whatever becomes of the coin.
            let flags: PackedCoin.Flags = old.contains(.fresh) ? [.dirty, .fresh] : [.dirty]
            fill(entry, point, coin, flags: flags)
        } else {
            insert(point, coin, flags: mayOverwrite ? [.dirty] : [.dirty, .fresh])
        }
    }

    /// Takes coins away, whether or not they are in the cache.
    package mutating func spend(_ points: [OutPoint]) {
        for (position, point) in points.enumerated() {
            touch(points, at: position)
            spend(point)
        }
    }

    /// Takes a coin away, whether or not it is in the cache.
    package mutating func spend(_ point: OutPoint) {
        guard let entry = find(point) else {
            insert(
                point, Coin(output: TransactionOutput(value: .zero), height: 0, isCoinbase: false),
                flags: [.dirty, .spent])
            return
        }
        let flags = entries[entry].flags
        if flags.contains(.fresh) {
            remove(entry)
        } else {
            releaseScript(entry)
            entries[entry].kind = .raw(count: 0)
            if !flags.contains(.dirty) { dirtyCount += 1 }
            entries[entry].flags = [.dirty, .spent]
        }
    }

    // MARK: Writing

    /// Hands on everything the store does not know of, in the order of the keys.
    package func write(to sink: inout some WriteSink & ~Copyable) {
        var key: [UInt8] = []
        var value: [UInt8] = []
        var script: [UInt8] = []
        for number in dirtyInOrder {
            let entry = entries[Int(number)]
            key.removeAll(keepingCapacity: true)
            StoreKey.append(coin: OutPoint(txid: entry.txid, index: entry.index), to: &key)
            if entry.flags.contains(.spent) {
                sink.delete(key.span)
            } else {
                value.removeAll(keepingCapacity: true)
                Variable.append(UInt64(entry.code), to: &value)
                Variable.append(CoinCodec.compress(amount: entry.value), to: &value)
                script.removeAll(keepingCapacity: true)
                appendScript(of: entry, to: &script)
                CoinCodec.append(script: script[...], to: &value)
                sink.put(key.span, value.span)
            }
        }
    }

    /// Notes that the store now holds everything; with `isEmptied`, forgets it all.
    package mutating func written(isEmptied: Bool) {
        if isEmptied {
            self = CoinCache(byteLimit: reserved * MemoryLayout<PackedCoin>.stride)
            return
        }
        for number in entries.indices where entries[number].flags.contains(.dirty) {
            if entries[number].flags.contains(.spent) {
                remove(number)
            } else {
                entries[number].flags = []
            }
        }
        dirtyCount = 0
    }

    /// The numbers of all dirty entries, in the order of their keys.
    private var dirtyInOrder: [UInt32] {
        var order: [(head: UInt64, index: UInt32, number: UInt32)] = []
        order.reserveCapacity(dirtyCount)
        for (number, entry) in entries.enumerated() where entry.flags.contains(.dirty) {
            order.append((entry.txid.words.0.byteSwapped, entry.index, UInt32(number)))
        }
        order.sort { left, right in
            if left.head != right.head { return left.head < right.head }
            return precedes(entries[Int(left.number)], entries[Int(right.number)])
        }
        return order.map { $0.number }
    }

    /// Whether one key comes before another, most often that of the same transaction.
    private func precedes(_ left: PackedCoin, _ right: PackedCoin) -> Bool {
        // From here on an index takes three bytes, which are not in the order of the numbers.
        let threeBytes: UInt32 = 16_512
        if left.txid == right.txid, left.index < threeBytes, right.index < threeBytes {
            return left.index < right.index
        }
        return Self.key(left).lexicographicallyPrecedes(Self.key(right))
    }

    private static func key(_ entry: PackedCoin) -> [UInt8] {
        var key: [UInt8] = []
        StoreKey.append(coin: OutPoint(txid: entry.txid, index: entry.index), to: &key)
        return key
    }

    // MARK: The table

    private func hash(_ point: OutPoint) -> UInt64 {
        let words = point.txid.words
        var mixed = Self.mix(words.0 ^ keys.0, words.1 ^ keys.1)
        mixed = Self.mix(mixed ^ words.2, words.3 ^ keys.0)
        return Self.mix(mixed ^ UInt64(point.index), keys.1) >> 32
    }

    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    private func find(_ point: OutPoint) -> Int? {
        findSlot(point).map { Int(slots[$0] & 0xFFFF_FFFF) - 1 }
    }

    private func findSlot(_ point: OutPoint) -> Int? {
        let hash = hash(point)
        let mask = slots.count - 1
        var position = Int(hash) & mask
        while slots[position] != 0 {
            let slot = slots[position]
            if slot >> 32 == hash {
                let number = Int(slot & 0xFFFF_FFFF) - 1
                if entries[number].index == point.index, entries[number].txid == point.txid {
                    return position
                }
            }
            position = (position + 1) & mask
        }
        return nil
    }

    private mutating func insert(_ point: OutPoint, _ coin: Coin, flags: PackedCoin.Flags) {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let number: Int
        if let free = freeEntries.popLast() {
            number = Int(free)
        } else {
            number = entries.count
            entries.append(
                PackedCoin(
                    txid: .zero, index: 0, code: 0, value: 0, payload: .zero, kind: .raw(count: 0),
                    flags: []))
        }
        fill(number, point, coin, flags: flags)
        if flags.contains(.dirty) { dirtyCount += 1 }
        count += 1
        place(hash(point) << 32 | UInt64(number + 1))
    }

    private mutating func place(_ slot: UInt64) {
        let mask = slots.count - 1
        var position = Int(slot >> 32) & mask
        while slots[position] != 0 { position = (position + 1) & mask }
        slots[position] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for slot in old where slot != 0 { place(slot) }
    }

    private mutating func remove(_ number: Int) {
        let entry = entries[number]
        guard var hole = findSlot(OutPoint(txid: entry.txid, index: entry.index)) else { return }
        releaseScript(number)
        if entry.flags.contains(.dirty) { dirtyCount -= 1 }
        entries[number].flags = []
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

    // MARK: Entries

    private mutating func fill(
        _ number: Int, _ point: OutPoint, _ coin: Coin, flags: PackedCoin.Flags
    ) {
        let script = coin.output.script.bytes
        let kind: PackedCoin.Kind
        let payload: Hash256
        if let packed = PackedCoin.pack(script) {
            (kind, payload) = packed
        } else {
            let place = freeAside.popLast() ?? aside.count
            if place == aside.count { aside.append([]) }
            aside[place] = Array(script)
            asideBytes += script.count + 64
            (kind, payload) = (.aside, Hash256(words: (UInt64(place), 0, 0, 0)))
        }
        entries[number] = PackedCoin(
            txid: point.txid, index: point.index,
            code: UInt32(truncatingIfNeeded: CoinCodec.code(coin)),
            value: coin.output.value.satoshis, payload: payload, kind: kind, flags: flags)
    }

    private mutating func releaseScript(_ number: Int) {
        guard entries[number].kind == .aside else { return }
        let place = entries[number].asideNumber
        asideBytes -= aside[place].count + 64
        aside[place] = []
        freeAside.append(place)
    }

    private func appendScript(of entry: PackedCoin, to bytes: inout [UInt8]) {
        if !entry.appendScript(to: &bytes) { bytes += aside[entry.asideNumber] }
    }

    private func scriptCount(of entry: PackedCoin) -> Int {
        entry.kind.scriptCount ?? aside[entry.asideNumber].count
    }
}
