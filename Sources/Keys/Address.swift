public import Cryptography
public import Genesis
public import Primitives
internal import Scripting

/// Whom an output pays, as text that people exchange: one of the output scripts that have an address.
public enum Address: Hashable, Sendable {
    /// P2PKH: the hash of a public key in either form.
    case pubKeyHash(Hash160)
    /// P2SH: the hash of a script.
    case scriptHash(Hash160)
    /// P2WPKH (BIP141): the hash of a compressed public key.
    case witnessPubKeyHash(Hash160)
    /// P2WSH (BIP141): the SHA-256 of a script, as raw bytes.
    case witnessScriptHash(Hash256)
    /// P2TR (BIP341): the x-only output key, as raw bytes; it need not be on the curve.
    case taproot(Hash256)
    /// P2A: anyone may spend it, to pay for the transaction it is in.
    case payToAnchor
    /// A witness program (2 to 40 bytes) that has no meaning yet.
    case witnessUnknown(version: Int, program: [UInt8])

    /// The address of an output script; nil for those that have none, a bare public key among them.
    public init?(_ script: Script) {
        switch script.template {
        case .pubKeyHash(let hash): self = .pubKeyHash(hash)
        case .scriptHash(let hash): self = .scriptHash(hash)
        case .witnessV0KeyHash(let hash): self = .witnessPubKeyHash(hash)
        case .witnessV0ScriptHash(let hash): self = .witnessScriptHash(hash)
        case .witnessV1Taproot(let key):
            guard let key = Hash256(bytes: key) else { return nil }
            self = .taproot(key)
        case .anchor: self = .payToAnchor
        case .witnessUnknown(let version, let program):
            self = .witnessUnknown(version: version, program: Array(program))
        case .nonstandard, .pubKey, .multisig, .nullData: return nil
        }
    }

    /// The output script that pays this address.
    public var script: Script {
        switch self {
        case .pubKeyHash(let hash): .payToPubKeyHash(hash)
        case .scriptHash(let hash): .payToScriptHash(hash)
        case .witnessPubKeyHash(let hash): .payToWitnessPubKeyHash(hash)
        case .witnessScriptHash(let hash): .payToWitnessScriptHash(hash)
        case .taproot(let key): .payToTaproot(outputKey: key.bytes)
        case .payToAnchor: .witness(version: 1, program: Self.anchorProgram)
        case .witnessUnknown(let version, let program):
            .witness(version: version, program: program)
        }
    }

    /// The version of the witness program, or nil for the two addresses that are none.
    public var witnessVersion: Int? {
        switch self {
        case .pubKeyHash, .scriptHash: nil
        case .witnessPubKeyHash, .witnessScriptHash: 0
        case .taproot, .payToAnchor: 1
        case .witnessUnknown(let version, _): version
        }
    }

    /// The witness program, or nil for the two addresses that are none.
    public var witnessProgram: [UInt8]? {
        switch self {
        case .pubKeyHash, .scriptHash: nil
        case .witnessPubKeyHash(let hash): hash.bytes
        case .witnessScriptHash(let hash): hash.bytes
        case .taproot(let key): key.bytes
        case .payToAnchor: Self.anchorProgram
        case .witnessUnknown(_, let program): program
        }
    }

    /// Whether it is a witness program.
    public var isWitness: Bool { witnessVersion != nil }

    /// Whether it is known to stand for a script (`isscript` of `validateaddress`); nil for a program
    /// of unknown meaning.
    public var isScript: Bool? {
        switch self {
        case .pubKeyHash, .witnessPubKeyHash: false
        case .scriptHash, .witnessScriptHash, .taproot, .payToAnchor: true
        case .witnessUnknown: nil
        }
    }

    static let anchorProgram: [UInt8] = [0x4e, 0x73]
}

// MARK: Text

/// Why a text is no address of a network.
public struct AddressError: Error, Hashable {
    /// Core's words, as `validateaddress` gives them.
    public let message: String
    /// Where wrong characters of a Bech32 address were found, in bytes from its start.
    public let locations: [Int]

    init(_ message: String, locations: [Int] = []) {
        self.message = message
        self.locations = locations
    }
}

