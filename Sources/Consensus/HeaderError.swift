public import Cryptography
import Notation
public import Primitives

/// Why a header is refused, in the order in which it is looked at.
public enum HeaderError: Error, Hashable, Sendable {
    /// It is known, and known to be invalid.
    case duplicateInvalid(BlockHash)
    /// Its hash does not meet the target of its bits.
    case highHash
    case missingParent
    case invalidParent
    /// Its bits are not what the rule of retargeting demands.
    case wrongBits
    /// Its time is not past the median of the eleven blocks before.
    case timeTooOld
    /// The first of a period is dated too long before its parent (BIP94).
    case timewarp
    case timeTooNew
    /// Its version is one that a change of the rules has retired (BIP34, 66, 65).
    case outdatedVersion(Int32)
    case tooLittleWork
}

extension HeaderError: CustomStringConvertible {
    /// Bitcoin Core's word for it.
    public var rejectReason: String {
        switch self {
        case .duplicateInvalid: "duplicate-invalid"
        case .highHash: "high-hash"
        case .missingParent: "prev-blk-not-found"
        case .invalidParent: "bad-prevblk"
        case .wrongBits: "bad-diffbits"
        case .timeTooOld: "time-too-old"
        case .timewarp: "time-timewarp-attack"
        case .timeTooNew: "time-too-new"
        case .outdatedVersion(let version): "bad-version(\(Self.hex(version)))"
        case .tooLittleWork: "too-little-chainwork"
        }
    }

    /// Bitcoin Core's further words; empty where it has none.
    public var debugMessage: String {
        switch self {
        case .duplicateInvalid(let hash):
            "block \(hash.displayHex) was previously marked invalid"
        case .highHash: "proof of work failed"
        case .missingParent, .invalidParent, .tooLittleWork: ""
        case .wrongBits: "incorrect proof of work"
        case .timeTooOld: "block's timestamp is too early"
        case .timewarp: "block's timestamp is too early on diff adjustment block"
        case .timeTooNew: "block timestamp too far in the future"
        case .outdatedVersion(let version): "rejected nVersion=\(Self.hex(version)) block"
        }
    }

    public var result: BlockResult {
        switch self {
        case .duplicateInvalid: .cachedInvalid
        case .highHash, .wrongBits, .timeTooOld, .timewarp, .outdatedVersion: .invalidHeader
        case .missingParent: .missingPrevious
        case .invalidParent: .invalidPrevious
        case .timeTooNew: .timeFuture
        case .tooLittleWork: .headerLowWork
        }
    }

    /// The word and the further words, as Bitcoin Core logs them.
    public var description: String {
        debugMessage.isEmpty ? rejectReason : "\(rejectReason), \(debugMessage)"
    }

    private static func hex(_ version: Int32) -> String {
        "0x" + UInt32(bitPattern: version).eightDigits
    }
}
