import Cryptography
import Mining
import Primitives

extension FuzzProperty {
    /// What the share log and the ledger's records hold is read or refused, and what was read comes
    /// back from what is written of it.
    ///
    /// The first byte chooses: a log or a file of one as it lies on the disk, bodies of entries in a
    /// sound log, or the terms of a payout.
    public static let shares = FuzzProperty("shares") { (bytes) throws(FuzzFailure) in
        let rest = Array(bytes.dropFirst())
        switch (bytes.first ?? 0) % 3 {
        case 0: try readLog(rest)
        case 1:
            var cursor = FuzzCursor(rest)
            var log = ShareChain()
            while !cursor.isAtEnd { try readBody(cursor.chunk(), in: &log) }
        default: try readTerms(rest)
        }
    }

    /// A log ends where it is whole, or says why not.
    private static func readLog(_ bytes: [UInt8]) throws(FuzzFailure) {
        var log = ShareChain()
        var reader = ByteReader(bytes.span)
        if let start = ShareChain(segment: bytes) {
            let size = ShareChain.segmentHeaderSize
            try claim(
                start.segmentHeader.elementsEqual(bytes.prefix(size)),
                "the header of a file is written otherwise")
            _ = try? reader.readBytes(count: size)
            log = start
        }
        while true {
            let before = log
            let entry: ShareEntry?
            do throws(ShareChain.Damage) {
                entry = try log.read(from: &reader)
            } catch {
                try claim(log == before, "\(error) moves the end")
                return
            }
            guard let entry else {
                try claim(reader.remaining == 0, "the log ends before its bytes")
                return
            }
            try claim(log.next == before.next &+ 1, "an entry is not counted")
            try comesBack(entry, after: before)
        }
    }

    /// A body whose frame is right, so that all depends on what it holds.
    private static func readBody(
        _ body: [UInt8], in log: inout ShareChain
    ) throws(FuzzFailure) {
        var numbered = ByteWriter()
        numbered.write(log.next)
        numbered.write(body)
        var hash = SHA256Stream(tag: "Cellblock/share")
        hash.update(log.tip)
        hash.update(numbered.bytes.span)
        var framed = ByteWriter()
        framed.write(UInt32(numbered.bytes.count))
        framed.write(log.tip)
        framed.write(numbered.bytes)
        framed.write(hash.finalize().bytes.prefix(4))
        let bytes = framed.bytes
        var reader = ByteReader(bytes.span)
        let before = log
        guard let entry = try? log.read(from: &reader) else {
            try claim(log == before, "what is no entry moves the end")
            return
        }
        if case .share(let share) = entry {
            _ = share.isProven(by: ShareJob(prefix: body, suffix: [], branch: [.zero]))
        }
        try comesBack(entry, after: before)
    }

    private static func comesBack(
        _ entry: ShareEntry, after end: ShareChain
    ) throws(FuzzFailure) {
        // What is no UTF-8 in a name is replaced, which may make it too long.
        if case .share(let share) = entry,
            share.name.utf8.count > RosterDefinition.maximumNameLength
                || share.worker.utf8.count > ShareEntry.maximumWorkerLength
        {
            return
        }
        var (writing, reading) = (end, end)
        let written = writing.append(entry)
        var reader = ByteReader(written.span)
        try claim((try? reading.read(from: &reader)) == entry, "an entry does not come back")
        try claim(reading == writing, "the log ends otherwise than it was written")
    }

    private static func readTerms(_ bytes: [UInt8]) throws(FuzzFailure) {
        var reader = ByteReader(bytes.span)
        guard let terms = try? PayoutTerms(from: &reader),
            (terms.finder ?? "").utf8.count <= RosterDefinition.maximumNameLength
        else { return }
        var writer = ByteWriter()
        terms.encode(to: &writer)
        let written = writer.bytes
        var again = ByteReader(written.span)
        try claim((try? PayoutTerms(from: &again)) == terms, "terms do not come back")
    }
}
