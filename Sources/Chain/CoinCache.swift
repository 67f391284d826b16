package import Consensus
import Cryptography
package import Primitives
package import Storage

/// The coins lately seen or changed, over the store that holds them all: some hundred bytes a
/// coin, and no allocation but for scripts longer than the usual.
package struct CoinCache: ~Copyable {
    private var table = CoinTable()
    private var aside: [[UInt8]] = []
    private var freeAside: [Int] = []
    private var asideBytes = 0

    /// How many entries the store does not know of yet.
    package private(set) var dirtyCount = 0

    /// Whether the store holds no coin that is not here, so that one not found here need not be
    /// looked for there: so it is from an empty chain until the cache is emptied.
    private var isComplete: Bool

    /// - Parameter isStoreEmpty: whether the store is known to hold no coins.
    package init(isStoreEmpty: Bool = false) { isComplete = isStoreEmpty }

    package var count: Int { table.count }

    /// About how many bytes it takes in memory.
    package var memoryUsage: Int { table.memoryUsage + asideBytes }

    // MARK: Looking up

    /// Works out where the coins at out points are to be looked for.
    package func keyed(_ points: [OutPoint]) -> KeyedPoints { table.keyed(points) }

    /// The coins at many out points, those the cache lacks fetched from the store at once; and the
    /// numbers of their entries. Where there is no coin it is absent, and the number -1.
    package mutating func gather(
        _ points: borrowing KeyedPoints, from store: borrowing Database
    ) throws(StorageError) -> (coins: [Coin], entries: [Int32]) {
        var numbers: [Int32] = []
        numbers.reserveCapacity(points.count)
        // All scripts go into one buffer that the coins share: one allocation, not one a coin.
        var scripts: [UInt8] = []
        scripts.reserveCapacity(points.count * 35)
        var missing: [Int] = []
        for position in 0..<points.count {
            table.touch(points, at: position)
            guard let number = table.find(points, position) else {
                numbers.append(-1)
                missing.append(position)
                continue
            }
            let entry = table.pointer(number)
            if entry.pointee.flags.contains(.spent) {
                numbers.append(-1)
            } else {
                numbers.append(Int32(truncatingIfNeeded: number))
                appendScript(of: entry.pointee, to: &scripts)
            }
        }
        var coins = coins(numbers, scripts: scripts)
        guard !missing.isEmpty, !isComplete else { return (coins, numbers) }
        for (position, coin) in try fetch(missing, of: points, from: store) {
            // The same point may have been asked for twice.
            let (number, isNew) = table.entry(points, position)
            if isNew {
                fill(
                    number, coin.output.value.satoshis, coin.output.script.span,
                    CoinCodec.shortCode(coin), flags: [])
            }
            coins[position] = coin
            numbers[position] = Int32(truncatingIfNeeded: number)
        }
        return (coins, numbers)
    }

    /// The coins that the store holds at some of the points.
    private func fetch(
        _ missing: [Int], of points: borrowing KeyedPoints, from store: borrowing Database
    ) throws(StorageError) -> [(position: Int, coin: Coin)] {
        var keys = KeyList(minimumCapacity: missing.count)
        for position in missing {
            keys.append { StoreKey.append(coin: points.points[position], to: &$0) }
        }
        var found: [(position: Int, coin: Coin)] = []
        var damaged: OutPoint?
        try store.multiGet(keys) { index, value in
            guard let value, index < missing.count else { return }
            do {
                found.append((missing[index], try CoinCodec.coin(decoding: value)))
            } catch {
                damaged = damaged ?? points.points[missing[index]]
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
    private func coins(_ numbers: [Int32], scripts: [UInt8]) -> [Coin] {
        var offset = 0
        return numbers.map { number in
            guard number >= 0 else { return .absent }
            let entry = table.pointer(Int(number)).pointee
            let start = offset
            offset += scriptCount(of: entry)
            return Coin(
                output: TransactionOutput(
                    value: Amount(satoshis: entry.value), script: Script(scripts[start..<offset])),
                height: Int(entry.code >> 1), isCoinbase: entry.code & 1 != 0)
        }
    }

    package mutating func gather(
        _ points: [OutPoint], from store: borrowing Database
    ) throws(StorageError) -> [Coin?] {
        try gather(keyed(points), from: store).coins.map { $0.isAbsent ? nil : $0 }
    }

    package mutating func coin(
        _ point: OutPoint, from store: borrowing Database
    ) throws(StorageError) -> Coin? {
        try gather([point], from: store)[0]
    }

    /// The coin at an out point as far as it is known without asking the store.
    func known(_ point: OutPoint) -> Coin? {
        guard let number = table.find(point) else { return nil }
        let entry = table.pointer(number).pointee
        guard !entry.flags.contains(.spent) else { return nil }
        var script: [UInt8] = []
        appendScript(of: entry, to: &script)
        return coins([Int32(truncatingIfNeeded: number)], scripts: script)[0]
    }

    /// Whether there is a coin at any of the out points.
    package mutating func holdsAny(
        of points: borrowing KeyedPoints, from store: borrowing Database
    ) throws(StorageError) -> Bool {
        guard isComplete else {
            return try gather(points, from: store).coins.contains { !$0.isAbsent }
        }
        for position in 0..<points.count {
            table.touch(points, at: position)
            if let number = table.find(points, position),
                !table.pointer(number).pointee.flags.contains(.spent)
            {
                return true
            }
        }
        return false
    }

    // MARK: Changing

    /// Adds a coin that was made at the out point in a position.
    ///
    /// - Parameters:
    ///   - value: in satoshis.
    ///   - code: see `CoinCodec.code`.
    ///   - mayOverwrite: whether one may stand there already, as early coinbases do (BIP30).
    package mutating func add(
        _ points: borrowing KeyedPoints, _ position: Int, value: Int64, script: Span<UInt8>,
        code: UInt32, mayOverwrite: Bool
    ) {
        table.touch(points, at: position)
        let (number, isNew) = table.entry(points, position)
        put(value, script, code, number, isNew, mayOverwrite)
    }

    /// Adds a coin that was made, or that comes back from a block taken back.
    package mutating func add(_ point: OutPoint, _ coin: Coin, mayOverwrite: Bool) {
        let (number, isNew) = table.entry(point)
        put(
            coin.output.value.satoshis, coin.output.script.span, CoinCodec.shortCode(coin), number,
            isNew, mayOverwrite)
    }

    private mutating func put(
        _ value: Int64, _ script: Span<UInt8>, _ code: UInt32, _ number: Int, _ isNew: Bool,
        _ mayOverwrite: Bool
    ) {
        guard !isNew else {
            dirtyCount += 1
            return fill(
                number, value, script, code, flags: mayOverwrite ? [.dirty] : [.dirty, .fresh])
        }
        let old = table.pointer(number).pointee.flags
        releaseScript(number)
        if !old.contains(.dirty) { dirtyCount += 1 }
        // What the store may hold it must be told of, whatever becomes of the coin.
        fill(
            number, value, script, code, flags: old.contains(.fresh) ? [.dirty, .fresh] : [.dirty])
    }

    /// Takes coins away that were gathered, if they were there; the others by their points.
    ///
    /// - Parameter entries: where they were found. Nothing but adding may have happened since.
    package mutating func spend(_ points: borrowing KeyedPoints, at entries: [Int32]) {
        for position in 0..<points.count {
            table.touch(points, at: position)
            let number = entries[position]
            if number >= 0 { spend(entry: Int(number)) } else { spend(points.points[position]) }
        }
    }

    /// Takes a coin away, whether or not it is in the cache.
    package mutating func spend(_ point: OutPoint) {
        let (number, isNew) = table.entry(point)
        if isNew {
            table.pointer(number).pointee.flags = [.dirty, .spent]
            dirtyCount += 1
        } else {
            spend(entry: number)
        }
    }

    /// Forgets what is known of a coin: it is again as the store has it.
    mutating func forget(_ point: OutPoint) {
        guard let number = table.find(point) else { return }
        if table.pointer(number).pointee.flags.contains(.dirty) { dirtyCount -= 1 }
        releaseScript(number)
        table.remove(number)
    }

    private mutating func spend(entry number: Int) {
        let entry = table.pointer(number)
        let flags = entry.pointee.flags
        releaseScript(number)
        if flags.contains(.fresh) {
            if flags.contains(.dirty) { dirtyCount -= 1 }
            return table.remove(number)
        }
        entry.pointee.kind = .raw(count: 0)
        if !flags.contains(.dirty) { dirtyCount += 1 }
        entry.pointee.flags = [.dirty, .spent]
    }

    // MARK: Writing

    /// Hands on what the store does not know of, in the order of the keys.
    ///
    /// - Parameter part: which of how many parts that follow each other is meant.
    package func write(
        part: (number: Int, of: Int) = (0, 1), to sink: inout some WriteSink & ~Copyable
    ) {
        var key: [UInt8] = []
        var value: [UInt8] = []
        for number in dirtyInOrder(part) {
            let entry = table.pointer(Int(number)).pointee
            key.removeAll(keepingCapacity: true)
            StoreKey.append(coin: entry.point, to: &key)
            if entry.flags.contains(.spent) {
                sink.delete(key.span)
            } else {
                value.removeAll(keepingCapacity: true)
                Variable.append(UInt64(entry.code), to: &value)
                Variable.append(CoinCodec.compress(amount: entry.value), to: &value)
                if !entry.appendCompressed(to: &value) {
                    CoinCodec.append(script: aside[entry.asideNumber][...], to: &value)
                }
                sink.put(key.span, value.span)
            }
        }
    }

    /// Notes that the store now holds everything; with `isEmptied`, forgets it all.
    package mutating func written(isEmptied: Bool) {
        if isEmptied {
            self = CoinCache()
            return
        }
        for number in 0..<table.entryCount {
            let entry = table.pointer(number)
            guard entry.pointee.flags.contains(.dirty) else { continue }
            if entry.pointee.flags.contains(.spent) {
                table.remove(number)
            } else {
                entry.pointee.flags = []
            }
        }
        dirtyCount = 0
    }

    /// An entry to be put in order.
    private struct Ordered {
        /// The first bytes of the txid, as they are compared.
        var head: UInt64
        var index: UInt32
        var number: UInt32

        static let bucketBits = 12
        var bucket: Int { Int(head >> (64 - Self.bucketBits)) }
    }

    /// The numbers of the dirty entries of a part, in the order of their keys.
    private func dirtyInOrder(_ part: (number: Int, of: Int)) -> [UInt32] {
        var dirty: [Ordered] = []
        dirty.reserveCapacity(dirtyCount / part.of + 1024)
        for number in 0..<table.entryCount {
            let entry = table.pointer(number)
            guard entry.pointee.flags.contains(.dirty) else { continue }
            let head = entry.pointee.txid.words.0.byteSwapped
            guard (Int(head >> 32) * part.of) >> 32 == part.number else { continue }
            dirty.append(Ordered(head: head, index: entry.pointee.index, number: UInt32(number)))
        }
        return inOrder(dirty)
    }

    /// Sorts by the first bits at once, for the keys are spread evenly, and then what shares them.
    private func inOrder(_ dirty: [Ordered]) -> [UInt32] {
        var ends = [Int](repeating: 0, count: 1 << Ordered.bucketBits)
        for entry in dirty { ends[entry.bucket] += 1 }
        var sum = 0
        for bucket in ends.indices {
            sum += ends[bucket]
            ends[bucket] = sum
        }
        var starts = ends
        var order = dirty
        for entry in dirty {
            starts[entry.bucket] -= 1
            order[starts[entry.bucket]] = entry
        }
        for bucket in ends.indices where ends[bucket] - starts[bucket] > 1 {
            order[starts[bucket]..<ends[bucket]].sort { left, right in
                if left.head != right.head { return left.head < right.head }
                return Self.precedes(
                    table.pointer(Int(left.number)).pointee,
                    table.pointer(Int(right.number)).pointee)
            }
        }
        return order.map { $0.number }
    }

    /// Whether one key comes before another, most often that of the same transaction.
    private static func precedes(_ left: PackedCoin, _ right: PackedCoin) -> Bool {
        // From here on an index takes three bytes, which are not in the order of the numbers.
        let threeBytes: UInt32 = 16_512
        if left.txid == right.txid, left.index < threeBytes, right.index < threeBytes {
            return left.index < right.index
        }
        return key(left).lexicographicallyPrecedes(key(right))
    }

    private static func key(_ entry: PackedCoin) -> [UInt8] {
        var key: [UInt8] = []
        StoreKey.append(coin: entry.point, to: &key)
        return key
    }

    // MARK: Entries

    private mutating func fill(
        _ number: Int, _ value: Int64, _ script: Span<UInt8>, _ code: UInt32,
        flags: PackedCoin.Flags
    ) {
        let entry = table.pointer(number)
        if let (kind, payload) = PackedCoin.pack(script) {
            entry.pointee.kind = kind
            entry.pointee.payload = payload
        } else {
            let place = freeAside.popLast() ?? aside.count
            if place == aside.count { aside.append([]) }
            aside[place] = script.withUnsafeBufferPointer { Array($0) }
            asideBytes += script.count + 64
            entry.pointee.kind = .aside
            entry.pointee.payload = Hash256(words: (UInt64(place), 0, 0, 0))
        }
        entry.pointee.code = code
        entry.pointee.value = value
        entry.pointee.flags = flags
    }

    private mutating func releaseScript(_ number: Int) {
        let entry = table.pointer(number)
        guard entry.pointee.kind == .aside else { return }
        let place = entry.pointee.asideNumber
        asideBytes -= aside[place].count + 64
        aside[place] = []
        freeAside.append(place)
        entry.pointee.kind = .raw(count: 0)
    }

    private func appendScript(of entry: PackedCoin, to bytes: inout [UInt8]) {
        if !entry.appendScript(to: &bytes) { bytes += aside[entry.asideNumber] }
    }

    private func scriptCount(of entry: PackedCoin) -> Int {
        entry.kind.scriptCount ?? aside[entry.asideNumber].count
    }
}
