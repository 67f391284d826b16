public import Cryptography
public import Primitives

extension Script {
    /// The script that pays to a public key itself.
    public static func payToPubKey(_ publicKey: some Collection<UInt8>) -> Script {
        ScriptBuilder().adding(push: publicKey).adding(.checkSig).script
    }

    /// The script that pays to the hash of a public key.
    public static func payToPubKeyHash(_ hash: Hash160) -> Script {
        ScriptBuilder().adding(.dup).adding(.hash160).adding(push: hash.bytes)
            .adding(.equalVerify).adding(.checkSig).script
    }

    /// The script that pays to the hash of a script (BIP16).
    public static func payToScriptHash(_ hash: Hash160) -> Script {
        ScriptBuilder().adding(.hash160).adding(push: hash.bytes).adding(.equal).script
    }

    /// The script that asks for `required` signatures of the keys, in their order.
    public static func multisig(
        required: Int, publicKeys: [some Collection<UInt8>]
    ) -> Script {
        var builder = ScriptBuilder().adding(number: Int64(required))
        for key in publicKeys { builder.append(push: key) }
        return builder.adding(number: Int64(publicKeys.count)).adding(.checkMultiSig).script
    }

    /// The script that carries data and can never be spent.
    public static func nullData(_ data: some Collection<UInt8>) -> Script {
        ScriptBuilder().adding(.return).adding(push: data).script
    }

    /// The script that pays to a witness program; `version` is 0 to 16.
    public static func witness(version: Int, program: some Collection<UInt8>) -> Script {
        ScriptBuilder().adding(number: Int64(version)).adding(push: program).script
    }

    /// The script that pays to the hash of a public key, spent by witness (BIP141).
    public static func payToWitnessPubKeyHash(_ hash: Hash160) -> Script {
        witness(version: 0, program: hash.bytes)
    }

    /// The script that pays to the SHA-256 of a script, spent by witness (BIP141).
    public static func payToWitnessScriptHash(_ hash: Hash256) -> Script {
        witness(version: 0, program: hash.bytes)
    }

    /// The script that pays to a taproot output key of 32 bytes (BIP341).
    public static func payToTaproot(outputKey: some Collection<UInt8>) -> Script {
        witness(version: 1, program: outputKey)
    }

    /// The keyless output anyone may spend.
    public static let payToAnchor = witness(version: 1, program: [0x4e, 0x73])
}
