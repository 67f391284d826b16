/// Why a MuSig2 computation (BIP327) cannot go on.
public enum MuSigError: Error, Hashable {
    /// What a signer can contribute.
    public enum Contribution: Hashable, Sendable {
        case publicKey, publicNonce, aggregateNonce, otherNonces, partialSignature
    }

    /// What a signer sent is not valid: who is to blame is told, unless it was whoever summed up.
    case invalidContribution(signer: Int?, Contribution)
    case noKeys
    /// A tweak is not below the order of the curve.
    case tweakOutOfRange
    /// The keys or tweaks cancel each other out.
    case infinity
    /// The signer's key is not among those that were aggregated.
    case unknownSigner
    /// The key is not the one that the nonce was made for.
    case foreignNonce
    /// A number of the secret nonce is zero or too large: as after it was used.
    case nonceOutOfRange
    case secretKeyOutOfRange
}
