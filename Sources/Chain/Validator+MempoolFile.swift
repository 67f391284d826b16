import Cryptography
import MemoryPool
package import Primitives
public import Storage

extension Validator {
    private var mempoolPath: String { configuration.directory + "/mempool.dat" }
    private static let largestMempoolFile = 2 << 30

    /// Writes the mempool to `mempool.dat`, in Core's form; returns the path.
    @discardableResult
    public func saveMempool() throws(StorageError) -> String {
        let key: [UInt8] = (0..<8).map { _ in .random(in: 0...255) }
        var dump = MempoolFile()
        for entry in pool.allEntries() {
            let txid = entry.transaction.txid
            dump.entries.append(
                MempoolFile.Entry(
                    transaction: entry.transaction, time: entry.time,
                    delta: pool.deltas[txid] ?? 0))
        }
        dump.deltas = pool.deltas.filter { pool[$0.key] == nil }
        dump.unbroadcast = pool.unbroadcast
        try File.replace(
            mempoolPath, with: dump.encoded(key: key).span, fault: configuration.writeFault)
        return mempoolPath
    }

    /// Takes in `mempool.dat`. A file that cannot be read costs nothing but its transactions.
    func loadMempool(_ progress: @Sendable (String) -> Void) throws(StorageError) {
        guard configuration.persistsMempool, let dump = readMempool(progress) else {
            isPoolWhole = true
            return
        }
        let now = clock.now()
        for (txid, delta) in dump.deltas { pool.prioritise(txid, by: delta) }
        for entry in dump.entries {
            guard !isStopping else { return }
            if entry.delta != 0 { pool.prioritise(entry.transaction.txid, by: entry.delta) }
            guard entry.time > now - pool.policy.expiry else { continue }
            _ = try admit(entry.transaction, TransactionOptions(), arrivedAt: entry.time)
        }
        for txid in dump.unbroadcast where pool[txid] != nil { pool.addUnbroadcast(txid) }
        isPoolWhole = true
    }
}

extension Validator {
    private func readMempool(_ progress: @Sendable (String) -> Void) -> MempoolFile? {
        do {
            let bytes = try File.contents(of: mempoolPath, limit: Self.largestMempoolFile)
            return try bytes.map { try MempoolFile(decoding: $0) }
        } catch {
            progress("The pool begins empty, since \(mempoolPath) cannot be read: \(error)")
            return nil
        }
    }
}

/// The content of `mempool.dat`.
package struct MempoolFile {
    package struct Entry {
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
