import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

extension JSONObject {
    /// Adds a member unless what it shows is empty.
    fileprivate mutating func append(_ key: String, unless isEmpty: Bool, _ value: JSON) {
        if !isEmpty { append(key, value) }
    }
}

extension PSBTJSON {
    func input(_ input: PSBT.Input, version: UInt32) -> JSONObject {
        var object = JSONObject()
        if let output = input.witnessOutput {
            object.append(
                "witness_utxo",
                [
                    "amount": .amount(output.value.satoshis),
                    "scriptPubKey": .object(ScriptJSON.output(output.script, network)),
                ])
        }
        if let previous = input.previousTransaction {
            object.append(
                "non_witness_utxo",
                .object(TransactionJSON.object(previous, network, includesHex: false)))
        }
        appendScripts(of: input, to: &object)
        if version >= 2 {
            object.append("previous_txid", .string(input.outPoint.txid.displayHex))
            object.append("previous_vout", .int(input.outPoint.index))
            if let sequence = input.sequence { object.append("sequence", .int(sequence)) }
            if let lock = input.timeLock { object.append("time_locktime", .int(lock)) }
            if let lock = input.heightLock { object.append("height_locktime", .int(lock)) }
        }
        appendTaproot(of: input, to: &object)
        object.append(
            "musig2_participant_pubkeys", unless: input.muSigParticipants.isEmpty,
            Self.participants(input.muSigParticipants))
        object.append(
            "musig2_pubnonces", unless: input.muSigNonces.isEmpty,
            Self.muSig(input.muSigNonces, "pubnonce"))
        object.append(
            "musig2_partial_sigs", unless: input.muSigSignatures.isEmpty,
            Self.muSig(input.muSigSignatures, "partial_sig"))
        object.append(
            "proprietary", unless: input.proprietary.isEmpty,
            Self.proprietary(input.proprietary))
        object.append("unknown", unless: input.unknown.isEmpty, Self.map(input.unknown))
        return object
    }

    private func appendScripts(of input: PSBT.Input, to object: inout JSONObject) {
        if !input.partialSignatures.isEmpty {
            var signatures = JSONObject()
            for entry in input.partialSignatures.entries {
                signatures.append(Hex.encode(entry.value.key), .hex(entry.value.signature))
            }
            object.append("partial_signatures", .object(signatures))
        }
        if let type = input.hashType {
            let low = SignatureHashType(rawValue: UInt32(bitPattern: type) & 0xff)
            object.append("sighash", .string(low.name ?? ""))
        }
        object.append(
            "redeem_script", unless: input.redeemScript.isEmpty,
            Self.script(input.redeemScript))
        object.append(
            "witness_script", unless: input.witnessScript.isEmpty,
            Self.script(input.witnessScript))
        object.append("bip32_derivs", unless: input.origins.isEmpty, Self.origins(input.origins))
        object.append(
            "final_scriptSig", unless: input.finalScript.isEmpty,
            ScriptJSON.input(input.finalScript))
        object.append(
            "final_scriptwitness", unless: input.finalWitness.isEmpty,
            .array(input.finalWitness.map { .hex($0) }))
        let preimages = [
            ("ripemd160", input.preimages.ripemd160), ("sha256", input.preimages.sha256),
            ("hash160", input.preimages.hash160), ("hash256", input.preimages.hash256),
        ]
        for (name, table) in preimages {
            object.append("\(name)_preimages", unless: table.isEmpty, Self.map(table))
        }
    }

    private func appendTaproot(of input: PSBT.Input, to object: inout JSONObject) {
        object.append(
            "taproot_key_path_sig", unless: input.taprootKeySignature.isEmpty,
            .hex(input.taprootKeySignature))
        let signatures = input.taprootScriptSignatures.entries.map { entry -> JSON in
            [
                "pubkey": .hex(entry.key.prefix(32)), "leaf_hash": .hex(entry.key.dropFirst(32)),
                "sig": .hex(entry.value),
            ]
        }
        object.append(
            "taproot_script_path_sigs", unless: signatures.isEmpty, .array(signatures))
        let leaves = input.sortedLeaves.map { leaf, blocks -> JSON in
            [
                "script": .hex(leaf.script), "leaf_ver": .int(leaf.version),
                "control_blocks": .array(blocks.map { .hex($0) }),
            ]
        }
        object.append("taproot_scripts", unless: leaves.isEmpty, .array(leaves))
        object.append(
            "taproot_bip32_derivs", unless: input.taprootOrigins.isEmpty,
            Self.taprootOrigins(input.taprootOrigins))
        if let key = input.taprootInternalKey {
            object.append("taproot_internal_key", .hex(key.bytes))
        }
        if let root = input.taprootMerkleRoot {
            object.append("taproot_merkle_root", .hex(root.bytes))
        }
    }

    func output(_ output: PSBT.Output, version: UInt32) -> JSONObject {
        var object = JSONObject()
        object.append(
            "redeem_script", unless: output.redeemScript.isEmpty,
            Self.script(output.redeemScript))
        object.append(
            "witness_script", unless: output.witnessScript.isEmpty,
            Self.script(output.witnessScript))
        object.append(
            "bip32_derivs", unless: output.origins.isEmpty, Self.origins(output.origins))
        if version >= 2 {
            object.append("amount", .amount(output.value.satoshis))
            object.append("script", .object(ScriptJSON.output(output.script, network)))
        }
        if let key = output.taprootInternalKey {
            object.append("taproot_internal_key", .hex(key.bytes))
        }
        let tree = output.taprootTree.map { leaf -> JSON in
            [
                "depth": .int(leaf.depth), "leaf_ver": .int(leaf.version),
                "script": .hex(leaf.script),
            ]
        }
        object.append("taproot_tree", unless: tree.isEmpty, .array(tree))
        object.append(
            "taproot_bip32_derivs", unless: output.taprootOrigins.isEmpty,
            Self.taprootOrigins(output.taprootOrigins))
        object.append(
            "musig2_participant_pubkeys", unless: output.muSigParticipants.isEmpty,
            Self.participants(output.muSigParticipants))
        object.append(
            "proprietary", unless: output.proprietary.isEmpty,
            Self.proprietary(output.proprietary))
        object.append("unknown", unless: output.unknown.isEmpty, Self.map(output.unknown))
        return object
    }
}
