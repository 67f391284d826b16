import Consensus
import Cryptography
import Primitives

/// One coin of the cache in 88 bytes. The usual scripts fit in it; the others are kept aside.
struct PackedCoin {
    var txid: Hash256
    var index: UInt32
    /// Twice the height, and one for a coinbase.
    var code: UInt32
    var value: Int64
    /// What the script holds apart from its template, or the number of the script kept aside.
    var payload: Hash256
    var kind: Kind
    var flags: Flags

    /// The template of a script; from `.raw` on, the raw value tells its length.
    struct Kind: RawRepresentable, Equatable {
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

    struct Flags: OptionSet {
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
    static func pack(_ script: ArraySlice<UInt8>) -> (kind: Kind, payload: Hash256)? {
        let start = script.startIndex
        func byte(_ offset: Int) -> UInt8 { script[start + offset] }
        func part(_ range: Range<Int>) -> Hash256 {
            words(script[start + range.lowerBound..<start + range.upperBound])
        }
        switch script.count {
        case 22 where byte(0) == 0 && byte(1) == 20: return (.witnessPubKeyHash, part(2..<22))
        case 34 where byte(0) == 0 && byte(1) == 32: return (.witnessScriptHash, part(2..<34))
        case 34 where byte(0) == 0x51 && byte(1) == 32: return (.taproot, part(2..<34))
        case 25
        where byte(0) == 0x76 && byte(1) == 0xA9 && byte(2) == 20 && byte(23) == 0x88
            && byte(24) == 0xAC:
            return (.pubKeyHash, part(3..<23))
        case 23 where byte(0) == 0xA9 && byte(1) == 20 && byte(22) == 0x87:
            return (.scriptHash, part(2..<22))
        case 35 where byte(0) == 33 && (byte(1) == 2 || byte(1) == 3) && byte(34) == 0xAC:
            return (byte(1) == 2 ? .evenPubKey : .oddPubKey, part(2..<34))
        case ...maximumInline: return (.raw(count: script.count), words(script))
        default: return nil
        }
    }

    private static func words(_ bytes: ArraySlice<UInt8>) -> Hash256 {
        var words: [4 of UInt64] = [0, 0, 0, 0]
        var position = 0
        for byte in bytes {
            words[position >> 3] |= UInt64(byte) << UInt64(8 * (position & 7))
            position += 1
        }
        return Hash256(words: (words[0], words[1], words[2], words[3]))
    }

    /// Appends the script of an inline kind; false for one kept aside.
    func appendScript(to bytes: inout [UInt8]) -> Bool {
        switch kind {
        case .pubKeyHash: append([0x76, 0xA9, 20], 20, [0x88, 0xAC], to: &bytes)
        case .scriptHash: append([0xA9, 20], 20, [0x87], to: &bytes)
        case .evenPubKey: append([33, 2], 32, [0xAC], to: &bytes)
        case .oddPubKey: append([33, 3], 32, [0xAC], to: &bytes)
        case .witnessPubKeyHash: append([0, 20], 20, [], to: &bytes)
        case .witnessScriptHash: append([0, 32], 32, [], to: &bytes)
        case .taproot: append([0x51, 32], 32, [], to: &bytes)
        default:
            guard let count = kind.rawCount else { return false }
            append([], count, [], to: &bytes)
        }
        return true
    }

    /// Appends so many bytes of the payload between others.
    @inline(__always)
    private func append(
        _ prefix: [UInt8], _ count: Int, _ suffix: [UInt8], to bytes: inout [UInt8]
    ) {
        for byte in prefix { bytes.append(byte) }
        payload.withBytes { payload in
            payload.extracting(first: count).withUnsafeBufferPointer {
                bytes.append(contentsOf: $0)
            }
        }
        for byte in suffix { bytes.append(byte) }
    }

    /// Its number in the list of scripts kept aside.
    var asideNumber: Int { Int(truncatingIfNeeded: payload.words.0) }
}
