import Cryptography
import Mining
import Notation
import Primitives
import Storage

/// A share window that a block was paid by: where it ends, and how many hashes it spans.
struct ShareReach: Sendable {
    /// Zero where the block was paid by none.
    var root: Hash256
    var size: UInt64
}

/// The share log in one file: the beginning of the first part that is left, then all entries.
struct SharesCopy: Sendable {
    /// In bytes.
    private(set) var size = 0
    let digest: Hash256
    /// Which of the windows that were asked for is the last that the log does not hold, because its
    /// first parts are gone.
    let lastMissing: Int?

    /// As an export tells of it.
    var json: JSON { ["size": .int(size), "sha256": .string(digest.hex)] }

    /// Writes it to a file that must not be there yet, as the log is at one moment.
    init(of shares: ShareLog, to path: String, _ reaches: [ShareReach]) throws {
        self = try shares.read { try SharesCopy(of: $0, to: path, reaches) }
    }

    private init(of parts: [ShareLog.Part], to path: String, _ reaches: [ShareReach]) throws {
        let file = try File(path, .creating)
        var stream = SHA256Stream()
        var reader: WindowReader?
        for (index, part) in parts.enumerated() {
            let bytes = try part.contents()
            if index == 0, let start = ShareChain(segment: bytes), start.next > 0 {
                reader = WindowReader(start, reaches)
            }
            try reader?.read(bytes, of: part.path)
            // Later parts begin where those before them end.
            let kept = index == 0 ? bytes : Array(bytes.dropFirst(ShareChain.segmentHeaderSize))
            try file.write(kept.span, at: size)
            stream.update(kept.span)
            size += kept.count
        }
        try file.synchronise()
        digest = stream.finalize()
        lastMissing = reader?.lastMissing(of: reaches)
    }
}

/// Reads a log whose first parts are gone, for which windows are whole in it.
private struct WindowReader {
    private var chain: ShareChain
    private let wanted: Set<Hash256>
    /// How many shares stand before each end that is asked for.
    private var ends: [Hash256: Int] = [:]
    /// The hashes that the first shares stand for together, from none to all.
    private var sums: [UInt64] = [0]

    init(_ start: ShareChain, _ reaches: [ShareReach]) {
        chain = start
        wanted = Set(reaches.map(\.root))
    }

    mutating func read(_ bytes: [UInt8], of path: String) throws(StorageError) {
        var reader = ByteReader(bytes.span)
        do {
            _ = try reader.readRange(count: ShareChain.segmentHeaderSize)
            while let entry = try chain.read(from: &reader) {
                if case .share(let share) = entry {
                    let last = sums[sums.count - 1]
                    let (sum, overflow) = last.addingReportingOverflow(share.work)
                    sums.append(overflow ? .max : sum)
                }
                if wanted.contains(chain.tip) { ends[chain.tip] = sums.count - 1 }
            }
        } catch {
            throw StorageError(path: path, reason: "The share log is damaged: \(error)")
        }
    }

    func lastMissing(of reaches: [ShareReach]) -> Int? {
        reaches.lastIndex { reach in
            guard !reach.root.isZero else { return false }
            guard let end = ends[reach.root] else { return true }
            return end < ShareTally.limit && sums[end] < reach.size
        }
    }
}
