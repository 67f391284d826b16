import Synchronization

/// Public keys that were read before, so that their points are not worked out again: to find y is
/// a tenth of all that a signature check does, and on most networks the same keys pay again and
/// again.
///
/// Many threads may share one. Each key has two places by its x, which it shares with others, and the
/// last two of them stay: nobody gains by choosing keys that push each other out.
public final class PublicKeyCache: Sendable {
    private struct Entry {
        var x: Hash256
        var hasOddY: Bool
        var key: PublicKey
    }

    /// A part of the places with a lock of its own. It takes memory when it gets its first key.
    private final class Shelf: Sendable {
        let entries = Mutex<[Entry?]>([])
    }

    private static let shelfCount = 64
    private static let placesPerShelf = 64
    /// Places that stand side by side, for the same keys; the one filled last comes first.
    private static let ways = 2

    /// How many keys it holds at most, of some 100 bytes each.
    public static var capacity: Int { shelfCount * placesPerShelf }

    private let shelves = (0..<shelfCount).map { _ in Shelf() }

    public init() {}

    /// The key of any of the forms that `PublicKey` reads; nil where the bytes are none.
    public func key(_ bytes: Span<UInt8>) -> PublicKey? {
        // The longer forms tell y and need not be kept.
        guard bytes.count == 33, bytes[0] == 2 || bytes[0] == 3 else { return PublicKey(bytes) }
        let x = Hash256(bytes.extracting(droppingFirst: 1))
        return recall(x, hasOddY: bytes[0] == 3) { PublicKey(bytes) }
    }

    /// The key with even y of 32 bytes (BIP340); nil where they are not 32 or no point has this x.
    public func key(xOnly bytes: Span<UInt8>) -> PublicKey? {
        guard bytes.count == 32 else { return nil }
        let x = Hash256(bytes)
        return recall(x, hasOddY: false) { PublicKey(evenWith: x) }
    }

    private func recall(
        _ x: Hash256, hasOddY: Bool, read: () -> PublicKey?
    ) -> PublicKey? {
        // An x is as good as random to who does not choose it.
        let number = Int(truncatingIfNeeded: x.words.0 % UInt64(Self.capacity / Self.ways))
        let shelf = shelves[number % Self.shelfCount]
        let first = number / Self.shelfCount * Self.ways
        let known = shelf.entries.withLock { entries -> PublicKey? in
            guard !entries.isEmpty else { return nil }
            for place in first..<first + Self.ways {
                if let entry = entries[place], entry.x == x, entry.hasOddY == hasOddY {
                    return entry.key
                }
            }
            return nil
        }
        if let known { return known }
        guard let key = read() else { return nil }
        shelf.entries.withLock { entries in
            if entries.isEmpty { entries = Array(repeating: nil, count: Self.placesPerShelf) }
            entries[first + 1] = entries[first]
            entries[first] = Entry(x: x, hasOddY: hasOddY, key: key)
        }
        return key
    }
}
