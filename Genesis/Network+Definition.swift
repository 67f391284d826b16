import Notation
import Primitives

extension Network {
    /// The names of the compiled-in networks, ours and Bitcoin Core's.
    static let builtInNames: [String: Kind] = [
        "main": .main, "mainnet": .main, "test": .test, "testnet3": .test, "testnet4": .testnet4,
        "signet": .signet, "regtest": .regtest, "yard": .own,
    ]

    /// Names that would collide with folders of the data directory.
    private static let reservedNames: Set<String> = [
        "blocks", "chainstate", "indexes", "wallets", "database", "rosters", "shares",
    ]

    /// Reads a definition of one's own, a JSON text such as the compiled-in ones are.
    ///
    /// Each field is checked by itself and against the others; the error names the first that is
    /// wrong.
    public init(json definition: [UInt8]) throws(NetworkError) {
        try self.init(definition: definition, isBuiltIn: false)
    }

    init(definition: [UInt8], isBuiltIn: Bool) throws(NetworkError) {
        guard definition.count <= 1_000_000 else {
            throw NetworkError(field: "", reason: "a network definition has at most 1000000 bytes")
        }
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: definition)
        } catch {
            throw NetworkError(field: "", reason: "not JSON: \(error)")
        }
        var reader = try DefinitionReader(json)
        name = try Self.readName("name", from: &reader, isBuiltIn: isBuiltIn)
        chainName =
            reader.has("chain")
            ? try Self.readName("chain", from: &reader, isBuiltIn: isBuiltIn) : name
        kind = isBuiltIn ? Self.builtInNames[name] ?? .own : .own

        magic = try reader.bytes("magic", count: 4...4)
        var ports = try reader.object("ports")
        port = UInt16(try ports.integer("p2p", in: 1...65535))
        rpcPort = UInt16(try ports.integer("rpc", in: 1...65535))
        if port == rpcPort { throw ports.failure("rpc", "must differ from ports.p2p") }
        try ports.finish()
        seeds = try reader.texts("seeds", limit: 64)
        for seed in seeds where !(1...255).contains(seed.utf8.count) {
            throw reader.failure("seeds", "must hold names of 1 to 255 characters")
        }

        consensus = try ConsensusParameters(from: &reader)
        var genesis = try reader.object("genesis")
        self.genesis = try Block(genesisFrom: &genesis, limit: consensus.powLimit)
        try genesis.finish()
        genesisHash = self.genesis.hash

        var addresses = try reader.object("addresses")
        self.addresses = try AddressPrefixes(from: &addresses)
        try addresses.finish()
        relaysPrivateAddresses = try reader.flag("relaysPrivateAddresses", default: false)
        isTestChain = try reader.flag("testChain", default: true)
        isMockable = try reader.flag("mockable", default: false)
        pruneAfterHeight = Int(
            try reader.integer("pruneAfterHeight", in: 1...Int64(Int32.max), default: 1000))
        transactions = try ChainTransactions(from: &reader)
        headersSync = try HeadersSyncParameters(from: &reader)
        snapshots = try Self.readSnapshots(from: &reader)
        payouts = try PayoutPolicy(from: &reader)
        try reader.finish()
        if !isBuiltIn { try refuseConfusion() }
    }

    private static func readName(
        _ key: String, from reader: inout DefinitionReader, isBuiltIn: Bool
    ) throws(NetworkError) -> String {
        let name = try reader.text(key)
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...32).contains(name.utf8.count), name.utf8.first != UInt8(ascii: "-")
        else {
            throw reader.failure(
                key, "must be 1 to 32 lower-case letters, digits and hyphens, no hyphen first")
        }
        if !isBuiltIn {
            guard builtInNames[name] == nil, !reservedNames.contains(name) else {
                throw reader.failure(key, "'\(name)' is taken; choose another name")
            }
        }
        return name
    }

    /// Refuses what would let this network's nodes take another's messages for their own.
    private func refuseConfusion() throws(NetworkError) {
        for other in Self.all where other.magic == magic {
            throw NetworkError(field: "magic", reason: "is that of \(other.name)")
        }
        for other in Self.all where other.genesisHash == genesisHash {
            throw NetworkError(field: "genesis", reason: "is that of \(other.name)")
        }
    }
}

