import Consensus
import Cryptography
import Primitives

/// One coin of the cache in 88 bytes. The usual scripts fit in it; the others are kept aside.
struct PackedCoin: BitwiseCopyable {
    var txid: Hash256
    var index: UInt32
    /// Twice the height, and one for a coinbase.
    var code: UInt32
    var value: Int64
    /// What the script holds apart from its template, or the number of the script kept aside.
    var payload: Hash256
    var kind: Kind
    var flags: Flags
    /// That of its out point.
    var hash: UInt32

    /// An entry that holds nothing yet.
    init(at point: OutPoint, hash: UInt32) {
        txid = point.txid
        index = point.index
        code = 0
        value = 0
        payload = .zero
        kind = .raw(count: 0)
        flags = []
        self.hash = hash
    }

    var point: OutPoint { OutPoint(txid: txid, index: index) }

    func isAt(_ point: OutPoint) -> Bool { index == point.index && txid == point.txid }

    /// The template of a script; from `.raw` on, the raw value tells its length.
    struct Kind: RawRepresentable, Equatable, BitwiseCopyable {
        var rawValue: UInt8

        static let pubKeyHash = Kind(rawValue: 0)
        static let scriptHash = Kind(rawValue: 1)
        static let evenPubKey = Kind(rawValue: 2)
        static let oddPubKey = Kind(rawValue: 3)
        static let witnessPubKeyHash = Kind(rawValue: 4)
        static let witnessScriptHash = Kind(rawValue: 5)
        static let taproot = Kind(rawValue: 6)
        static let aside = Kind(rawValue: 7)
        static let firstRaw: UInt8 = 8

        static func raw(count: Int) -> Kind { Kind(rawValue: firstRaw + UInt8(count)) }
        /// The length of the script, unless it is kept aside.
        var scriptCount: Int? {
            switch self {
            case .pubKeyHash: 25
            case .scriptHash: 23
            case .evenPubKey, .oddPubKey: 35
            case .witnessPubKeyHash: 22
            case .witnessScriptHash, .taproot: 34
            default: rawCount
            }
        }
        var rawCount: Int? { rawValue < Self.firstRaw ? nil : Int(rawValue - Self.firstRaw) }
    }

    struct Flags: OptionSet, BitwiseCopyable {
        var rawValue: UInt8
        /// It differs from what the store holds.
        static let dirty = Flags(rawValue: 1)
        /// The store does not hold it, so if it is spent it need not be deleted there.
        static let fresh = Flags(rawValue: 2)
        /// It was spent; kept so that the store hears of it.
        static let spent = Flags(rawValue: 4)
    }

    static let maximumInline = 32

    /// The template of a script and what it holds; nil if it must be kept aside.
    static func pack(_ script: Span<UInt8>) -> (kind: Kind, payload: Hash256)? {
        func part(_ range: Range<Int>) -> Hash256 { payload(script.extracting(range)) }
        switch script.count {
        case 22 where script[0] == 0 && script[1] == 20: return (.witnessPubKeyHash, part(2..<22))
        case 34 where script[0] == 0 && script[1] == 32: return (.witnessScriptHash, part(2..<34))
        case 34 where script[0] == 0x51 && script[1] == 32: return (.taproot, part(2..<34))
        case 25
        where script[0] == 0x76 && script[1] == 0xA9 && script[2] == 20 && script[23] == 0x88
            && script[24] == 0xAC:
            return (.pubKeyHash, part(3..<23))
        case 23 where script[0] == 0xA9 && script[1] == 20 && script[22] == 0x87:
            return (.scriptHash, part(2..<22))
        case 35
        where script[0] == 33 && (script[1] == 2 || script[1] == 3) && script[34] == 0xAC:
            return (script[1] == 2 ? .evenPubKey : .oddPubKey, part(2..<34))
        case ...maximumInline: return (.raw(count: script.count), payload(script))
        default: return nil
        }
    }

    private static func payload(_ bytes: Span<UInt8>) -> Hash256 {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { words in
            bytes.withUnsafeBytes { words.copyMemory(from: $0) }
        }
        return Hash256(
            words: (
                words.0.littleEndian, words.1.littleEndian, words.2.littleEndian,
                words.3.littleEndian
            ))
    }

    /// Appends the script of an inline kind; false for one kept aside.
    func appendScript(to bytes: inout [UInt8]) -> Bool {
        switch kind {
        case .pubKeyHash:
            bytes.append(0x76)
            bytes.append(0xA9)
            bytes.append(20)
            appendPayload(20, to: &bytes)
            bytes.append(0x88)
            bytes.append(0xAC)
        case .scriptHash:
            bytes.append(0xA9)
            bytes.append(20)
            appendPayload(20, to: &bytes)
            bytes.append(0x87)
        case .evenPubKey, .oddPubKey:
            bytes.append(33)
            bytes.append(kind == .evenPubKey ? 2 : 3)
            appendPayload(32, to: &bytes)
            bytes.append(0xAC)
        case .witnessPubKeyHash:
            bytes.append(0)
            bytes.append(20)
            appendPayload(20, to: &bytes)
        case .witnessScriptHash, .taproot:
            bytes.append(kind == .taproot ? 0x51 : 0)
            bytes.append(32)
            appendPayload(32, to: &bytes)
        default:
            guard let count = kind.rawCount else { return false }
            appendPayload(count, to: &bytes)
        }
        return true
    }

    /// Appends the script as it stands on the disk (see `CoinCodec`); false for one kept aside.
    func appendCompressed(to bytes: inout [UInt8]) -> Bool {
        switch kind {
        case .pubKeyHash, .scriptHash:
            bytes.append(kind == .pubKeyHash ? 0 : 1)
            appendPayload(20, to: &bytes)
        case .evenPubKey, .oddPubKey:
            bytes.append(kind == .evenPubKey ? 2 : 3)
            appendPayload(32, to: &bytes)
        default:
            guard let count = kind.scriptCount else { return false }
            Variable.append(CoinCodec.specialKinds + UInt64(count), to: &bytes)
            return appendScript(to: &bytes)
        }
        return true
    }

    private func appendPayload(_ count: Int, to bytes: inout [UInt8]) {
        payload.withBytes { payload in
            payload.extracting(first: count).withUnsafeBufferPointer {
                bytes.append(contentsOf: $0)
            }
        }
    }

    /// Its number in the list of scripts kept aside.
    var asideNumber: Int { Int(truncatingIfNeeded: payload.words.0) }
}
