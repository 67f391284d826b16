import Cryptography
import Primitives

/// Coins one after the other, in the form that hashes of the set take: point, height with the
/// coinbase flag, amount, length of the script, script.
struct CoinBytes: Sendable {
    /// Longer than what it holds, so that a coin is written in place. To append its parts one by
    /// one took longer than all else that a count does with it.
    private var storage: [UInt8] = []
    private(set) var count = 0
    /// Where the coins stand that came since the last `endGroup`.
    private var group: [(index: UInt32, start: Int)] = []
    private var isOrdered = true

    /// What precedes the script, at most: 48 bytes and a compact size.
    private static let fixedCount = 53
    /// What is written of a frame, the bytes beyond its own included.
    private static let frameCount = 6

    /// The bytes of the coins so far.
    var span: Span<UInt8> {
        @_lifetime(borrow self) get { storage.span.extracting(first: count) }
    }

    mutating func removeAll() {
        count = 0
        group.removeAll(keepingCapacity: true)
        isOrdered = true
    }

    /// Appends a coin.
    ///
    /// - Parameter stored: the bytes of its script that stand within the frame.
    mutating func append(
        _ point: OutPoint, code: UInt32, satoshis: Int64, _ frame: ScriptFrame,
        _ stored: Span<UInt8>
    ) {
        precondition(stored.count == frame.storedCount, "a frame is for as many bytes as it says")
        if let last = group.last, last.index >= point.index { isOrdered = false }
        group.append((point.index, count))
        reserve(Self.fixedCount + Self.frameCount + stored.count)
        var end = count
        storage.withUnsafeMutableBytes { storage in
            // Safe: all that is written lies in what was just reserved.
            func write(_ value: some FixedWidthInteger & BitwiseCopyable) {
                storage.storeBytes(of: value.littleEndian, toByteOffset: end, as: type(of: value))
                end += MemoryLayout.size(ofValue: value)
            }
            let words = point.txid.words
            write(words.0)
            write(words.1)
            write(words.2)
            write(words.3)
            write(point.index)
            write(code)
            write(satoshis)
            let length = frame.count
            switch length {
            case ..<253: write(UInt8(truncatingIfNeeded: length))
            case ...0xFFFF:
                write(253 as UInt8)
                write(UInt16(truncatingIfNeeded: length))
            default:
                write(254 as UInt8)
                write(UInt32(clamping: length))
            }
            write(frame.head)
            end += frame.headCount - 4
            stored.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: storage[end...]).copyMemory(from: $0)
            }
            end += stored.count
            write(frame.tail)
            end += frame.tailCount - 2
        }
        count = end
    }

    private mutating func reserve(_ room: Int) {
        guard storage.count - count < room else { return }
        let more = max(room, storage.count, 4096)
        storage.append(contentsOf: repeatElement(0, count: more))
    }

    /// Ends with the coins of one transaction, and brings them into the order of their numbers: that
    /// of their keys is another from 16512 on.
    mutating func endGroup() {
        if !isOrdered { sort() }
        group.removeAll(keepingCapacity: true)
    }

    private mutating func sort() {
        guard let first = group.first?.start else { return }
        var parts: [(index: UInt32, range: Range<Int>)] = []
        for (place, member) in group.enumerated() {
            let end = place + 1 < group.count ? group[place + 1].start : count
            parts.append((member.index, member.start..<end))
        }
        parts.sort { $0.index < $1.index }
        let sorted = parts.flatMap { storage[$0.range] }
        storage.replaceSubrange(first..<count, with: sorted)
        isOrdered = true
    }
}
