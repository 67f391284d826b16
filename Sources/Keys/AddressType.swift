/// The kinds of address a wallet hands out, under the names that RPC uses.
public enum AddressType: String, Sendable, CaseIterable {
    /// P2PKH (BIP44).
    case legacy
    /// P2WPKH within P2SH (BIP49).
    case p2shSegwit = "p2sh-segwit"
    /// P2WPKH (BIP84).
    case bech32
    /// P2TR (BIP86).
    case bech32m

    /// The kind an address counts as; what a P2SH address wraps cannot be seen, so it counts as old.
    public init?(_ address: Address) {
        switch address {
        case .pubKeyHash, .scriptHash: self = .legacy
        case .witnessPubKeyHash, .witnessScriptHash: self = .bech32
        case .taproot, .witnessUnknown: self = .bech32m
        case .payToAnchor: return nil
        }
    }

    /// The `purpose` step of the account path by which BIP44, 49, 84 and 86 tell these apart.
    public var purpose: UInt32 {
        switch self {
        case .legacy: 44
        case .p2shSegwit: 49
        case .bech32: 84
        case .bech32m: 86
        }
    }
}