extension AddressPrefixes {
    init(from reader: inout DefinitionReader) throws(NetworkError) {
        pubKeyHash = UInt8(try reader.integer("pubKeyHash", in: 0...255))
        scriptHash = UInt8(try reader.integer("scriptHash", in: 0...255))
        if pubKeyHash == scriptHash {
            throw reader.failure("scriptHash", "must differ from addresses.pubKeyHash")
        }
        secretKey = UInt8(try reader.integer("secretKey", in: 0...255))
        extendedPublicKey = try reader.bytes("extendedPublicKey", count: 4...4)
        extendedSecretKey = try reader.bytes("extendedSecretKey", count: 4...4)
        if extendedPublicKey == extendedSecretKey {
            throw reader.failure(
                "extendedSecretKey", "must differ from addresses.extendedPublicKey")
        }
        hrp = try reader.text("hrp")
        let isPlain = hrp.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: false
            }
        }
        guard isPlain, (1...20).contains(hrp.utf8.count) else {
            throw reader.failure("hrp", "must be 1 to 20 lower-case letters and digits")
        }
    }
}

extension ChainTransactions {
    fileprivate init(from reader: inout DefinitionReader) throws(NetworkError) {
        guard var fields = try reader.optionalObject("transactions") else {
            self.init(time: 0, count: 0, rate: 0)
            return
        }
        self.init(
            time: try fields.integer("time", in: 0...Int64(UInt32.max)),
            count: UInt64(try fields.integer("count", in: 0...Int64.max)),
            rate: try fields.number("rate"))
        try fields.finish()
    }
}

extension HeadersSyncParameters {
    fileprivate init(from reader: inout DefinitionReader) throws(NetworkError) {
        guard var fields = try reader.optionalObject("headersSync") else {
            self.init(commitmentPeriod: 275, redownloadBufferSize: 7017)
            return
        }
        self.init(
            commitmentPeriod: Int(try fields.integer("commitmentPeriod", in: 1...100_000)),
            redownloadBufferSize: Int(try fields.integer("redownloadBufferSize", in: 1...1_000_000))
        )
        try fields.finish()
    }
}

extension Network {
    private static func readSnapshots(
        from reader: inout DefinitionReader
    ) throws(NetworkError) -> [CoinSnapshot] {
        var snapshots: [CoinSnapshot] = []
        for var fields in try reader.objects("snapshots", limit: 1000) {
            let snapshot = CoinSnapshot(
                height: Int(try fields.integer("height", in: 1...Int64(Int32.max))),
                block: try fields.hash("block"), coinsHash: try fields.hash("coins"),
                transactionCount: UInt64(try fields.integer("transactions", in: 1...Int64.max)))
            if let last = snapshots.last, last.height >= snapshot.height {
                throw fields.failure("height", "must be above that of the snapshot before")
            }
            try fields.finish()
            snapshots.append(snapshot)
        }
        return snapshots
    }
}

extension PayoutPolicy {
    fileprivate init?(from reader: inout DefinitionReader) throws(NetworkError) {
        guard var fields = try reader.optionalObject("payouts") else { return nil }
        scheme = try fields.text("scheme")
        guard ["solo", "weights", "rotation", "pplns"].contains(scheme) else {
            throw fields.failure("scheme", "must be solo, weights, rotation or pplns")
        }
        maximumPayees = Int(try fields.integer("maximumPayees", in: 1...10_000, default: 60))
        minimumPayout = try fields.integer(
            "minimumPayout", in: 0...Amount.max.satoshis, default: 5000)
        feeBasisPoints = Int(try fields.integer("feeBasisPoints", in: 0...10_000, default: 0))
        finderBasisPoints = Int(
            try fields.integer("finderBasisPoints", in: 0...10_000, default: 0))
        guard feeBasisPoints + finderBasisPoints <= 10_000 else {
            throw fields.failure(
                "finderBasisPoints", "and payouts.feeBasisPoints exceed the whole reward")
        }
        pplnsFactor = Int(try fields.integer("pplnsFactor", in: 1...1000, default: 4))
        try fields.finish()
    }
}
