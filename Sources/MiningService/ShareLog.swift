public import Logging
public import Mining
import Primitives
public import Storage
import Synchronization

/// The share log on disk: files that only grow, the oldest of which go once there are too many.
///
/// Clients' event loops append to it directly: an append is a few microseconds in memory. What is
/// buffered is written before anything depends on it, and when there is much of it, so that a slow
/// disk slows the clients down rather than filling the memory.
public final class ShareLog: Sendable {
    private struct State: ~Copyable {
        var chain: ShareChain
        var tally: ShareTally
        var segment: ShareSegment
        var file: File
        /// Of the file, without what is buffered.
        var size: Int
        var buffer: [UInt8] = []
        /// By number, the entries of this segment that hold jobs.
        var jobs: [UInt64: UInt64] = [:]
        /// How often anything was written, and up to which of these times the disk is known to keep
        /// it.
        var writes = 1
        var kept = 0
        var failure: StorageError?
        /// Who reads files now. None is removed meanwhile.
        var readers = 0
    }

    public let folder: String
    /// The bytes all files together may take.
    private let limit: Int
    private let fault: WriteFault
    private let logger: Logger
    private let state: Mutex<State>

    /// What is buffered at most, in bytes.
    private static let bufferLimit = 1 << 20
    /// Jobs remembered, so that each is written once.
    private static let jobsKept = 4096
    /// The least that may be kept: the largest window needs about so much.
    public static let leastLimit = 64 << 20
    /// How much is read at the start, newest first: a full window and more.
    private static let readLimit = 512 << 20

    /// Opens the log of a folder, made if need be; cuts off an entry that was not written to its
    /// end.
    public init(
        folder: String, limit: Int = 1 << 30, fault: WriteFault = .none,
        logger: Logger = Logger(label: "shares")
    ) throws(StorageError) {
        try System.createFolder(folder)
        self.folder = folder
        self.limit = max(limit, Self.leastLimit)
        self.fault = fault
        self.logger = logger
        var segments = try ShareSegment.all(in: folder)
        // A file that was begun and not even has its header holds nothing.
        while let last = segments.last, (System.size(last.path) ?? 0) < ShareChain.segmentHeaderSize
        {
            try System.remove(last.path)
            segments.removeLast()
        }
        var tally = ShareTally()
        guard let last = segments.last else {
            let first = ShareSegment(number: 0, folder: folder)
            let chain = ShareChain()
            let header = chain.segmentHeader
            let file = try File(first.path, .creating, fault: fault)
            try file.write(header.span, at: 0)
            state = Mutex(
                State(
                    chain: chain, tally: tally, segment: first, file: file, size: header.count))
            return
        }
        let (chain, size) = try Self.read(
            Self.newest(segments), into: &tally, fault: fault, logger: logger)
        state = Mutex(
            State(
                chain: chain, tally: tally, segment: last,
                file: try File(last.path, .writing, fault: fault), size: size))
    }

    // MARK: Reading

    private static func newest(_ segments: [ShareSegment]) -> [ShareSegment] {
        var total = 0
        var count = 0
        for segment in segments.reversed() where total < readLimit {
            total += System.size(segment.path) ?? 0
            count += 1
        }
        return segments.suffix(count)
    }

    /// Reads files that follow each other; returns the end, and the size of the last file.
    private static func read(
        _ segments: [ShareSegment], into tally: inout ShareTally, fault: WriteFault,
        logger: Logger
    ) throws(StorageError) -> (ShareChain, Int) {
        var end: ShareChain?
        var size = 0
        for (index, segment) in segments.enumerated() {
            let bytes =
                try File.contents(of: segment.path, limit: ShareSegment.longest) ?? []
            guard var chain = ShareChain(segment: bytes), end == nil || end == chain else {
                throw damage(segment, at: 0)
            }
            var reader = ByteReader(bytes.span)
            var good = ShareChain.segmentHeaderSize
            do throws(ShareChain.Damage) {
                _ = try? reader.readRange(count: good)
                while let entry = try chain.read(from: &reader) {
                    good = reader.offset
                    if case .share(let share) = entry {
                        tally.add(name: share.name, work: share.work)
                    }
                }
            } catch {
                guard index == segments.count - 1 else { throw damage(segment, at: good) }
                try cut(segment, to: good, of: bytes, fault: fault, logger: logger)
            }
            end = chain
            size = good
        }
        return (end ?? ShareChain(), size)
    }

    /// Cuts off what a crash left at the end. It is kept aside: nothing is thrown away unseen.
    private static func cut(
        _ segment: ShareSegment, to size: Int, of bytes: [UInt8], fault: WriteFault, logger: Logger
    ) throws(StorageError) {
        let rest = Array(bytes[size...])
        let aside = "\(segment.path).cut-\(size)"
        try File.replace(aside, with: rest.span, fault: fault)
        let file = try File(segment.path, .writing, fault: fault)
        try file.truncate(to: size)
        try file.synchronise()
        logger.warning(
            "share log: an entry was not written whole, and is set aside",
            metadata: ["bytes": "\(rest.count)", "file": "\(segment.path)", "now": "\(aside)"])
    }

    private static func damage(_ segment: ShareSegment, at offset: Int) -> StorageError {
        StorageError(
            path: segment.path,
            reason: "The share log is damaged at byte \(offset); move its folder away to begin anew"
        )
    }

    // MARK: Writing

