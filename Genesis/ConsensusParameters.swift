public import Cryptography
public import Primitives

/// The numbers by which the rules of one network differ from another's.
public struct ConsensusParameters: Sendable, Hashable {
    /// The easiest target a block may have.
    public var powLimit: UInt256
    /// Seconds there should be between two blocks.
    public var spacing: Int64
    /// Seconds in a period between two retargets, where difficulty changes by periods.
    public var timespan: Int64
    public var retargeting: Retargeting
    /// Whether a block may have the easiest target once twice the spacing has passed (testnets).
    public var allowsMinimumDifficulty: Bool
    /// Whether the first block of a period may not be dated before its parent by more than
    /// ten minutes (BIP94).
    public var enforcesBIP94: Bool

    /// What the first blocks create, before any halving.
    public var initialSubsidy: Amount
    public var halvingInterval: Int
    /// How many blocks deep a coinbase must lie before it may be spent.
    public var coinbaseMaturity: Int

    /// The height at which each of these rules begins to bind.
    public var bip34Height: Int
    public var bip65Height: Int
    public var bip66Height: Int
    public var csvHeight: Int
    public var segwitHeight: Int
    /// The block at `bip34Height`, behind which no two coinbases can be alike, so that BIP30 need
    /// not be checked. Nil: always checked.
    public var bip34Hash: BlockHash?
    /// Old blocks that break script rules made later, with the names of the flags they keep.
    public var scriptFlagExceptions: [BlockHash: [String]]
    /// Changes decided by miners' votes (BIP9).
    public var deployments: [VersionBitsDeployment]
    /// Below this height, votes for unknown changes are no cause for a warning.
    public var minimumWarningHeight: Int

    /// The best chain has at least this much work; a chain with less is not worth storing.
    public var minimumChainWork: UInt256
    /// A block whose ancestors' scripts are taken as valid.
    public var assumeValid: BlockHash?
    /// The script that every block must satisfy (BIP325); nil where there is none.
    public var signetChallenge: [UInt8]?
}

/// How the target of the next block follows from the blocks before it.
public enum Retargeting: Sendable, Hashable {
    /// Every 2016 blocks, from the last block's target, as on mainnet.
    case bitcoin
    /// Every 2016 blocks, from the first block's target of the period (BIP94).
    case bip94
    /// Never.
    case none
    /// At every block, by how far the chain is from its schedule: the target doubles for each
    /// `halfLife` seconds it is late (aserti3-2d).
    case asert(halfLife: Int64)

    /// The word a definition has for it.
    public var name: String {
        switch self {
        case .bitcoin: "bitcoin"
        case .bip94: "bip94"
        case .none: "none"
        case .asert: "asert"
        }
    }
}

/// A change of the rules whose height is settled (BIP90).
public enum BuriedDeployment: Sendable, Hashable, CaseIterable {
    case bip34
    case bip66
    case bip65
    case csv
    case segwit

    /// The name `getdeploymentinfo` has for it.
    public var name: String {
        switch self {
        case .bip34: "bip34"
        case .bip66: "bip66"
        case .bip65: "bip65"
        case .csv: "csv"
        case .segwit: "segwit"
        }
    }

    /// Reads the name that `-testactivationheight` has for it.
    public init?(optionName: String) {
        switch optionName {
        case "bip34": self = .bip34
        case "dersig": self = .bip66
        case "cltv": self = .bip65
        case "csv": self = .csv
        case "segwit": self = .segwit
        default: return nil
        }
    }
}

/// A change of the rules that begins when enough blocks have voted for it (BIP9).
public struct VersionBitsDeployment: Sendable, Hashable {
    public var name: String
    /// The bit of the block version that is the vote.
    public var bit: Int
    /// When voting begins, in median time past; or `alwaysActive`, or `neverActive`.
    public var startTime: Int64
    /// When voting ends, in median time past.
    public var timeout: Int64
    /// Even when locked in, the change waits for this height.
    public var minimumActivationHeight: Int
    /// Blocks in a period of voting.
    public var period: Int
    /// Votes in a period that decide it.
    public var threshold: Int
    /// Whether a miner that does not know it may still use a template in which it is active.
    public var isOptionalInTemplates: Bool

    public init(
        name: String, bit: Int, startTime: Int64, timeout: Int64, minimumActivationHeight: Int,
        period: Int, threshold: Int, isOptionalInTemplates: Bool
    ) {
        self.name = name
        self.bit = bit
        self.startTime = startTime
        self.timeout = timeout
        self.minimumActivationHeight = minimumActivationHeight
        self.period = period
        self.threshold = threshold
        self.isOptionalInTemplates = isOptionalInTemplates
    }

    public static let alwaysActive: Int64 = -1
    public static let neverActive: Int64 = -2
    public static let noTimeout = Int64.max

    /// The bit as a mask over the block version.
    public var mask: Int32 { 1 << Int32(bit) }
}

extension ConsensusParameters {
    /// Blocks in a period between two retargets.
    public var adjustmentInterval: Int { Int(timespan / spacing) }

    /// The height at which `deployment` begins to bind.
    public func height(of deployment: BuriedDeployment) -> Int {
        switch deployment {
        case .bip34: bip34Height
        case .bip66: bip66Height
        case .bip65: bip65Height
        case .csv: csvHeight
        case .segwit: segwitHeight
        }
    }

    public mutating func setHeight(_ height: Int, of deployment: BuriedDeployment) {
        switch deployment {
        case .bip34: bip34Height = height
        case .bip66: bip66Height = height
        case .bip65: bip65Height = height
        case .csv: csvHeight = height
        case .segwit: segwitHeight = height
        }
    }

    /// Whether `deployment` binds the block at `height`.
    public func isActive(_ deployment: BuriedDeployment, at height: Int) -> Bool {
        height >= self.height(of: deployment)
    }

    /// What the block at `height` may create: the initial subsidy, halved every interval.
    public func subsidy(at height: Int) -> Amount {
        let halvings = height / halvingInterval
        guard halvings < 64 else { return .zero }
        return Amount(satoshis: initialSubsidy.satoshis >> Int64(halvings))
    }
}
