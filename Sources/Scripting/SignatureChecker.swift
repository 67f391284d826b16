public import Cryptography

/// Which rules a script runs under, and how its signatures are hashed.
public enum SignatureVersion: Hashable, Sendable {
    /// Bare scripts, and those that stand behind a script hash (BIP16).
    case base
    /// Version 0 witnesses (BIP143).
    case witnessV0
    /// Tapscript (BIP342).
    case tapscript
}

/// What a taproot signature covers besides the transaction.
public struct TaprootContext: Hashable, Sendable {
    /// The hash of the annex, if there is one.
    public var annexHash: Hash256?
    /// The script, if the spend is by script.
    public var leaf: SignatureHash.Leaf?

    public init(annexHash: Hash256? = nil, leaf: SignatureHash.Leaf? = nil) {
        self.annexHash = annexHash
        self.leaf = leaf
    }
}

/// What a script asks about the transaction that spends it.
///
/// The interpreter knows transactions only through this: one conformer checks real signatures,
/// others estimate sizes or look on.
public protocol SignatureChecker {
    /// Whether an ECDSA signature, with its hash type, is one of the key over the script code.
    mutating func checkECDSA(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, scriptCode: ArraySlice<UInt8>,
        version: SignatureVersion
    ) -> Bool

    /// Checks a Schnorr signature, its hash type after it unless default, of a key of 32 bytes.
    mutating func checkSchnorr(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, context: TaprootContext
    ) throws(ScriptError)

    /// Whether the transaction's lock time has reached one that a script demands (BIP65).
    func checkLockTime(_ lockTime: Int64) -> Bool

    /// Whether the input's sequence has reached one that a script demands (BIP112).
    func checkSequence(_ sequence: Int64) -> Bool
}

/// Who judges a signature over a known hash. A cache of signatures seen is one of these.
public protocol SignatureVerifier: Sendable {
    /// Judges an ECDSA signature, loosely DER, without hash type.
    func verifyECDSA(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool

    /// Judges a Schnorr signature of 64 bytes by a key of 32.
    func verifySchnorr(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool
}

/// The verifier that computes each answer, but remembers the points of keys.
public struct RecallingVerifier: SignatureVerifier {
    private let keys: PublicKeyCache

    public init(_ keys: PublicKeyCache) { self.keys = keys }

    public func verifyECDSA(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool {
        guard let key = keys.key(publicKey.span) else { return false }
        return ECDSA.verify(signature: signature.span, hash: hash, publicKey: key)
    }

    public func verifySchnorr(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool {
        guard let key = keys.key(xOnly: publicKey.span) else { return false }
        return hash.withBytes {
            Schnorr.verify(signature: signature.span, message: $0, publicKey: key)
        }
    }
}

/// The verifier that computes each answer afresh.
public struct DirectVerifier: SignatureVerifier {
    public init() {}

    public func verifyECDSA(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool {
        ECDSA.verify(signature: signature.span, hash: hash, publicKey: publicKey.span)
    }

    public func verifySchnorr(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool {
        hash.withBytes {
            Schnorr.verify(signature: signature.span, message: $0, publicKey: publicKey.span)
        }
    }
}
