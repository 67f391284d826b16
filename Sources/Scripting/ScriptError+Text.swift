extension ScriptError {
    /// Bitcoin Core's name, as its script tests use it: `EVAL_FALSE`.
    public var name: String { text.name }

    /// Bitcoin Core's sentence, as RPC answers and reject reasons give it.
    public var message: String { text.message }

    private var text: (name: String, message: String) {
        switch self {
        case .evaluatedFalse:
            (
                "EVAL_FALSE",
                "Script evaluated without error but finished with a false/empty top stack element"
            )
        case .opReturn: ("OP_RETURN", "OP_RETURN was encountered")
        case .scriptNumber: ("SCRIPTNUM", "Script number overflowed or is non-minimally encoded")
        case .scriptSize: ("SCRIPT_SIZE", "Script is too big")
        case .pushSize: ("PUSH_SIZE", "Push value size limit exceeded")
        case .operationCount: ("OP_COUNT", "Operation limit exceeded")
        case .stackSize: ("STACK_SIZE", "Stack size limit exceeded")
        case .signatureCount: ("SIG_COUNT", "Signature count negative or greater than pubkey count")
        case .publicKeyCount: ("PUBKEY_COUNT", "Pubkey count negative or limit exceeded")
        case .verify: ("VERIFY", "Script failed an OP_VERIFY operation")
        case .equalVerify: ("EQUALVERIFY", "Script failed an OP_EQUALVERIFY operation")
        case .checkMultiSigVerify:
            ("CHECKMULTISIGVERIFY", "Script failed an OP_CHECKMULTISIGVERIFY operation")
        case .checkSigVerify: ("CHECKSIGVERIFY", "Script failed an OP_CHECKSIGVERIFY operation")
        case .numEqualVerify: ("NUMEQUALVERIFY", "Script failed an OP_NUMEQUALVERIFY operation")
        case .badOpcode: ("BAD_OPCODE", "Opcode missing or not understood")
        case .disabledOpcode: ("DISABLED_OPCODE", "Attempted to use a disabled opcode")
        case .invalidStackOperation:
            ("INVALID_STACK_OPERATION", "Operation not valid with the current stack size")
        case .invalidAltStackOperation:
            ("INVALID_ALTSTACK_OPERATION", "Operation not valid with the current altstack size")
        case .unbalancedConditional: ("UNBALANCED_CONDITIONAL", "Invalid OP_IF construction")
        case .negativeLockTime: ("NEGATIVE_LOCKTIME", "Negative locktime")
        case .unsatisfiedLockTime: ("UNSATISFIED_LOCKTIME", "Locktime requirement not satisfied")
        case .signatureHashType: ("SIG_HASHTYPE", "Signature hash type missing or not understood")
        case .signatureDER: ("SIG_DER", "Non-canonical DER signature")
        case .minimalData: ("MINIMALDATA", "Data push larger than necessary")
        case .signaturePushOnly: ("SIG_PUSHONLY", "Only push operators allowed in signatures")
        case .signatureHighS:
            ("SIG_HIGH_S", "Non-canonical signature: S value is unnecessarily high")
        case .signatureNullDummy: ("SIG_NULLDUMMY", "Dummy CHECKMULTISIG argument must be zero")
        case .publicKeyType: ("PUBKEYTYPE", "Public key is neither compressed or uncompressed")
        case .cleanStack: ("CLEANSTACK", "Stack size must be exactly one after execution")
        case .minimalIf: ("MINIMALIF", "OP_IF/NOTIF argument must be minimal")
        case .signatureNullFail:
            ("NULLFAIL", "Signature must be zero for failed CHECK(MULTI)SIG operation")
        case .discourageUpgradableNops:
            ("DISCOURAGE_UPGRADABLE_NOPS", "NOPx reserved for soft-fork upgrades")
        case .discourageUpgradableWitnessProgram:
            (
                "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM",
                "Witness version reserved for soft-fork upgrades"
            )
        case .discourageUpgradableTaprootVersion:
            (
                "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION",
                "Taproot version reserved for soft-fork upgrades"
            )
        case .discourageOpSuccess:
            ("DISCOURAGE_OP_SUCCESS", "OP_SUCCESSx reserved for soft-fork upgrades")
        case .discourageUpgradablePublicKeyType:
            (
                "DISCOURAGE_UPGRADABLE_PUBKEYTYPE",
                "Public key version reserved for soft-fork upgrades"
            )
        case .witnessProgramWrongLength:
            ("WITNESS_PROGRAM_WRONG_LENGTH", "Witness program has incorrect length")
        case .witnessProgramWitnessEmpty:
            ("WITNESS_PROGRAM_WITNESS_EMPTY", "Witness program was passed an empty witness")
        case .witnessProgramMismatch: ("WITNESS_PROGRAM_MISMATCH", "Witness program hash mismatch")
        case .witnessMalleated: ("WITNESS_MALLEATED", "Witness requires empty scriptSig")
        case .witnessMalleatedP2SH:
            ("WITNESS_MALLEATED_P2SH", "Witness requires only-redeemscript scriptSig")
        case .witnessUnexpected: ("WITNESS_UNEXPECTED", "Witness provided for non-witness script")
        case .witnessPublicKeyType: ("WITNESS_PUBKEYTYPE", "Using non-compressed keys in segwit")
        case .schnorrSignatureSize: ("SCHNORR_SIG_SIZE", "Invalid Schnorr signature size")
        case .schnorrSignatureHashType:
            ("SCHNORR_SIG_HASHTYPE", "Invalid Schnorr signature hash type")
        case .schnorrSignature: ("SCHNORR_SIG", "Invalid Schnorr signature")
        case .taprootWrongControlSize:
            ("TAPROOT_WRONG_CONTROL_SIZE", "Invalid Taproot control block size")
        case .tapscriptValidationWeight:
            (
                "TAPSCRIPT_VALIDATION_WEIGHT",
                "Too much signature validation relative to witness weight"
            )
        case .tapscriptCheckMultiSig:
            ("TAPSCRIPT_CHECKMULTISIG", "OP_CHECKMULTISIG(VERIFY) is not available in tapscript")
        case .tapscriptMinimalIf:
            ("TAPSCRIPT_MINIMALIF", "OP_IF/NOTIF argument must be minimal in tapscript")
        case .tapscriptEmptyPublicKey: ("TAPSCRIPT_EMPTY_PUBKEY", "Empty public key in tapscript")
        case .opCodeSeparator: ("OP_CODESEPARATOR", "Using OP_CODESEPARATOR in non-witness script")
        case .signatureFindAndDelete: ("SIG_FINDANDDELETE", "Signature is found in scriptCode")
        }
    }
}

extension ScriptError: CustomStringConvertible {
    public var description: String { message }
}
