import Foundation
import NodeClient
import Notation
import Testing

/// The programs in `Tests/Crash`, in short, run against the very program that is tested here.
@Suite("What no crash can hurt", .serialized) struct CrashTests {
    @Test(
        "A node killed at random instants comes back with the coins and the ledger it should have",
        .enabled(if: PythonProgram.isAvailable, "needs python3, 3.10 or newer"))
    func kills() throws {
        // The seed is drawn anew each time, and printed with a failure.
        let (code, output) = try PythonProgram.run(
            "Crash/crash.py", "--kills", "10", "--length", "130", "--spends", "20")
        #expect(code == 0, "\(output)")
        #expect(output.hasSuffix("10 kills, 0 failures\n"), "\(output)")
    }

    private static let hasCompiler = ["/usr/bin/cc", "/usr/local/bin/cc"]
        .contains { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        "Whichever write of a node fails, it ends with one line, and the next start is good",
        .enabled(
            if: PythonProgram.isAvailable && hasCompiler,
            "needs python3, 3.10 or newer, and cc"))
    func writes() throws {
        let (code, output) = try PythonProgram.run("Crash/disk.py", "--every", "13")
        #expect(code == 0, "\(output)")
        #expect(output.hasSuffix(" writes failed, 0 disks filled, 0 failures\n"), "\(output)")
    }

    @Test("Damage is told in one line with the file and what repairs it, and that repairs it")
    func damage() throws {
        let node = try NodeProcess()
        try node.start("-blocksxor=0")
        _ = try node.rpc.call("generatetoaddress", [20, .string(StartTests.address)])
        let tip = try node.tip()
        #expect(try node.stop().code == 0)
        let path = "\(node.networkFolder)/blocks/rev00000.dat"
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(filePath: path))
        try node.spawn()
        let end = try node.end()
        #expect(end.code == 1)
        let lines = end.standardError.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("Error: Corrupted block database detected: ") == true)
        #expect(lines.first?.contains("restart with -reindex-chainstate (\(path))") == true)
        try node.start("-reindex-chainstate")
        #expect(try node.tip() == tip)
        #expect(try node.rpc.call("verifychain", [4, 0]).bool == true)
        #expect(try node.stop().code == 0)
    }

    @Test("verifychain finds what is wrong and tells the log")
    func verifychain() throws {
        let node = try NodeProcess()
        try node.start("-blocksxor=0")
        _ = try node.rpc.call("generatetoaddress", [20, .string(StartTests.address)])
        let path = "\(node.networkFolder)/blocks/rev00000.dat"
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[20] ^= 1
        try bytes.write(to: URL(filePath: path))
        #expect(try node.rpc.call("verifychain", [1, 0]).bool == true)
        #expect(try node.rpc.call("verifychain", [2, 6]).bool == true)
        #expect(try node.rpc.call("verifychain", [2, 0]).bool == false)
        let log = try String(contentsOfFile: "\(node.networkFolder)/debug.log", encoding: .utf8)
        #expect(log.contains("Verification error: The undo data of block "))
        #expect(log.contains(path))
        node.kill()
    }
}
