/// An operation of the script language, by the byte that stands for it.
///
/// The bytes 0x01 to 0x4b have no case: they push that many bytes. What else has no case fails when
/// executed, or in tapscript succeeds (`isSuccess`).
public enum Opcode: UInt8, CaseIterable, Sendable {
    // Pushes of a value.
    case op0 = 0x00
    case pushData1 = 0x4c
    case pushData2 = 0x4d
    case pushData4 = 0x4e
    case oneNegate = 0x4f
    case reserved = 0x50
    case op1 = 0x51
    case op2 = 0x52
    case op3 = 0x53
    case op4 = 0x54
    case op5 = 0x55
    case op6 = 0x56
    case op7 = 0x57
    case op8 = 0x58
    case op9 = 0x59
    case op10 = 0x5a
    case op11 = 0x5b
    case op12 = 0x5c
    case op13 = 0x5d
    case op14 = 0x5e
    case op15 = 0x5f
    case op16 = 0x60

    // Control.
    case nop = 0x61
    case ver = 0x62
    case `if` = 0x63
    case notIf = 0x64
    case verIf = 0x65
    case verNotIf = 0x66
    case `else` = 0x67
    case endIf = 0x68
    case verify = 0x69
    case `return` = 0x6a

    // The stack.
    case toAltStack = 0x6b
    case fromAltStack = 0x6c
    case twoDrop = 0x6d
    case twoDup = 0x6e
    case threeDup = 0x6f
    case twoOver = 0x70
    case twoRot = 0x71
    case twoSwap = 0x72
    case ifDup = 0x73
    case depth = 0x74
    case drop = 0x75
    case dup = 0x76
    case nip = 0x77
    case over = 0x78
    case pick = 0x79
    case roll = 0x7a
    case rot = 0x7b
    case swap = 0x7c
    case tuck = 0x7d

    // Splicing; all but `size` disabled (CVE-2010-5137).
    case cat = 0x7e
    case substr = 0x7f
    case left = 0x80
    case right = 0x81
    case size = 0x82

    // Bits; all but the equalities disabled.
    case invert = 0x83
    case and = 0x84
    case or = 0x85
    case xor = 0x86
    case equal = 0x87
    case equalVerify = 0x88
    case reserved1 = 0x89
    case reserved2 = 0x8a

    // Numbers.
    case oneAdd = 0x8b
    case oneSub = 0x8c
    case twoMul = 0x8d
    case twoDiv = 0x8e
    case negate = 0x8f
    case abs = 0x90
    case not = 0x91
    case zeroNotEqual = 0x92
    case add = 0x93
    case sub = 0x94
    case mul = 0x95
    case div = 0x96
    case mod = 0x97
    case leftShift = 0x98
    case rightShift = 0x99
    case boolAnd = 0x9a
    case boolOr = 0x9b
    case numEqual = 0x9c
    case numEqualVerify = 0x9d
    case numNotEqual = 0x9e
    case lessThan = 0x9f
    case greaterThan = 0xa0
    case lessThanOrEqual = 0xa1
    case greaterThanOrEqual = 0xa2
    case min = 0xa3
    case max = 0xa4
    case within = 0xa5

    // Hashes and signatures.
    case ripemd160 = 0xa6
    case sha1 = 0xa7
    case sha256 = 0xa8
    case hash160 = 0xa9
    case hash256 = 0xaa
    case codeSeparator = 0xab
    case checkSig = 0xac
    case checkSigVerify = 0xad
    case checkMultiSig = 0xae
    case checkMultiSigVerify = 0xaf

    // No-ops, two of which have been given a meaning (BIP65, BIP112).
    case nop1 = 0xb0
    case checkLockTimeVerify = 0xb1
    case checkSequenceVerify = 0xb2
    case nop4 = 0xb3
    case nop5 = 0xb4
    case nop6 = 0xb5
    case nop7 = 0xb6
    case nop8 = 0xb7
    case nop9 = 0xb8
    case nop10 = 0xb9

    // Tapscript only (BIP342).
    case checkSigAdd = 0xba
}

extension Opcode {
    /// The operation that pushes a small number, 0 to 16.
    public init?(number: Int) {
        switch number {
        case 0: self = .op0
        case 1...16: self.init(rawValue: Opcode.op1.rawValue + UInt8(number - 1))
        default: return nil
        }
    }

    /// The number pushed, for `op0` and `op1` to `op16`.
    public var number: Int? {
        switch rawValue {
        case Opcode.op0.rawValue: 0
        case Opcode.op1.rawValue...Opcode.op16.rawValue: Int(rawValue - Opcode.op1.rawValue) + 1
        default: nil
        }
    }

    /// Whether the byte, met anywhere in a tapscript, makes it succeed at once (BIP342).
    static func isSuccess(_ byte: UInt8) -> Bool {
        switch byte {
        case 80, 98, 126...129, 131...134, 137...138, 141...142, 149...153, 187...254: true
        default: false
        }
    }

    /// Whether the operation fails a script even in a branch not taken (CVE-2010-5137).
    var isDisabled: Bool {
        switch self {
        case .cat, .substr, .left, .right, .invert, .and, .or, .xor, .twoMul, .twoDiv, .mul, .div,
            .mod, .leftShift, .rightShift:
            true
        default: false
        }
    }
}
