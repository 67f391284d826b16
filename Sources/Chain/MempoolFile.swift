import Cryptography
package import Primitives

/// The content of `mempool.dat`.
package struct MempoolFile: Sendable {
    package struct Entry: Sendable {
        package var transaction: Transaction
        /// When it came, in seconds since 1970.
        package var time: Int64
        /// What the operator added to its fee, in satoshis.
        package var delta: Int64
    }

    private static let plainVersion: UInt64 = 1
    private static let hiddenVersion: UInt64 = 2

    package var entries: [Entry] = []
    /// What was added to the fees of transactions that are not here.
    package var deltas: [Txid: Int64] = [:]
    package var unbroadcast: Set<Txid> = []

    package init() {}

    package init(decoding bytes: [UInt8]) throws(DecodingError) {
        var start = ByteReader(bytes.span)
        let version = try start.read(UInt64.self)
        var body = bytes
        switch version {
        case Self.plainVersion: break
        case Self.hiddenVersion:
            let key = try start.readSizedBytes()
            guard key.count == 8 else { throw .invalid("the key is not of 8 bytes") }
            Self.combine(&body, from: start.offset, with: key)
        default: throw .invalid("unknown version")
        }
        var reader = ByteReader(body.span)
        _ = try reader.readRange(count: start.offset)
        let count = try reader.read(UInt64.self)
        guard count <= UInt64(reader.remaining / 60) else {
            throw .truncated(needed: Int(clamping: count), remaining: reader.remaining)
        }
        for _ in 0..<count {
            let transaction = try Transaction(from: &reader)
            entries.append(
                Entry(transaction: transaction, time: try reader.read(), delta: try reader.read()))
        }
        for _ in 0..<(try reader.readCount(minimumSize: 40)) {
            let txid = try reader.readHash()
            deltas[txid] = try reader.read()
        }
        for _ in 0..<(try reader.readCount(minimumSize: 32)) {
            unbroadcast.insert(try reader.readHash())
        }
    }

    package func encoded(key: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.hiddenVersion)
        writer.writeSized(key)
        let start = writer.bytes.count
        writer.write(UInt64(entries.count))
        for entry in entries {
            writer.write(entry.transaction.bytes)
            writer.write(entry.time)
            writer.write(entry.delta)
        }
        writer.writeCompactSize(deltas.count)
        for (txid, delta) in deltas.sorted(by: { $0.key < $1.key }) {
            writer.write(txid)
            writer.write(delta)
        }
        writer.writeCompactSize(unbroadcast.count)
        for txid in unbroadcast.sorted() { writer.write(txid) }
        var bytes = writer.bytes
        Self.combine(&bytes, from: start, with: key)
        return bytes
    }

    /// Core hides the file behind a key that counts from the file's beginning.
    private static func combine(_ bytes: inout [UInt8], from start: Int, with key: [UInt8]) {
        for position in start..<bytes.count { bytes[position] ^= key[position % key.count] }
    }
}
