public import Cryptography
public import Primitives

/// The end of the share log: where it stands, and how entries are put to it and read from it.
///
/// Each entry bears the hash of the one before, so the hash of the last commits to all:
///
///     length   4 bytes, of number and body
///     previous 32 bytes, the hash of the entry before; zero for the first
///     number   8 bytes, counted from 0
///     body     the entry
///     check    the first 4 bytes of this entry's hash, by which a torn write shows
///
/// An entry's hash is a tagged one ("Cellblock/share") over previous, number and body.
public struct ShareChain: Sendable, Hashable {
    /// The number of the entry to come.
    public private(set) var next: UInt64
    /// The hash of the last entry; zero before the first.
    public private(set) var tip: Hash256

    public init(next: UInt64 = 0, tip: Hash256 = .zero) {
        self.next = next
        self.tip = tip
    }

    private static let tag = SHA256Stream(tag: "Cellblock/share")
    /// Bytes beside number and body.
    private static let overhead = 4 + 32 + 4

    /// Puts an entry at the end.
    ///
    /// - Returns: the bytes to be written.
    public mutating func append(_ entry: ShareEntry) -> [UInt8] {
        var body = ByteWriter(capacity: 256)
        body.write(next)
        entry.encode(to: &body)
        let hash = hash(of: body.bytes.span)
        var framed = ByteWriter(capacity: body.bytes.count + Self.overhead)
        framed.write(UInt32(body.bytes.count))
        framed.write(tip)
        framed.write(body.bytes)
        framed.write(hash.bytes.prefix(4))
        tip = hash
        next &+= 1
        return framed.bytes
    }

    /// Why reading the log ended.
    public enum Damage: Error, Hashable, Sendable {
        /// The last entry was not written to its end.
        case torn
        /// The bytes are no entry, or not the one that belongs there.
        case broken
    }

    /// Reads the entry at the reader's place, which must follow on this end; nil at the end.
    @_lifetime(reader: copy reader)
    public mutating func read(from reader: inout ByteReader) throws(Damage) -> ShareEntry? {
        guard reader.remaining > 0 else { return nil }
        let length: Int
        let previous: Hash256
        let body: [UInt8]
        let check: [UInt8]
        do {
            length = Int(try reader.read(UInt32.self))
            guard length >= 8, length <= ShareEntry.maximumSize else { throw Damage.broken }
            previous = try reader.readHash()
            body = try reader.readBytes(count: length)
            check = try reader.readBytes(count: 4)
        } catch let damage as Damage {
            throw damage
        } catch {
            throw .torn
        }
        let hash = hash(of: body.span)
        guard previous == tip, check.elementsEqual(hash.bytes.prefix(4)) else { throw .broken }
        do {
            var inner = ByteReader(body.span)
            guard try inner.read(UInt64.self) == next else { throw Damage.broken }
            let entry = try ShareEntry(from: &inner)
            try inner.finish()
            tip = hash
            next &+= 1
            return entry
        } catch {
            throw .broken
        }
    }

    private func hash(of body: Span<UInt8>) -> Hash256 {
        var stream = Self.tag
        stream.update(tip)
        stream.update(body)
        return stream.finalize()
    }
}
