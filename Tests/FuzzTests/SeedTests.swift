import FuzzProperties
import Genesis
import Notation
import TestSupport
import Testing

/// The properties that the fuzzers try on bytes of their own, here on bytes that are to be had.
@Suite("Fuzzed properties") struct SeedTests {
    @Test(
        "Every property holds of the vectors, of every truncation and of bytes changed at random",
        .enabled(if: Vectors.isPresent, Vectors.hint), arguments: FuzzProperty.all.map(\.name))
    func vectors(_ name: String) throws {
        let property = try #require(FuzzProperty.all.first { $0.name == name })
        let seeds = try Self.seeds(of: name)
        #expect(seeds.count >= 4, "\(name)")
        var random = SeededGenerator(seed: 7)
        for bytes in seeds.flatMap({ FuzzProperty.around($0, using: &random) }) {
            #expect(throws: Never.self, "\(name) \(Hex.encode(bytes))") {
                try property.check(bytes)
            }
        }
    }

    @Test(
        "No property stops at empty or arbitrary bytes", arguments: FuzzProperty.all.map(\.name))
    func noise(_ name: String) throws {
        let property = try #require(FuzzProperty.all.first { $0.name == name })
        var random = SeededGenerator(seed: 8)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(throws: Never.self, "\(name) \(Hex.encode(bytes))") {
                try property.check(bytes)
            }
        }
    }

    /// Some bytes of the kind that a property is about.
    private static func seeds(of name: String) throws -> [[UInt8]] {
        switch name {
        case "transaction": return try transactions()
        case "block":
            return try lines("chains/signet-1-40.hex", limit: 6)
                + lines("chains/regtest-kernel-1-206.hex", limit: 6)
        case "message":
            // The first byte chooses among all commands; a transaction is some message's payload.
            return try transactions().enumerated().map { [UInt8($0 % 40)] + $1 }
        case "frame":
            return try transactions().map { payload in
                Network.mainnet.magic + Array("tx".utf8) + [UInt8](repeating: 0, count: 10)
                    + [UInt8(payload.count & 0xFF), UInt8(payload.count >> 8 & 0xFF), 0, 0]
                    + [0, 0, 0, 0] + payload
            }
        case "transport": return try transactions().map { Array($0.prefix(600)) }
        case "script":
            // The kind, all flags, no locks, then a script and its items.
            return try transactions().map { bytes in
                let script = bytes.suffix(40)
                return [UInt8(bytes.count % 8) | 0x80, 0xFF, 0xFF, 0x1F]
                    + [UInt8](repeating: 0, count: 9)
                    + [UInt8(script.count), 0] + script + [1, 0, 1]
            }
        case "descriptor":
            return try texts("bips/bip380-390-descriptors.json", "text", limit: 60)
        case "psbt": return try texts("bips/bip371.json", "psbt_base64", limit: 17)
        case "address":
            return try Vectors.rows("core/key_io_valid.json").map {
                Array(try $0.element(0).text().utf8)
            }
        case "json": return try (1...4).map { try Vectors.load("core/json/pass\($0).json") }
        case "network":
            return ["mainnet", "signet", "regtest", "yard"].compactMap {
                Network.definition(named: $0)
            }
        case "roster":
            return [1, 2, 3, 1 << 40].map { weight in
                Array(
                    #"{"payout":{"scheme":"weights"},"inmate":[{"name":"a","descriptor":"raw(51)","#
                        .utf8)
                    + Array(#""weight":\#(weight)},{"name":"b","descriptor":"raw(52)"}]}"#.utf8)
            }
        case "conform":
            return try transactions().prefix(20).flatMap { bytes in
                ["checktx", "verifyinput", "sighash", "verifyblock"].map {
                    Array(
                        #"{"op":"\#($0)","network":"regtest","tx":"\#(Hex.encode(bytes))"}"#.utf8)
                }
            }
        case "shares":
            return shares()
        case "proofs":
            return try proofs()
        case "stratum": return stratum()
        case "peers": return try peers()
        case "options": return options()
        default: return []
        }
    }

    /// Bodies of a share and of a job, the first as no log has it, and the terms of a payout.
    private static func shares() -> [[UInt8]] {
        func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
        let (ana, rig) = ([3] + Array("ana".utf8), [3] + Array("rig".utf8))
        var share: [UInt8] = [2] + zeros(8)
        share += ana
        share += rig
        share += [4] + zeros(7)
        share += [8] + zeros(8)
        share += zeros(80)
        let job: [UInt8] = [1, 2, 7, 7, 1, 7, 1] + zeros(32)
        var terms: [UInt8] = [2] + zeros(36)
        terms += ana
        terms += zeros(32)
        return [
            [1, UInt8(share.count), 0] + share, [1, UInt8(job.count), 0] + job, [0] + share, terms,
        ]
    }

    /// Filters, scripts of Miniscript, a map of networks, and which transactions to prove.
    private static func proofs() throws -> [[UInt8]] {
        var seeds: [[UInt8]] = [[1, 6, 5], [1, 255, 128, 3]]
        for row in try Vectors.rows("core/blockfilters.json").dropFirst() {
            seeds.append([3, 1, 0, 0x51] + (try row.element(5).bytes()))
        }
        for row in try Vectors.rows("core-extracted/miniscript.json").prefix(60) {
            guard let script = row["wsh_script"]?.stringValue.flatMap({ Hex.decode($0) }) else {
                continue
            }
            seeds.append([4, UInt8(script.count & 0xFF), UInt8(script.count >> 8)] + script)
        }
        let address: [UInt8] = [6, 4, 0, 32, 1, 13, 184]
        seeds.append(address + (try Vectors.load("core/asmap.raw")))
        return seeds
    }

    /// Miners that subscribe, log in and hand in: what is known, unknown, twice and none.
    private static func stratum() -> [[UInt8]] {
        let subscribe = #"{"id":1,"method":"mining.subscribe","params":["nerdminer/1"]}"#
        let configure =
            #"{"id":2,"method":"mining.configure","params":[["version-rolling","#
            + #""minimum-difficulty"],{"version-rolling.mask":"1fffe000"}]}"#
        let logIn = #"{"id":3,"method":"mining.authorize","params":["bo.b.rig","d=0.5,size=755"]}"#
        let suggest = #"{"id":4,"method":"mining.suggest_difficulty","params":[0.001]}"#
        func share(_ job: String, _ nonce: Int) -> String {
            #"{"id":5,"method":"mining.submit","params":["bo.b.rig","\#(job)","0000000\#(nonce)","#
                + #""6553f358","0000000\#(nonce)"]}"#
        }
        let shares = (0..<8).map { share("1", $0) }
        return [
            [subscribe, logIn] + shares, [logIn, subscribe] + shares + shares,
            [configure, subscribe, logIn, suggest, share("2", 1), share("9", 1)],
            [subscribe, suggest, share("1", 0), #"{"method":"mining.ping"}"#, "{}", "[]"],
        ].map { Array($0.joined(separator: "\n").utf8) }
    }

    /// Files of addresses and bans, addresses as peers tell them, blocks and compact blocks.
    private static func peers() throws -> [[UInt8]] {
        let addresses =
            #"{"version":1,"addresses":[{"address":"1.2.3.4:8333","services":1033,"time":"#
            + #"1700000000,"source":"0102","tried":5,"succeeded":4,"attempts":2,"proven":true},"#
            + #"{"address":"[fc00::1]:8333","services":0,"time":1,"source":"","network":"cjdns"}]}"#
        let bans =
            #"{"banned_nets":[{"version":1,"ban_created":1,"banned_until":1900000000,"#
            + #""address":"1.2.0.0/16"},{"ban_created":1,"banned_until":2,"address":"2001:db8::1"}]}"#
        // One of each kind of address, as a message has them.
        let told: [UInt8] =
            [
                2, 0, 0, 0, 0, 1, 1, 4, 93, 1, 2, 3, 0x20, 0x8D, 0, 0, 0, 0, 1, 6, 16, 0xFC,
            ] + [UInt8](repeating: 7, count: 15) + [0x20, 0x8D]
        var seeds = [[0] + Array(addresses.utf8), [2] + Array(bans.utf8), [1] + told]
        for block in try lines("chains/regtest-kernel-1-206.hex", limit: 200).suffix(3) {
            seeds.append([3] + block)
        }
        // A header, a nonce, one short id, one transaction whole; and the other that was missing.
        for transaction in try transactions().prefix(3) {
            let compact =
                [UInt8](repeating: 1, count: 88) + [1, 1, 2, 3, 4, 5, 6, 1, 0] + transaction
            seeds.append(
                [4, UInt8(compact.count & 0xFF), UInt8(compact.count >> 8)] + compact
                    + [UInt8](repeating: 0, count: 32) + [1] + transaction)
        }
        return seeds
    }

    /// A configuration file, arguments, a settings.json, and options that change a network.
    private static func options() -> [[UInt8]] {
        let file =
            "# all\ndatadir=/x\nnolisten=1\nserver=1 # yes\r\n[regtest]\nport = 18444\nconnect=a"
            + "\nconnect=b\nnoconnect=0\nsignet.rpcport=5\n"
        let arguments =
            "-regtest\n--dbcache=5\n-nolisten\n-noserver=0\n-rpcuser=a=b\n-includeconf\nx"
        let written = #"{"_warning_":"x","prune":550,"server":false,"wallet":["a","b"],"x":null}"#
        let network =
            "segwit@5\ntaproot:0:9:7\ntestdummy:-1:9223372036854775807\n5151\nbip34@2147483646"
        return [[0] + file.utf8, [1] + arguments.utf8, [2] + written.utf8, [3] + network.utf8]
    }

    private static func transactions() throws -> [[UInt8]] {
        try Vectors.rows("core/tx_valid.json").filter { $0.array?.count == 3 }.prefix(60).map {
            try $0.element(1).bytes()
        }
    }

    private static func lines(_ name: String, limit: Int) throws -> [[UInt8]] {
        try Vectors.load(name).split(separator: 0x0A).prefix(limit).compactMap {
            Hex.decode(String(decoding: $0, as: UTF8.self))
        }
    }

    private static func texts(_ file: String, _ key: String, limit: Int) throws -> [[UInt8]] {
        try Vectors.rows(file).prefix(limit).compactMap { row in
            row[key]?.stringValue.map { Array($0.utf8) }
        }
    }
}
