import Primitives

extension ConsensusParameters {
    private static let heights = 0...Int64(Int32.max - 1)

    init(from reader: inout DefinitionReader) throws(NetworkError) {
        var work = try reader.object("proofOfWork")
        powLimit = try work.wideNumber("limit")
        guard powLimit != .zero else { throw work.failure("limit", "must not be zero") }
        spacing = try work.integer("spacing", in: 1...604_800)
        timespan = try work.integer("timespan", in: spacing...31_536_000, default: 2016 * spacing)
        guard timespan % spacing == 0 else {
            throw work.failure("timespan", "must be a multiple of proofOfWork.spacing")
        }
        retargeting = try Retargeting(from: &work, limit: powLimit, timespan: timespan)
        allowsMinimumDifficulty = try work.flag("allowsMinimumDifficulty", default: false)
        if case .asert = retargeting, allowsMinimumDifficulty {
            throw work.failure(
                "allowsMinimumDifficulty", "has no meaning where difficulty follows every block")
        }
        enforcesBIP94 = retargeting == .bip94
        minimumChainWork =
            work.has("minimumChainWork") ? try work.wideNumber("minimumChainWork") : 0
        assumeValid = try work.optionalHash("assumeValid")
        try work.finish()

        var subsidy = try reader.object("subsidy")
        initialSubsidy = Amount(
            satoshis: try subsidy.integer("initial", in: 0...Amount.max.satoshis))
        halvingInterval = Int(try subsidy.integer("halvingInterval", in: 1...Int64(Int32.max)))
        guard Self.issuesMoney(initialSubsidy, halvingEvery: halvingInterval) else {
            throw subsidy.failure("initial", "creates more than 21000000 coins in all")
        }
        try subsidy.finish()
        coinbaseMaturity = Int(try reader.integer("coinbaseMaturity", in: 1...100_000))

        var activation = try reader.object("activation")
        bip34Height = Int(try activation.integer("bip34", in: Self.heights))
        bip65Height = Int(try activation.integer("bip65", in: Self.heights))
        bip66Height = Int(try activation.integer("bip66", in: Self.heights))
        csvHeight = Int(try activation.integer("csv", in: Self.heights))
        segwitHeight = Int(try activation.integer("segwit", in: Self.heights))
        bip34Hash = try activation.optionalHash("bip34Hash")
        minimumWarningHeight = Int(
            try activation.integer("minimumWarningHeight", in: Self.heights, default: 0))
        deployments = try Self.readDeployments(from: &activation)
        scriptFlagExceptions = try Self.readExceptions(from: &activation)
        try activation.finish()

        signetChallenge =
            reader.has("signetChallenge")
            ? try reader.bytes("signetChallenge", count: 1...10_000) : nil
    }

    /// Whether all that will ever be created is money.
    private static func issuesMoney(_ initial: Amount, halvingEvery interval: Int) -> Bool {
        var total: Int64 = 0
        var subsidy = initial.satoshis
        while subsidy > 0 {
            let (part, isTooMuch) = subsidy.multipliedReportingOverflow(by: Int64(interval))
            guard !isTooMuch, part <= Amount.max.satoshis else { return false }
            total += part
            guard total <= Amount.max.satoshis else { return false }
            subsidy >>= 1
        }
        return true
    }

    private static func readDeployments(
        from reader: inout DefinitionReader
    ) throws(NetworkError) -> [VersionBitsDeployment] {
        var deployments: [VersionBitsDeployment] = []
        for var fields in try reader.objects("deployments", limit: 29) {
            let period = try fields.integer("period", in: 1...1_000_000)
            deployments.append(
                VersionBitsDeployment(
                    name: try fields.text("name"),
                    bit: Int(try fields.integer("bit", in: 0...28)),
                    startTime: try fields.integer("start", in: -2...Int64.max),
                    timeout: try fields.integer(
                        "timeout", in: 0...Int64.max, default: VersionBitsDeployment.noTimeout),
                    minimumActivationHeight: Int(
                        try fields.integer("minimumActivationHeight", in: heights, default: 0)),
                    period: Int(period),
                    threshold: Int(try fields.integer("threshold", in: 1...period)),
                    isOptionalInTemplates: try fields.flag("optionalInTemplates", default: true)))
            try fields.finish()
        }
        return deployments
    }

    private static func readExceptions(
        from reader: inout DefinitionReader
    ) throws(NetworkError) -> [BlockHash: [String]] {
        var exceptions: [BlockHash: [String]] = [:]
        for var fields in try reader.objects("scriptFlagExceptions", limit: 100) {
            let block = try fields.hash("block")
            let flags = try fields.texts("flags", limit: 32)
            for flag in flags where !["P2SH", "WITNESS", "TAPROOT"].contains(flag) {
                throw fields.failure("flags", "may hold P2SH, WITNESS and TAPROOT, not '\(flag)'")
            }
            try fields.finish()
            exceptions[block] = flags
        }
        return exceptions
    }
}

extension Retargeting {
    fileprivate init(
        from reader: inout DefinitionReader, limit: UInt256, timespan: Int64
    ) throws(NetworkError) {
        let rule = try reader.text("retargeting")
        switch rule {
        case "bitcoin", "bip94":
            // A retarget multiplies the target by up to four timespans before it divides.
            guard limit <= UInt256.max / UInt64(4 * timespan) else {
                throw reader.failure("limit", "is too easy for retargeting by periods to compute")
            }
            self = rule == "bitcoin" ? .bitcoin : .bip94
        case "none":
            self = .none
        case "asert":
            // The target is multiplied by a factor of 17 bits before it is shifted back.
            guard limit.usedBitCount <= 239 else {
                throw reader.failure("limit", "must be below 2^239 for asert to compute")
            }
            self = .asert(halfLife: try reader.integer("halfLife", in: 1...31_536_000))
        default:
            throw reader.failure("retargeting", "must be bitcoin, bip94, none or asert")
        }
        if case .asert = self { return }
        if reader.has("halfLife") {
            throw reader.failure("halfLife", "belongs to the retargeting rule asert alone")
        }
    }
}
