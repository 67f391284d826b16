import Cryptography
import Dispatch
import MemoryPool
import Primitives
public import Storage

/// What is taken over from a file of transactions besides them.
public struct MempoolImport: Sendable {
    /// Whether they count as come now, and not when the file says.
    public var usesCurrentTime: Bool
    /// Whether what was added to fees is added here, too.
    public var appliesDeltas: Bool
    /// Whether we are to see to it that peers hear of those of which none had heard.
    public var appliesUnbroadcast: Bool

    public init(usesCurrentTime: Bool, appliesDeltas: Bool, appliesUnbroadcast: Bool) {
        self.usesCurrentTime = usesCurrentTime
        self.appliesDeltas = appliesDeltas
        self.appliesUnbroadcast = appliesUnbroadcast
    }

    /// All that our own file says is true.
    static let ofOurOwn = MempoolImport(
        usesCurrentTime: false, appliesDeltas: true, appliesUnbroadcast: true)
}

/// Why a file of transactions was not taken in.
public enum MempoolImportError: Error {
    case cannotRead(path: String, reason: String)
    case storage(StorageError)
}

extension Validator {
    private var mempoolPath: String { configuration.directory + "/mempool.dat" }
    private static let largestMempoolFile = 2 << 30
    /// How many transactions of a file are taken in before others have their turn.
    private static let importStep = 64

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
        if configuration.persistsMempool, let dump = ownMempool(progress) {
            for entry in dump.entries {
                guard !isStopping else { return }
                try take(entry, .ofOurOwn)
            }
            take(besides: dump, .ofOurOwn)
        }
        isPoolWhole = true
    }

    private func ownMempool(_ progress: @Sendable (String) -> Void) -> MempoolFile? {
        do {
            return try readMempool(at: mempoolPath)
        } catch {
            progress("The pool begins empty, since \(error)")
            return nil
        }
    }

    /// Takes in the transactions of a file that this or another node wrote, so far as they are
    /// good here and now; what is in the pool stays. Only they hold up the validator, the file does not.
    public nonisolated func importMempool(
        from path: String, _ options: MempoolImport
    ) async throws(MempoolImportError) {
        guard let dump = try await readAside(path) else {
            throw .cannotRead(path: path, reason: "there is no such file")
        }
        var rest = dump.entries[...]
        while !rest.isEmpty, !isStopping {
            try await take(rest.prefix(Self.importStep), options)
            rest = rest.dropFirst(Self.importStep)
        }
        guard !isStopping else { throw .storage(Self.closing) }
        await finish(dump, options)
    }

    private func finish(_ dump: MempoolFile, _ options: MempoolImport) {
        take(besides: dump, options)
        publish()
    }

    private func take(
        _ entries: ArraySlice<MempoolFile.Entry>, _ options: MempoolImport
    ) throws(MempoolImportError) {
        defer { publish() }
        do throws(StorageError) {
            try writing { () throws(StorageError) in
                for entry in entries { try take(entry, options) }
                // The coins they named are in the cache now, whatever became of them.
                try flushIfDue()
            }
        } catch {
            throw .storage(error)
        }
    }

    private func take(
        _ entry: MempoolFile.Entry, _ options: MempoolImport
    ) throws(StorageError) {
        if options.appliesDeltas, entry.delta != 0 {
            pool.prioritise(entry.transaction.txid, by: entry.delta)
        }
        let now = clock.now()
        let time = options.usesCurrentTime ? now : entry.time
        let (age, isTooOld) = now.subtractingReportingOverflow(time)
        guard !isTooOld, age < pool.policy.expiry else { return }
        _ = try admit(entry.transaction, TransactionOptions(), arrivedAt: time)
    }

    /// Takes over what a file says beside its transactions.
    private func take(besides dump: MempoolFile, _ options: MempoolImport) {
        if options.appliesDeltas {
            for (txid, delta) in dump.deltas { pool.prioritise(txid, by: delta) }
        }
        if options.appliesUnbroadcast {
            for txid in dump.unbroadcast { pool.addUnbroadcast(txid) }
        }
    }

    /// On a thread of its own: it may be large, and neither blocks nor peers are to wait for it.
    private nonisolated func readAside(
        _ path: String
    ) async throws(MempoolImportError) -> MempoolFile? {
        try await withCheckedContinuation { continuation in
            DispatchQueue(label: "cellblock.pool-file").async {
                continuation.resume(
                    returning: Result { () throws(MempoolImportError) in
                        try self.readMempool(at: path)
                    })
            }
        }.get()
    }

    /// Nil where there is no such file.
    private nonisolated func readMempool(at path: String) throws(MempoolImportError) -> MempoolFile?
    {
        do {
            let bytes = try File.contents(of: path, limit: Self.largestMempoolFile)
            return try bytes.map { try MempoolFile(decoding: $0) }
        } catch {
            throw .cannotRead(path: path, reason: "\(error)")
        }
    }
}

extension MempoolImportError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotRead(let path, let reason): "\(path) cannot be read: \(reason)"
        case .storage(let error): error.description
        }
    }
}
