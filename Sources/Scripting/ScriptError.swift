/// The rule that a script breaks. Which one, where several are broken, is the one checked first.
public enum ScriptError: Error, Hashable, CaseIterable, Sendable {
    // How a script ends.
    case evaluatedFalse
    case opReturn
    case scriptNumber

    // Limits.
    case scriptSize
    case pushSize
    case operationCount
    case stackSize
    case signatureCount
    case publicKeyCount

    // Operations that demand truth.
    case verify
    case equalVerify
    case checkMultiSigVerify
    case checkSigVerify
    case numEqualVerify

    // Form.
    case badOpcode
    case disabledOpcode
    case invalidStackOperation
    case invalidAltStackOperation
    case unbalancedConditional

    // Lock times.
    case negativeLockTime
    case unsatisfiedLockTime

    // Malleability.
    case signatureHashType
    case signatureDER
    case minimalData
    case signaturePushOnly
    case signatureHighS
    case signatureNullDummy
    case publicKeyType
    case cleanStack
    case minimalIf
    case signatureNullFail

    // What a later soft fork may give a meaning.
    case discourageUpgradableNops
    case discourageUpgradableWitnessProgram
    case discourageUpgradableTaprootVersion
    case discourageOpSuccess
    case discourageUpgradablePublicKeyType

    // Segregated witness.
    case witnessProgramWrongLength
    case witnessProgramWitnessEmpty
    case witnessProgramMismatch
    case witnessMalleated
    case witnessMalleatedP2SH
    case witnessUnexpected
    case witnessPublicKeyType

    // Taproot and tapscript.
    case schnorrSignatureSize
    case schnorrSignatureHashType
    case schnorrSignature
    case taprootWrongControlSize
    case tapscriptValidationWeight
    case tapscriptCheckMultiSig
    case tapscriptMinimalIf
    case tapscriptEmptyPublicKey

    // Constant script code.
    case opCodeSeparator
    case signatureFindAndDelete
}
