import Foundation
import Notation
import TestSupport
import Testing

@Suite("Bad configuration")
struct ConfigurationTests {
    /// Runs the program in a folder; it must fail. Gives what it says.
    private func failure(_ options: [String], in node: NodeProcess) throws -> String {
        let process = Process()
        let errors = Pipe()
        process.executableURL = NodeProcess.program
        process.arguments =
            ["-datadir=\(node.folder.path)", "-rpcport=\(node.rpcPort)", "-printtoconsole=0"]
            + options
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        return String(decoding: said, as: UTF8.self)
    }

    private func failure(
        _ options: String..., file: String? = nil, named name: String = "cellblock.conf"
    ) throws -> String {
        let node = try NodeProcess()
        if let file { try node.write(file, to: name) }
        return try failure(options, in: node)
    }

    @Test("An unknown option is refused by name")
    func unknownOption() throws {
        #expect(
            try failure("-nosuchoption=1")
                == "Error: Error parsing command line arguments: "
                + "Invalid parameter -nosuchoption=1\n")
        #expect(
            try failure("-regtest", file: "regtest=1\nnosuchkey=5\n")
                == "Error: Error reading configuration file: "
                + "Invalid configuration value nosuchkey\n")
        #expect(
            try failure("-regtest", file: "[regtest]\njunk\n", named: "bitcoin.conf")
                == "Error: Error reading configuration file: parse error on line 2: junk\n")
        #expect(
            try failure("loose").contains("Command line contains unexpected token 'loose'"))
    }

    @Test("What does not fit together is refused")
    func combinations() throws {
        #expect(try failure("-chain=moon") == "Error: Unknown chain moon.\n")
        #expect(try failure("-regtest", "-signet").contains("Can use at most one."))
        #expect(
            try failure("-regtest", "-rpcport=99999")
                == "Error: Invalid port specified in -rpcport: '99999'\n")
        #expect(
            try failure("-regtest", "-maxuploadtarget=5")
                == "Error: -maxuploadtarget is not implemented\n")
        #expect(
            try failure("-regtest", "-prune=-1")
                == "Error: Prune cannot be configured with a negative value.\n")
        #expect(
            try failure("-regtest", "-prune=549")
                == "Error: Prune configured below the minimum of 550 MiB.  Please use a higher "
                + "number.\n")
        for name in ["-txindex", "-txospenderindex"] {
            #expect(
                try failure("-regtest", "-prune=550", name)
                    == "Error: Prune mode is incompatible with \(name).\n")
        }
        #expect(
            try failure("-regtest", "-prune=1", "-reindex-chainstate")
                == "Error: Prune mode is incompatible with -reindex-chainstate. Use full -reindex "
                + "instead.\n")
        #expect(
            try failure("-regtest", "-peerblockfilters")
                == "Error: Cannot set -peerblockfilters without -blockfilterindex.\n")
        #expect(
            try failure("-regtest", file: "port=1234\n")
                == "Error: Config setting for -port only applied on regtest network when in "
                + "[regtest] section.\n")
    }

    @Test("A damaged network definition is refused in one line that names the field")
    func networkDefinition() throws {
        let node = try NodeProcess()
        let path = "\(node.folder.path)/net.json"
        for text in ["{", #"{"name":"x"}"#, "", "[]"] {
            try node.write(text, to: "net.json")
            let errors = try failure(["-network=\(path)"], in: node)
            #expect(errors.hasPrefix("Error: Network definition "))
            #expect(errors.contains("net.json"))
            #expect(errors.count(where: { $0 == "\n" }) == 1)
        }
    }

    @Test("A file whose lines end as on Windows is read to its end, and errors name the line")
    func windowsLines() throws {
        let node = try NodeProcess()
        try node.write(
            "# first\r\n[regtest]\r\nuacomment=one\r\nuacomment=two\r\n", to: "cellblock.conf")
        try node.start()
        let agent = try node.result("getnetworkinfo")["subversion"]?.stringValue
        #expect(agent?.contains("(one; two)") == true)
        #expect(
            try failure("-regtest", file: "[regtest]\r\njunk\r\n")
                == "Error: Error reading configuration file: parse error on line 2: junk\n")
    }

    @Test("A section counts for its network alone, and the file may include another")
    func sections() throws {
        let node = try NodeProcess()
        try node.write(
            "includeconf=more.conf\n[main]\nuacomment=foreign\n[regtest]\nuacomment=own\n",
            to: "cellblock.conf")
        try node.write(
            "[regtest]\nuacomment=included\nincludeconf=third.conf\n", to: "more.conf")
        try node.start()
        let agent = try node.result("getnetworkinfo")["subversion"]?.stringValue
        #expect(agent?.contains("(own; included)") == true)
        #expect(
            try node.stop().standardError
                == "warning: -includeconf cannot be used from included files; ignoring "
                + "-includeconf=third.conf\n")
    }
}
