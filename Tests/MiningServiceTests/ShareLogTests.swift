import Cryptography
import Foundation
import Mining
import MiningService
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Share log on disk") struct ShareLogTests {
    private let folder = TemporaryFolder()

    private func credit(_ number: Int, job: Int = 0) -> ShareCredit {
        ShareCredit(
            jobNumber: UInt64(job + 1),
            job: ShareJob(
                prefix: [1, 2, UInt8(truncatingIfNeeded: job)], suffix: [4, 5, 6], branch: [.max]),
            name: "m\(number % 3)", worker: "rig", work: UInt64(number + 1),
            extraNonce: [0, 0, 0, 1, 0, 0, 0, UInt8(truncatingIfNeeded: number)],
            header: BlockHeader(
                version: 4, previous: .zero, merkleRoot: .max, time: 5, bits: 6,
                nonce: UInt32(number)))
    }

    private func open(limit: Int = 1 << 30, fault: WriteFault = .none) throws -> ShareLog {
        try ShareLog(folder: folder.path + "/shares", limit: limit, fault: fault)
    }

    private func files(of log: ShareLog) throws -> [String] {
        try log.read { $0.map(\.path) }
    }

    @Test("After a restart the log ends where it did, and its window is the same")
    func restart() throws {
        let end: ShareChain
        let window: ShareWindow
        do {
            let log = try open()
            for number in 0..<500 { try log.append(credit(number, job: number / 50)) }
            window = try log.window(size: 20_000)
            end = log.end
        }
        #expect(end.next == 510, "500 shares and 10 jobs")
        let again = try open()
        #expect(again.end == end)
        #expect(try again.window(size: 20_000) == window)
        try again.append(credit(7))
        #expect(again.end.next == 512, "its job is written again")
    }

    @Test("A log torn at any byte of its last entries is cut to the last whole one, and goes on")
    func torn() throws {
        let path: String
        do {
            let log = try open()
            for number in 0..<6 { try log.append(credit(number)) }
            path = try #require(try files(of: log).last)
        }
        let whole = try Data(contentsOf: URL(filePath: path))
        var lengths: Set<UInt64> = []
        for count in Array(stride(from: 48, to: whole.count, by: 7)) + [whole.count] {
            try whole.prefix(count).write(to: URL(filePath: path))
            let log = try open()
            lengths.insert(log.end.next)
            try log.append(credit(99))
            try log.synchronise()
            let end = log.end
            #expect(try open().end == end, "cut at \(count)")
        }
        #expect(lengths.count == 8, "from none to all seven")
    }

    @Test("Damage before the last file is reported, with the file's name")
    func damaged() throws {
        let log = try open()
        var number = 0
        while try files(of: log).count < 2 {
            for _ in 0..<5000 {
                try log.append(credit(number))
                number += 1
            }
        }
        let first = try #require(try files(of: log).first)
        var bytes = try Data(contentsOf: URL(filePath: first))
        bytes[1000] ^= 1
        try bytes.write(to: URL(filePath: first))
        #expect {
            _ = try open()
        } throws: { error in
            "\(error)".contains(first)
        }
    }

    @Test("The log takes no more than it may; the newest stays and the chain of hashes holds")
    func bounded() throws {
        let log = try open(limit: 0)
        var number = 0
        while log.end.next < 700_000 {
            try log.append(credit(number, job: number / 1000))
            number += 1
        }
        let files = try files(of: log)
        let size = try files.reduce(0) { $0 + (try Data(contentsOf: URL(filePath: $1)).count) }
        #expect(size <= ShareLog.leastLimit + (32 << 20))
        #expect(!files[0].hasSuffix("00000000.log"), "the oldest is gone")
        let end = log.end
        #expect(try open(limit: 0).end == end)
    }

    @Test("Who reads the log sees it as it was, though it grows and its oldest files are to go")
    func reading() throws {
        let log = try open(limit: 0)
        for number in 0..<1000 { try log.append(credit(number, job: number / 100)) }
        let end = log.end
        var number = 1000
        func grow(to next: UInt64) throws {
            while log.end.next < next {
                try log.append(credit(number, job: number / 1000))
                number += 1
            }
            try log.flush()
        }
        let first = try log.read { parts in
            try grow(to: 600_000)
            #expect(parts.count == 1)
            let bytes = try parts[0].contents()
            var reader = ByteReader(bytes.span)
            _ = try reader.readRange(count: 48)
            var chain = ShareChain()
            while try chain.read(from: &reader) != nil {}
            #expect(chain == end)
            return parts[0].path
        }
        #expect(FileManager.default.fileExists(atPath: first))
        #expect(try log.read { $0.count } > 4)
        // Once nobody reads any more they go.
        try grow(to: 800_000)
        #expect(!FileManager.default.fileExists(atPath: first))
    }

    @Test("When a write fails nothing is put to the log any more, and a restart finds it whole")
    func failing() throws {
        let disk = Disk()
        let log = try open(fault: disk.fault)
        for number in 0..<10 { try log.append(credit(number)) }
        try log.synchronise()
        let end = log.end
        try log.append(credit(10))
        disk.fails.withLock { $0 = true }
        #expect(throws: StorageError.self) { try log.flush() }
        disk.fails.withLock { $0 = false }
        #expect(throws: StorageError.self) { try log.append(credit(11)) }
        #expect(try open().end == end)
    }

    @Test("No window is given out after the disk failed to keep the log, though it no longer fails")
    func unkept() throws {
        let disk = Disk(.synchronise)
        let log = try open(fault: disk.fault)
        for number in 0..<10 { try log.append(credit(number)) }
        let window = try log.window(size: 5000)
        #expect(try log.window(size: 5000) == window)
        try log.append(credit(10))
        disk.fails.withLock { $0 = true }
        #expect(throws: StorageError.self) { try log.window(size: 5000) }
        disk.fails.withLock { $0 = false }
        #expect(throws: StorageError.self) { try log.window(size: 5000) }
        #expect(throws: StorageError.self) { try log.append(credit(11)) }
    }

    /// A disk that fails at one thing while it is told to.
    private final class Disk: Sendable {
        let fails = Mutex(false)
        private let operation: WriteFault.Operation

        init(_ operation: WriteFault.Operation = .append) { self.operation = operation }

        var fault: WriteFault {
            WriteFault { operation, _ in
                operation == self.operation && self.fails.withLock { $0 } ? "no space" : nil
            }
        }
    }
}
