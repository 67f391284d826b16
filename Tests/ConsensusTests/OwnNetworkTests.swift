import Genesis
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Definitions of one's own and options") struct OwnNetworkTests {
    /// The yard's definition under another name, changed.
    private func definition(_ change: (inout JSONObject) throws -> Void = { _ in }) throws
        -> [UInt8]
    {
        let text = try #require(Network.definition(named: "yard"))
        var object = try #require(JSON(parsing: text).object)
        object["name"] = "garden"
        object["chain"] = "garden"
        object["magic"] = "01020304"
        var genesis = try #require(object["genesis"]?.object)
        genesis["time"] = 1_735_862_401
        genesis["nonce"] = 2_306_867
        genesis["hash"] = nil
        object["genesis"] = nil
        object["genesis"] = Self.genesis
        try change(&object)
        return Array(JSON.object(object).text(indent: 0).utf8)
    }

    /// A genesis block as easy as regtest's.
    private static let genesis: JSON = [
        "version": 1, "time": 1_296_688_603, "bits": "1e0fffff", "nonce": 0,
        "coinbaseText": "garden", "outputScript": "6a", "value": 5_000_000_000,
        "merkleRoot": "", "hash": "",
    ]

    /// Fills in what the loader says the fields come to, and mines.
    private func completed(
        _ change: (inout JSONObject) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        var bytes = try definition()
        var object = try #require(JSON(parsing: bytes).object)
        var genesis = try #require(object["genesis"]?.object)
        genesis["bits"] = "207fffff"
        var work = try #require(object["proofOfWork"]?.object)
        work["limit"] = .string("7f" + String(repeating: "f", count: 62))
        work["retargeting"] = "none"
        work["halfLife"] = nil
        object["proofOfWork"] = .object(work)
        func told(_ field: String) throws -> String {
            object["genesis"] = .object(genesis)
            bytes = Array(JSON.object(object).text(indent: 0).utf8)
            let error = try #require(throws: NetworkError.self) { try Network(json: bytes) }
            #expect(error.field == "genesis.\(field)")
            return String(error.reason.suffix(64))
        }
        genesis["merkleRoot"] = .string(String(repeating: "0", count: 64))
        genesis["hash"] = .string(String(repeating: "0", count: 64))
        genesis["merkleRoot"] = .string(try told("merkleRoot"))
        for nonce in 0..<64 {
            genesis["nonce"] = .int(nonce)
            genesis["hash"] = .string(String(repeating: "0", count: 64))
            let hash = try told("hash")
            guard let first = hash.first, "01234567".contains(first) else { continue }
            genesis["hash"] = .string(hash)
            break
        }
        object["genesis"] = .object(genesis)
        try change(&object)
        return Array(JSON.object(object).text(indent: 0).utf8)
    }

    @Test("A founder's definition reads")
    func own() throws {
        let network = try Network(json: completed())
        #expect(network.kind == .own)
        #expect(network.dataFolder == "garden")
        #expect(network.consensus.adjustmentInterval == 2016)
        #expect(network.payouts?.scheme == "weights")
        #expect(network.genesis.transactions.count == 1)
    }

    @Test(
        "Every field is checked, and the error names it",
        arguments: [
            ("name", nil, "Yard Two", "name"),
            ("name", nil, "main", "name"),
            ("name", nil, "blocks", "name"),
            ("magic", nil, "010203", "magic"),
            ("magic", nil, "f9beb4d9", "magic"),
            ("ports", "p2p", 0, "ports.p2p"),
            ("ports", "rpc", 70_000, "ports.rpc"),
            ("ports", "rpc", 17333, "ports.rpc"),
            ("ports", "web", 1, "ports.web"),
            ("seeds", nil, [1], "seeds"),
            ("genesis", "bits", "1d00fff", "genesis.bits"),
            ("genesis", "bits", "00000000", "genesis.bits"),
            ("genesis", "bits", "217fffff", "genesis.bits"),
            ("genesis", "time", -1, "genesis.time"),
            ("genesis", "value", .number("1.5"), "genesis.value"),
            ("genesis", "outputScript", "6", "genesis.outputScript"),
            ("genesis", "coinbaseText", "", "genesis.coinbaseText"),
            ("genesis", "coinbaseScript", "5151", "genesis.coinbaseScript"),
            ("genesis", "nonce", 4_294_967_296, "genesis.nonce"),
            ("proofOfWork", "limit", "ff", "proofOfWork.limit"),
            ("proofOfWork", "spacing", 0, "proofOfWork.spacing"),
            ("proofOfWork", "retargeting", "never", "proofOfWork.retargeting"),
            ("proofOfWork", "retargeting", "bitcoin", "proofOfWork.limit"),
            ("proofOfWork", "retargeting", "asert", "proofOfWork.limit"),
            ("proofOfWork", "halfLife", 5, "proofOfWork.halfLife"),
            ("subsidy", "initial", 21_000_000_00000001, "subsidy.initial"),
            ("subsidy", "initial", 5_000_100_000, "subsidy.initial"),
            ("subsidy", "halvingInterval", 0, "subsidy.halvingInterval"),
            ("coinbaseMaturity", nil, 0, "coinbaseMaturity"),
            ("activation", "segwit", -1, "activation.segwit"),
            ("activation", "taproot", 1, "activation.taproot"),
            ("addresses", "hrp", "Yard", "addresses.hrp"),
            ("addresses", "scriptHash", 140, "addresses.scriptHash"),
            ("addresses", "secretKey", 256, "addresses.secretKey"),
            ("addresses", "extendedPublicKey", "04c311", "addresses.extendedPublicKey"),
            ("relaysPrivateAddresses", nil, "yes", "relaysPrivateAddresses"),
            ("payouts", "scheme", "equal", "payouts.scheme"),
            ("payouts", "feeBasisPoints", 10_001, "payouts.feeBasisPoints"),
            ("color", nil, "green", "color"),
        ] as [(String, String?, JSON, String)])
    func fields(_ key: String, _ inner: String?, _ value: JSON, _ field: String) throws {
        let bytes = try completed { object in
            guard let inner else {
                object[key] = value
                return
            }
            var nested = try #require(object[key]?.object)
            nested[inner] = value
            object[key] = .object(nested)
        }
        let error = try #require(throws: NetworkError.self) { try Network(json: bytes) }
        #expect(error.field == field)
        #expect(!error.reason.isEmpty)
        #expect(error.description == "\(field): \(error.reason)")
    }

    @Test("What is missing is named; what is not JSON, too")
    func missing() throws {
        for key in [
            "name", "magic", "ports", "genesis", "proofOfWork", "subsidy", "addresses",
            "activation", "coinbaseMaturity",
        ] {
            let bytes = try completed { $0[key] = nil }
            let error = try #require(throws: NetworkError.self) { try Network(json: bytes) }
            #expect(error.field == key)
            #expect(error.reason == "is missing")
        }
        for text in ["", "{", "[]", "7", "{\"name\":\"a\",\"name\":\"b\"}"] {
            #expect(throws: NetworkError.self) { try Network(json: Array(text.utf8)) }
        }
        #expect(throws: NetworkError.self) {
            try Network(json: [UInt8](repeating: 0x20, count: 1_000_001))
        }
    }

    @Test("A damaged definition is refused, wherever a byte is lost")
    func damage() throws {
        let whole = try completed()
        _ = try Network(json: whole)
        for place in stride(from: 0, to: whole.count, by: 7) {
            var cut = whole
            cut.remove(at: place)
            // A digit more or less can be a valid value: it must read or be refused, no more.
            _ = try? Network(json: cut)
            _ = try? Network(json: Array(whole[..<place]))
        }
    }

    @Test("Heights of changes are moved by name, and refused in Core's words")
    func activation() throws {
        var network = Network.regtest
        for (name, deployment) in [
            ("bip34", BuriedDeployment.bip34), ("dersig", .bip66), ("cltv", .bip65),
            ("csv", .csv), ("segwit", .segwit),
        ] {
            try network.apply(testActivation: "\(name)@432")
            #expect(network.consensus.height(of: deployment) == 432)
            #expect(!network.consensus.isActive(deployment, at: 431))
            #expect(network.consensus.isActive(deployment, at: 432))
        }
        for (option, text) in [
            ("segwit", "Invalid format (segwit) for -testactivationheight=name@height."),
            ("segwit@", "Invalid height value (segwit@) for -testactivationheight=name@height."),
            (
                "segwit@2147483647",
                "Invalid height value (segwit@2147483647) for -testactivationheight=name@height."
            ),
            (
                "segwit@-1",
                "Invalid height value (segwit@-1) for -testactivationheight=name@height."
            ),
            ("moon@1", "Invalid name (moon@1) for -testactivationheight=name@height."),
        ] {
            let error = try #require(throws: NetworkError.self) {
                try network.apply(testActivation: option)
            }
            #expect(error.description == text)
        }
    }

    @Test("Votes are moved by name, and refused in Core's words")
    func votes() throws {
        var network = Network.regtest
        try network.apply(versionBits: "testdummy:5:7:9")
        #expect(network.consensus.deployments[0].startTime == 5)
        #expect(network.consensus.deployments[0].timeout == 7)
        #expect(network.consensus.deployments[0].minimumActivationHeight == 9)
        for (option, text) in [
            (
                "testdummy:1",
                "Version bits parameters malformed, expecting "
                    + "deployment:start:end[:min_activation_height]"
            ),
            ("testdummy:a:1", "Invalid nStartTime (a)"),
            ("testdummy:1:", "Invalid nTimeout ()"),
            ("testdummy:1:2:x", "Invalid min_activation_height (x)"),
            ("moon:1:2", "Invalid deployment (moon)"),
        ] {
            let error = try #require(throws: NetworkError.self) {
                try network.apply(versionBits: option)
            }
            #expect(error.description == text)
        }
    }

    @Test("Another challenge makes another signet, with Core's magic for it")
    func signet() throws {
        var network = Network.signet
        let challenge = try #require(network.consensus.signetChallenge)
        #expect(Network.signetMagic(challenge: challenge) == network.magic)
        try network.apply(signetChallenge: "51")
        #expect(network.magic == [0x54, 0xd2, 0x6f, 0xbd])
        #expect(network.consensus.minimumChainWork == .zero)
        #expect(network.consensus.assumeValid == nil)
        #expect(network.seeds.isEmpty)
        let error = try #require(throws: NetworkError.self) {
            try network.apply(signetChallenge: "5")
        }
        #expect(error.description == "-signetchallenge must be hex, not '5'.")
        #expect(throws: NetworkError.self) {
            var main = Network.mainnet
            try main.apply(signetChallenge: "51")
        }
    }
}
