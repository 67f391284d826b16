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

    /// The script of an inline kind; nil for one kept aside.
    var script: [UInt8]? {
        let bytes = payload.bytes
        switch kind {
        case .pubKeyHash: return [0x76, 0xA9, 20] + bytes.prefix(20) + [0x88, 0xAC]
        case .scriptHash: return [0xA9, 20] + bytes.prefix(20) + [0x87]
        case .evenPubKey: return [33, 2] + bytes + [0xAC]
        case .oddPubKey: return [33, 3] + bytes + [0xAC]
        case .witnessPubKeyHash: return [0, 20] + bytes.prefix(20)
        case .witnessScriptHash: return [0, 32] + bytes
        case .taproot: return [0x51, 32] + bytes
        default: return kind.rawCount.map { Array(bytes.prefix($0)) }
        }
    }

    /// Its number in the list of scripts kept aside.
    var asideNumber: Int { Int(truncatingIfNeeded: payload.words.0) }
}
