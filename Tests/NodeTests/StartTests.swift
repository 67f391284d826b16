import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite("Starting and stopping a node") struct StartTests {
    @Test("A node starts, answers, stops with code 0 and says nothing on standard error")
    func cleanLife() throws {
        let node = try NodeProcess()
        try node.start()
        #expect(try node.height() == 0)
        let cookie = try FileManager.default.attributesOfItem(atPath: "\(node.networkFolder)/.cookie")
        #expect(cookie[.posixPermissions] as? Int == 0o600)
        let end = try node.stop()
        #expect(end.code == 0)
        #expect(end.standardError == "")
    }

    @Test("A second process on the same folder is refused, and the first goes on")
    func secondProcess() throws {
        let first = try NodeProcess()
        try first.start()
        let second = Process()
        second.executableURL = NodeProcess.program
        second.arguments = [
            "-chain=regtest", "-datadir=\(first.folder.path)", "-listen=0", "-connect=0",
            "-rpcport=\(try LoopbackSocket.freePort())", "-printtoconsole=0",
        ]
        let errors = Pipe()
        second.standardError = errors
        second.standardOutput = FileHandle.nullDevice
        try second.run()
        second.waitUntilExit()
        let text = String(
            decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(second.terminationStatus == 1)
        #expect(text.contains("Cannot obtain a lock on directory"))
        #expect(try first.height() == 0)
        #expect(try first.stop().code == 0)
    }

    @Test("A node asked to end ends, however early it is asked")
    func earlyEnds() throws {
        let node = try NodeProcess()
        for _ in 0..<30 {
            try node.spawn()
            let delay = Double.random(in: 0...0.15)
            Thread.sleep(forTimeInterval: delay)
            node.terminate()
            let end = try node.end()
            // At the very first nobody watches for the signal yet.
            #expect(end.code == 0 || end.code == SIGTERM, "asked after \(delay) s")
            #expect(end.standardError == "")
        }
    }

    @Test("A killed node comes back with the blocks it had, again and again")
    func kills() throws {
        let node = try NodeProcess()
        let address = try StartTests.address
        var height: Int64 = 0
        for _ in 0..<5 {
            try node.start()
            let kept = try #require(try node.height())
            #expect(kept == height)
            _ = try node.rpc.call("generatetoaddress", [7, .string(address)])
            height = kept + 7
            node.kill()
        }
        try node.start()
        #expect(try node.height() == height)
        #expect(try node.rpc.call("verifychain", [4, 0]).bool == true)
        #expect(try node.stop().code == 0)
    }

    /// An address of regtest that any program accepts: a witness program of 32 equal bytes.
    static var address: String {
        get throws { "bcrt1qqyqszqgpqyqszqgpqyqszqgpqyqszqgpvxat9t" }
    }

    @Test(
        "What the command line or the configuration gets wrong is named in one line",
        arguments: [
            (["-nosuchkey=1"], "Invalid parameter -nosuchkey"),
            (["-chain=moon"], "moon"),
            (["-bind=nowhere:x"], "nowhere:x"),
            (["-rpcauth=half"], "rpcauth"),
            (["-roster=/nonexistent.toml"], "/nonexistent.toml"),
        ])
    func badFlags(_ flags: [String], _ word: String) throws {
        let node = try NodeProcess()
        try node.spawn(flags)
        let end = try node.end()
        #expect(end.code == 1)
        #expect(end.standardError.contains(word), "\(end.standardError)")
        #expect(end.standardError.split(separator: "\n").count <= 2, "\(end.standardError)")
    }

    @Test("No number is too large or too small for an option", arguments: [Int64.max, .min])
    func extremes(_ value: Int64) throws {
        let node = try NodeProcess()
        let names = [
            "mempoolexpiry", "bantime", "maxtipage", "mocktime", "timeout", "rpcservertimeout",
            "checkblocks", "stopatheight",
        ]
        try node.spawn(names.map { "-\($0)=\(value)" })
        try node.until("the node answers", seconds: 60) {
            (try? node.rpc.call("getblockcount")) != nil
        }
        _ = try node.rpc.call("setban", ["10.0.0.1", "add"])
        #expect(try node.stop().code == 0)
    }

    @Test("A wallet to be loaded at the start is loaded, wherever wallets are kept")
    func walletAtStart() throws {
        let node = try NodeProcess()
        let wallets = "\(node.folder.path)/elsewhere/wallets"
        try FileManager.default.createDirectory(
            atPath: wallets, withIntermediateDirectories: true)
        try node.start("-walletdir=\(wallets)")
        _ = try node.rpc.call("createwallet", ["w", false, false, nil, false, true, true])
        #expect(try node.stop().code == 0)
        try node.start("-walletdir=\(wallets)")
        #expect(try node.rpc.call("listwallets") == ["w"])
    }

    @Test("A damaged configuration file is refused with its name and line")
    func badConfiguration() throws {
        let node = try NodeProcess()
        try "regtest=1\n[regtest\nport=5\n".write(
            toFile: "\(node.folder.path)/bitcoin.conf", atomically: true, encoding: .utf8)
        try node.spawn()
        let end = try node.end()
        #expect(end.code == 1)
        #expect(end.standardError.contains("line 2"), "\(end.standardError)")
    }

    @Test(
        "A damaged network definition is refused with the field",
        arguments: [
            ("{", "JSON"), ("{}", "name"), ("{\"name\": 5}", "name"),
        ])
    func badDefinition(_ text: String, _ word: String) throws {
        let node = try NodeProcess()
        let path = "\(node.folder.path)/network.json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = NodeProcess.program
        process.arguments = ["-network=\(path)", "-datadir=\(node.folder.path)", "-printtoconsole=0"]
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let said = String(
            decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(process.terminationStatus == 1)
        #expect(said.contains(word) && said.contains("network.json"), "\(said)")
    }

    @Test(
        "A damaged roster is refused with the line and the reason",
        arguments: [
            ("[payout\n", "line 1"),
            ("[payout]\nscheme = \"lottery\"\n", "line 2"),
            ("[[inmate]]\nname = \"ana\"\nweight = 0\naddress = \"bcrt1qqyqszqgpqyqszqgpqyqszqgpqyqszqgpvxat9t\"\n", "line 3"),
            ("[[inmate]]\nname = \"ana\"\nweight = 1\naddress = \"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\"\n", "line 4"),
            ("[[inmate]]\nname = \"ana\"\nweight = 1\ncolour = \"red\"\n", "colour"),
        ])
    func badRoster(_ text: String, _ word: String) throws {
        let node = try NodeProcess()
        let path = "\(node.folder.path)/roster.toml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try node.spawn(["-roster=\(path)"])
        let end = try node.end()
        #expect(end.code == 1)
        #expect(end.standardError.contains(word), "\(end.standardError)")
        #expect(end.standardError.contains("roster.toml"), "\(end.standardError)")
    }
}
