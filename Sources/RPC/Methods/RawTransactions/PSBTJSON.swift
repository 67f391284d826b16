import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

/// Partially signed transactions as answers show them (Core's decodepsbt).
struct PSBTJSON {
    let network: Network

    func object(_ psbt: PSBT) -> JSONObject {
        var object = JSONObject()
        if psbt.version < 2, let unsigned = psbt.unsignedTransaction {
            object.append(
                "tx", .object(TransactionJSON.object(unsigned, network, includesHex: false)))
        }
        object.append("global_xpubs", .array(psbt.extendedKeys.map(extendedKey)))
        if psbt.version >= 2 {
            object.append("tx_version", .int(psbt.transactionVersion))
            if let time = psbt.fallbackLockTime { object.append("fallback_locktime", .int(time)) }
            object.append("input_count", .int(psbt.inputs.count))
            object.append("output_count", .int(psbt.outputs.count))
            if let flags = psbt.modifiable {
                object.append("inputs_modifiable", .bool(flags & 1 != 0))
                object.append("outputs_modifiable", .bool(flags & 2 != 0))
                object.append("has_sighash_single", .bool(flags & 4 != 0))
            }
        }
        object.append("psbt_version", .int(psbt.version))
        object.append("proprietary", Self.proprietary(psbt.proprietary))
        object.append("unknown", Self.map(psbt.unknown))
        object.append(
            "inputs", .array(psbt.inputs.map { .object(input($0, version: psbt.version)) }))
        object.append(
            "outputs", .array(psbt.outputs.map { .object(output($0, version: psbt.version)) }))
        if let fee = Self.fee(psbt) { object.append("fee", .amount(fee)) }
        return object
    }

    /// The fee, where all outputs spent are known and no amount is out of range.
    private static func fee(_ psbt: PSBT) -> Int64? {
        var paidIn = Amount.zero
        for input in psbt.inputs {
            guard let value = input.spentOutput?.value, value.isMoney,
                let sum = paidIn.adding(value), sum.isMoney
            else { return nil }
            paidIn = sum
        }
        var paidOut = Amount.zero
        for output in psbt.outputs {
            guard output.value.isMoney, let sum = paidOut.adding(output.value), sum.isMoney
            else { return nil }
            paidOut = sum
        }
        return paidIn.satoshis - paidOut.satoshis
    }

    private func extendedKey(_ key: PSBT.ExtendedKey) -> JSON {
        [
            "xpub": .string(Base58.encodeCheck(key.bytes)),
            "master_fingerprint": .string(key.origin.fingerprintText),
            "path": .string("m" + key.origin.path.text()),
        ]
    }
}

// MARK: Parts

extension PSBTJSON {
    static func map(_ table: ByteTable<[UInt8]>) -> JSON {
        var object = JSONObject()
        for entry in table.entries { object.append(Hex.encode(entry.key), .hex(entry.value)) }
        return .object(object)
    }

    static func proprietary(_ table: ByteTable<PSBT.Proprietary>) -> JSON {
        .array(
            table.entries.map { entry in
                [
                    "identifier": .hex(entry.value.identifier),
                    "subtype": .int(entry.value.subtype), "key": .hex(entry.key),
                    "value": .hex(entry.value.value),
                ]
            })
    }

    static func script(_ script: Script) -> JSON {
        [
            "asm": .string(script.asm()), "hex": .hex(script.bytes),
            "type": .string(script.template.typeName),
        ]
    }

    static func origins(_ table: ByteTable<KeyOrigin>) -> JSON {
        .array(
            table.entries.map { entry in
                [
                    "pubkey": .hex(entry.key),
                    "master_fingerprint": .string(entry.value.fingerprintText),
                    "path": .string("m" + entry.value.path.text()),
                ]
            })
    }

    static func taprootOrigins(_ table: ByteTable<PSBT.TaprootOrigin>) -> JSON {
        .array(
            table.entries.map { entry in
                [
                    "pubkey": .hex(entry.key),
                    "master_fingerprint": .string(entry.value.origin.fingerprintText),
                    "path": .string("m" + entry.value.origin.path.text()),
                    "leaf_hashes": .array(entry.value.sortedLeaves.map { .hex($0.bytes) }),
                ]
            })
    }

    static func participants(_ table: ByteTable<[[UInt8]]>) -> JSON {
        .array(
            table.entries.map { entry in
                [
                    "aggregate_pubkey": .hex(entry.key),
                    "participant_pubkeys": .array(entry.value.map { .hex($0) }),
                ]
            })
    }

    static func muSig(_ table: PSBT.MuSigTable, _ name: String) -> JSON {
        var rows: [JSON] = []
        for (group, values) in PSBT.Input.sorted(table) {
            for entry in values {
                var row: JSONObject = [
                    "participant_pubkey": .hex(entry.key),
                    "aggregate_pubkey": .hex(group.aggregate),
                ]
                if let leaf = group.leaf { row.append("leaf_hash", .hex(leaf.bytes)) }
                row.append(name, .hex(entry.value))
                rows.append(.object(row))
            }
        }
        return .array(rows)
    }
}
