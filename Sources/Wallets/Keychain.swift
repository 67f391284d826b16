internal import Keys
internal import Primitives

/// A descriptor of a wallet, and how far along it addresses were handed out.
struct Keychain: Hashable, Sendable {
    /// Its number in the wallet; never used twice.
    let id: Int64
    var descriptor: Descriptor
    /// Whether new addresses of its kind come from here.
    var isActive: Bool
    /// Whether its addresses are for change.
    var isInternal: Bool
    /// Seconds since 1970; no coins are expected before.
    var createdAt: Int64
    /// The next index to hand out.
    var nextIndex: UInt32
    /// The indexes whose scripts are watched for.
    var rangeStart: UInt32
    var rangeEnd: UInt32

    /// The kind of its addresses.
    var type: AddressType? { descriptor.addressType }

    /// Addresses derived and not handed out.
    var unusedCount: Int { Int(rangeEnd) - Int(max(nextIndex, rangeStart)) }
}

/// Where a script of the wallet comes from.
struct ScriptPlace: Hashable, Sendable {
    /// The keychain's `id`.
    let keychain: Int64
    /// The index along it.
    let index: UInt32
}

/// The name a person gave an address, and whose address it is.
struct AddressLabel: Hashable, Sendable {
    enum Purpose: String, Sendable {
        case receive
        case send
    }

    var label: String
    var purpose: Purpose
}
