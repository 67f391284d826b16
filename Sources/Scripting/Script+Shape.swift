public import Primitives

/// The version and program of a segregated witness output (BIP141).
public struct WitnessProgram: Hashable, Sendable {
    /// 0 to 16.
    public var version: Int
    /// 2 to 40 bytes.
    public var program: ArraySlice<UInt8>

    public init(version: Int, program: ArraySlice<UInt8>) {
        self.version = version
        self.program = program
    }

    /// Whether this is the keyless anchor anyone may spend, version 1 and `4e73`.
    public var isAnchor: Bool { version == 1 && program.elementsEqual([0x4e, 0x73]) }
}

extension Script {
    /// Whether no input whatever could spend this, so that the coin need not be kept.
    public var isUnspendable: Bool { Self.isUnspendable(span) }

    /// The same of a script's bytes.
    public static func isUnspendable(_ script: Span<UInt8>) -> Bool {
        !script.isEmpty && script[0] == Opcode.return.rawValue
            || script.count > ScriptLimits.maximumScriptSize
    }

    /// Whether this pays to the hash of a script (BIP16).
    public var isPayToScriptHash: Bool {
        bytes.count == 23 && has(.hash160, at: 0) && byte(at: 1) == 20 && has(.equal, at: 22)
    }

    /// Whether this pays to the SHA-256 of a witness script (BIP141).
    public var isPayToWitnessScriptHash: Bool {
        bytes.count == 34 && has(.op0, at: 0) && byte(at: 1) == 32
    }

    /// Whether this pays to a taproot output key (BIP341).
    public var isPayToTaproot: Bool {
        bytes.count == 34 && has(.op1, at: 0) && byte(at: 1) == 32
    }

    /// Whether this is the keyless output made to be spent by anyone who adds a fee.
    public var isPayToAnchor: Bool { bytes.elementsEqual([0x51, 0x02, 0x4e, 0x73]) }

    /// The witness version and program, if this is a push of a number and one of 2 to 40 bytes.
    public var witnessProgram: WitnessProgram? {
        guard (4...42).contains(bytes.count), let first = bytes.first,
            let count = byte(at: 1), Int(count) + 2 == bytes.count
        else { return nil }
        let version: Int
        switch first {
        case Opcode.op0.rawValue: version = 0
        case Opcode.op1.rawValue...Opcode.op16.rawValue:
            version = Int(first - Opcode.op1.rawValue) + 1
        default: return nil
        }
        return WitnessProgram(version: version, program: bytes.dropFirst(2))
    }

    /// Whether this does nothing but push.
    public var isPushOnly: Bool { isPushOnly(from: 0) }

    /// Whether every byte is part of an operation known outside tapscript, and no push too large.
    public var hasValidOperations: Bool {
        var reader = InstructionReader(bytes)
        while !reader.isAtEnd {
            guard let step = reader.next(), step.byte <= Opcode.nop10.rawValue,
                step.data.count <= ScriptLimits.maximumElementSize
            else { return false }
        }
        return true
    }

    /// Whether this does nothing but push after its first `skipped` bytes.
    func isPushOnly(from skipped: Int) -> Bool {
        var reader = InstructionReader(bytes.dropFirst(skipped))
        while !reader.isAtEnd {
            guard let step = reader.next(), step.isPush else { return false }
        }
        return true
    }

    /// The byte `offset` from the start.
    func byte(at offset: Int) -> UInt8? {
        guard offset < bytes.count else { return nil }
        return bytes[bytes.startIndex + offset]
    }

    func has(_ opcode: Opcode, at offset: Int) -> Bool { byte(at: offset) == opcode.rawValue }
}