    /// Puts shares at the end, each after its job.
    public func append(_ credit: ShareCredit) throws(StorageError) {
        try state.withLock { (state) throws(StorageError) in
            if let failure = state.failure { throw failure }
            if state.size + state.buffer.count > ShareSegment.fullSize {
                try beginSegment(&state)
            }
            let job: UInt64
            if let known = state.jobs[credit.jobNumber] {
                job = known
            } else {
                if state.jobs.count >= Self.jobsKept { state.jobs = [:] }
                job = state.chain.next
                state.buffer += state.chain.append(.job(credit.job))
                state.jobs[credit.jobNumber] = job
            }
            state.buffer += state.chain.append(.share(credit.proof(job: job)))
            state.tally.add(name: credit.name, work: credit.work)
            if state.buffer.count > Self.bufferLimit { try write(&state) }
        }
    }

    /// Writes what is buffered. It is then safe from a crash of the node, not from one of the
    /// machine.
    public func flush() throws(StorageError) {
        try state.withLock { (state) throws(StorageError) in try write(&state) }
    }

    /// Returns when all of it is on the disk.
    public func synchronise() throws(StorageError) {
        var writes = 0
        let written = try state.withLock { (state) throws(StorageError) -> File? in
            try write(&state)
            writes = state.writes
            // That there is no room for another open file says nothing of the disk.
            return state.kept < state.writes ? try state.file.duplicate() : nil
        }
        guard let written else { return }
        // Not under the lock: clients must not wait for the disk. Whoever comes meanwhile waits for it
        // himself.
        let result = Result { () throws(StorageError) in try written.synchronise() }
        try state.withLock { (state) throws(StorageError) in
            switch result {
            case .success:
                // Of a failure that another has met the system says nothing to those who ask later.
                if let failure = state.failure { throw failure }
                state.kept = max(state.kept, writes)
            case .failure(let error): throw fail(&state, error)
            }
        }
    }

    /// Nothing is put to the log any more: what follows would not follow on what is on the disk. And
    /// after a failure the system may say of the next try that all is well, though it is not.
    private func fail(_ state: inout State, _ error: StorageError) -> StorageError {
        if state.failure == nil { state.failure = error }
        return error
    }

    private func write(_ state: inout State) throws(StorageError) {
        if let failure = state.failure { throw failure }
        guard !state.buffer.isEmpty else { return }
        do {
            try state.file.write(state.buffer.span, at: state.size)
        } catch {
            throw fail(&state, error)
        }
        state.size += state.buffer.count
        state.buffer.removeAll(keepingCapacity: true)
        state.writes += 1
    }

    private func beginSegment(_ state: inout State) throws(StorageError) {
        try write(&state)
        do {
            try state.file.synchronise()
            let segment = ShareSegment(number: state.segment.number + 1, folder: folder)
            let file = try File(segment.path, .creating, fault: fault)
            let header = state.chain.segmentHeader
            try file.write(header.span, at: 0)
            state.segment = segment
            state.file = file
            state.size = header.count
            state.writes += 1
            state.jobs = [:]
            if state.readers == 0 { try removeOldest() }
        } catch {
            throw fail(&state, error)
        }
    }

    private func removeOldest() throws(StorageError) {
        let segments = try ShareSegment.all(in: folder)
        var total = segments.reduce(0) { $0 + (System.size($1.path) ?? 0) }
        for segment in segments.dropLast() where total > limit {
            total -= System.size(segment.path) ?? 0
            try System.remove(segment.path)
        }
    }

    // MARK: Telling

    /// The window of the newest `size` hashes. All of it is on the disk when this returns, so that
    /// a block may commit to it.
    public func window(size: UInt64) throws(StorageError) -> ShareWindow {
        let window = state.withLock { $0.tally.window(size: size, root: $0.chain.tip) }
        try synchronise()
        return window
    }

    /// Of the newest shares, by member: how many, and the hashes they stand for.
    public var totals: [(name: String, shares: Int, work: UInt64)] {
        state.withLock { $0.tally.totals }
    }

    /// How many entries there are, and the hash of the last.
    public var end: ShareChain { state.withLock { $0.chain } }

    /// A file of the log, and how much of it there was at one moment.
    public struct Part: Sendable {
        public var path: String
        /// In bytes: whole entries.
        public var size: Int

        /// What there was of it then.
        public func contents() throws(StorageError) -> [UInt8] {
            guard size <= ShareSegment.longest else {
                throw StorageError(path: path, reason: "Longer than a file of the share log is")
            }
            let bytes = try File(path, .reading).read(at: 0, count: size)
            guard bytes.count == size else {
                throw StorageError(path: path, reason: "The share log has become shorter")
            }
            return bytes
        }
    }

    /// Lets the log be read as it is now, while more is put to it: files only grow, so what each held
    /// stays as it was, and none is removed until `body` returns.
    public func read<Result>(_ body: ([Part]) throws -> Result) throws -> Result {
        let parts = try state.withLock { (state) throws(StorageError) -> [Part] in
            try write(&state)
            let (last, size) = (state.segment.number, state.size)
            let parts = try ShareSegment.all(in: folder).filter { $0.number <= last }.map {
                Part(path: $0.path, size: $0.number == last ? size : System.size($0.path) ?? 0)
            }
            state.readers += 1
            return parts
        }
        defer { state.withLock { $0.readers -= 1 } }
        return try body(parts)
    }
}
