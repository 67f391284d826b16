/// The rules a script is held to; each makes fewer scripts valid. The bits are Bitcoin Core's.
public struct ScriptFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    private init(bit: UInt32) { rawValue = 1 << bit }

    /// Evaluate the script a pay-to-script-hash output stands for (BIP16).
    public static let p2sh = ScriptFlags(bit: 0)
    /// Signatures strictly DER with a defined hash type, public keys not hybrid.
    public static let strictEncoding = ScriptFlags(bit: 1)
    /// Signatures strictly DER (BIP66).
    public static let derSignatures = ScriptFlags(bit: 2)
    /// S in the lower half (BIP62, rule 5).
    public static let lowS = ScriptFlags(bit: 3)
    /// The item `OP_CHECKMULTISIG` takes too many is empty (BIP147).
    public static let nullDummy = ScriptFlags(bit: 4)
    /// Nothing but pushes in the input's script (BIP62, rule 2).
    public static let signaturePushOnly = ScriptFlags(bit: 5)
    /// Pushes and numbers in their shortest form (BIP62, rules 3 and 4).
    public static let minimalData = ScriptFlags(bit: 6)
    /// No executed no-op that may be given a meaning later.
    public static let discourageUpgradableNops = ScriptFlags(bit: 7)
    /// Exactly one item left (BIP62, rule 6). Only together with `p2sh` and `witness`.
    public static let cleanStack = ScriptFlags(bit: 8)
    /// `OP_CHECKLOCKTIMEVERIFY` (BIP65).
    public static let checkLockTimeVerify = ScriptFlags(bit: 9)
    /// `OP_CHECKSEQUENCEVERIFY` (BIP112).
    public static let checkSequenceVerify = ScriptFlags(bit: 10)
    /// Segregated witness (BIP141, BIP143). Only together with `p2sh`.
    public static let witness = ScriptFlags(bit: 11)
    /// No witness program of a version without meaning.
    public static let discourageUpgradableWitnessProgram = ScriptFlags(bit: 12)
    /// The argument of `OP_IF` in a version 0 witness script is empty or 01.
    public static let minimalIf = ScriptFlags(bit: 13)
    /// A signature that fails is empty (BIP146).
    public static let nullFail = ScriptFlags(bit: 14)
    /// Only compressed keys in version 0 witness scripts.
    public static let witnessPubKeyType = ScriptFlags(bit: 15)
    /// Neither `OP_CODESEPARATOR` nor a deleted signature before segregated witness.
    public static let constantScriptCode = ScriptFlags(bit: 16)
    /// Taproot and tapscript (BIP341, BIP342).
    public static let taproot = ScriptFlags(bit: 17)
    /// No taproot leaf of a version without meaning.
    public static let discourageUpgradableTaprootVersion = ScriptFlags(bit: 18)
    /// No `OP_SUCCESS` in tapscript.
    public static let discourageOpSuccess = ScriptFlags(bit: 19)
    /// No public key of a type without meaning in tapscript.
    public static let discourageUpgradablePubKeyType = ScriptFlags(bit: 20)

    /// What every block of today must satisfy; breaking one is never a matter of policy.
    public static let mandatory: ScriptFlags = [
        .p2sh, .derSignatures, .nullDummy, .checkLockTimeVerify, .checkSequenceVerify, .witness,
        .taproot,
    ]

    /// What a transaction must satisfy to be relayed.
    public static let standard: ScriptFlags = [
        .mandatory, .strictEncoding, .minimalData, .discourageUpgradableNops, .cleanStack,
        .minimalIf, .nullFail, .lowS, .discourageUpgradableWitnessProgram, .witnessPubKeyType,
        .constantScriptCode, .discourageUpgradableTaprootVersion, .discourageOpSuccess,
        .discourageUpgradablePubKeyType,
    ]
}

extension ScriptFlags {
    /// Core's names, without `SCRIPT_VERIFY_`, by bit.
    private static let namesByBit = [
        "P2SH", "STRICTENC", "DERSIG", "LOW_S", "NULLDUMMY", "SIGPUSHONLY", "MINIMALDATA",
        "DISCOURAGE_UPGRADABLE_NOPS", "CLEANSTACK", "CHECKLOCKTIMEVERIFY", "CHECKSEQUENCEVERIFY",
        "WITNESS", "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM", "MINIMALIF", "NULLFAIL",
        "WITNESS_PUBKEYTYPE", "CONST_SCRIPTCODE", "TAPROOT",
        "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION", "DISCOURAGE_OP_SUCCESS",
        "DISCOURAGE_UPGRADABLE_PUBKEYTYPE",
    ]

    private static let byName = Dictionary(
        uniqueKeysWithValues: namesByBit.enumerated().map {
            ($1, ScriptFlags(bit: UInt32($0)))
        })

    /// Every flag there is.
    public static let all = ScriptFlags(rawValue: (1 << UInt32(namesByBit.count)) - 1)

    /// The flag of one of Core's names: `P2SH`.
    public init?(name: String) {
        guard let flag = Self.byName[name] else { return nil }
        self = flag
    }

    /// The flags of names with commas between; empty and `NONE` are none.
    public init?(names: String) {
        var flags: ScriptFlags = []
        for name in names.split(separator: ",") where name != "NONE" {
            guard let flag = ScriptFlags(name: String(name)) else { return nil }
            flags.insert(flag)
        }
        self = flags
    }

    /// Core's names of the flags, by bit.
    public var names: [String] {
        Self.namesByBit.indices.compactMap { bit in
            rawValue & (1 << UInt32(bit)) == 0 ? nil : Self.namesByBit[bit]
        }
    }

    /// Each flag alone.
    public var each: [ScriptFlags] {
        Self.namesByBit.indices.map { ScriptFlags(bit: UInt32($0)) }.filter(contains)
    }
}