extension Address {
    /// The address as text on a network: Base58 with checksum for P2PKH and P2SH, Bech32 for version 0,
    /// Bech32m from version 1 on.
    public func text(on network: Network) -> String {
        switch self {
        case .pubKeyHash(let hash): return network.text(hash.bytes, under: .pubKeyHash)
        case .scriptHash(let hash): return network.text(hash.bytes, under: .scriptHash)
        default:
            let version = witnessVersion ?? 0
            let values = [UInt8(clamping: version)] + Bech32.values(of: witnessProgram ?? [])
            return Bech32.encode(
                version == 0 ? .bech32 : .bech32m, prefix: network.addresses.hrp, values: values)
        }
    }

    /// Reads an address of this network.
    public init(_ text: String, network: Network) throws(AddressError) {
        // What begins like this network's Bech32 is judged as Bech32, whatever follows.
        let hrp = Array(network.addresses.hrp.utf8)
        let start = text.utf8.prefix(hrp.count).map(Bech32.lowercased)
        self = start == hrp
            ? try Self.witness(text, hrp: network.addresses.hrp)
            : try Self.base58(text, network: network)
    }

    private static func base58(
        _ text: String, network: Network
    ) throws(AddressError) -> Address {
        guard let payload = Base58.decodeCheck(text, limit: 21) else {
            // A second, lenient reading tells a wrong checksum from another kind of text.
            guard Base58.decode(text, limit: 100) != nil else {
                throw AddressError(
                    "Invalid or unsupported Segwit (Bech32) or Base58 encoding.")
            }
            throw AddressError(
                "Invalid checksum or length of Base58 address (P2PKH or P2SH)")
        }
        let prefixes = network.addresses
        let hash = Hash160(bytes: payload.dropFirst())
        switch (payload.first, hash) {
        case (prefixes.pubKeyHash, let hash?): return .pubKeyHash(hash)
        case (prefixes.scriptHash, let hash?): return .scriptHash(hash)
        case (prefixes.pubKeyHash, nil), (prefixes.scriptHash, nil):
            throw AddressError("Invalid length for Base58 address (P2PKH or P2SH)")
        default: throw AddressError("Invalid or unsupported Base58-encoded address.")
        }
    }

    private static func witness(_ text: String, hrp: String) throws(AddressError) -> Address {
        guard let decoded = Bech32.decode(text) else {
            let fault = Bech32.locateErrors(text)
            throw AddressError(fault.message, locations: fault.places)
        }
        guard let version = decoded.values.first else {
            throw AddressError("Empty Bech32 data section")
        }
        guard decoded.prefix == hrp else {
            throw AddressError(
                "Invalid or unsupported prefix for Segwit (Bech32) address "
                    + "(expected \(hrp), got \(decoded.prefix)).")
        }
        guard version != 0 || decoded.encoding == .bech32 else {
            throw AddressError("Version 0 witness address must use Bech32 checksum")
        }
        guard version == 0 || decoded.encoding == .bech32m else {
            throw AddressError("Version 1+ witness address must use Bech32m checksum")
        }
        guard let program = Bech32.bytes(of: decoded.values.dropFirst()) else {
            throw AddressError("Invalid padding in Bech32 data section")
        }
        return try witness(version: Int(version), program: program)
    }

    private static func witness(
        version: Int, program: [UInt8]
    ) throws(AddressError) -> Address {
        let size = "(\(program.count) \(program.count == 1 ? "byte" : "bytes"))"
        if version == 0 {
            if let hash = Hash160(bytes: program) { return .witnessPubKeyHash(hash) }
            if let hash = Hash256(bytes: program) { return .witnessScriptHash(hash) }
            throw AddressError("Invalid Bech32 v0 address program size \(size), per BIP141")
        }
        if version == 1, let key = Hash256(bytes: program) { return .taproot(key) }
        if version == 1, program == anchorProgram { return .payToAnchor }
        guard version <= 16 else {
            throw AddressError("Invalid Bech32 address witness version")
        }
        guard (2...40).contains(program.count) else {
            throw AddressError("Invalid Bech32 address program size \(size)")
        }
        return .witnessUnknown(version: version, program: program)
    }
}
