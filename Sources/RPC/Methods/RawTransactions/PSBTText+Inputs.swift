extension PSBTText {
    static let inputs =
        ResultText(
            .array, "inputs", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(
                            .object, "non_witness_utxo",
                            "Decoded network transaction for non-witness UTXOs",
                            [
                                ResultText(
                                    .elision, "",
                                    "The layout is the same as the output of decoderawtransaction.")
                            ], optional: true),
                        ResultText(
                            .object, "witness_utxo", "Transaction output for witness UTXOs",
                            [
                                ResultText(.number, "amount", "The value in BTC"),
                                ResultText(
                                    .object, "scriptPubKey", "",
                                    [
                                        ResultText(
                                            .string, "asm", "Disassembly of the output script"),
                                        ResultText(
                                            .string, "desc", "Inferred descriptor for the output"),
                                        ResultText(
                                            .hex, "hex", "The raw output script bytes, hex-encoded"),
                                        ResultText(.string, "type", "The type, eg 'pubkeyhash'"),
                                        ResultText(
                                            .string, "address",
                                            "The Bitcoin address (only if a well-defined address exists)",
                                            optional: true),
                                    ]),
                            ], optional: true),
                        ResultText(
                            .dynamicObject, "partial_signatures", "",
                            [
                                ResultText(
                                    .string, "pubkey",
                                    "The public key and signature that corresponds to it.")
                            ], optional: true),
                        ResultText(
                            .string, "sighash", "The sighash type to be used", optional: true),
                        ResultText(
                            .object, "redeem_script", "",
                            [
                                ResultText(.string, "asm", "Disassembly of the redeem script"),
                                ResultText(
                                    .hex, "hex", "The raw redeem script bytes, hex-encoded"),
                                ResultText(.string, "type", "The type, eg 'pubkeyhash'"),
                            ], optional: true),
                        ResultText(
                            .object, "witness_script", "",
                            [
                                ResultText(.string, "asm", "Disassembly of the witness script"),
                                ResultText(
                                    .hex, "hex", "The raw witness script bytes, hex-encoded"),
                                ResultText(.string, "type", "The type, eg 'pubkeyhash'"),
                            ], optional: true),
                        ResultText(
                            .array, "bip32_derivs", "",
                            [
                                ResultText(
                                    .object, "", "",
                                    [
                                        ResultText(
                                            .string, "pubkey",
                                            "The public key with the derivation path as the value."),
                                        ResultText(
                                            .string, "master_fingerprint",
                                            "The fingerprint of the master key"),
                                        ResultText(.string, "path", "The path"),
                                    ])
                            ], optional: true),
                        ResultText(
                            .object, "final_scriptSig", "",
                            [
                                ResultText(
                                    .string, "asm", "Disassembly of the final signature script"),
                                ResultText(
                                    .hex, "hex", "The raw final signature script bytes, hex-encoded"
                                ),
                            ], optional: true),
                        ResultText(
                            .array, "final_scriptwitness", "",
                            [
                                ResultText(.hex, "", "hex-encoded witness data (if any)")
                            ], optional: true),
                        ResultText(
                            .dynamicObject, "ripemd160_preimages", "",
                            [
                                ResultText(
                                    .string, "hash", "The hash and preimage that corresponds to it."
                                )
                            ], optional: true),
                        ResultText(
                            .dynamicObject, "sha256_preimages", "",
                            [
                                ResultText(
                                    .string, "hash", "The hash and preimage that corresponds to it."
                                )
                            ], optional: true),
                        ResultText(
                            .dynamicObject, "hash160_preimages", "",
                            [
                                ResultText(
                                    .string, "hash", "The hash and preimage that corresponds to it."
                                )
                            ], optional: true),
                        ResultText(
                            .dynamicObject, "hash256_preimages", "",
                            [
                                ResultText(
                                    .string, "hash", "The hash and preimage that corresponds to it."
                                )
                            ], optional: true),
                        ResultText(
                            .hex, "previous_txid",
                            "TXID of the transaction containing the output being spent by this input",
                            optional: true),
                        ResultText(
                            .number, "previous_vout", "Index of the output being spent",
                            optional: true),
                        ResultText(
                            .number, "sequence", "Sequence number for this input", optional: true),
                        ResultText(
                            .number, "time_locktime", "Time-based locktime required for this input",
                            optional: true),
                        ResultText(
                            .number, "height_locktime",
                            "Height-based locktime required for this input", optional: true),
                        ResultText(
                            .hex, "taproot_key_path_sig",
                            "hex-encoded signature for the Taproot key path spend", optional: true),
                        ResultText(
                            .array, "taproot_script_path_sigs", "",
                            [
                                ResultText(
                                    .object, "signature",
                                    "The signature for the pubkey and leaf hash combination",
                                    [
                                        ResultText(
                                            .string, "pubkey",
                                            "The x-only pubkey for this signature"),
                                        ResultText(
                                            .string, "leaf_hash", "The leaf hash for this signature"
                                        ),
                                        ResultText(.string, "sig", "The signature itself"),
                                    ], optional: true)
                            ], optional: true),
                        ResultText(
                            .array, "taproot_scripts", "",
                            [
                                ResultText(
                                    .object, "", "",
                                    [
                                        ResultText(.hex, "script", "A leaf script"),
                                        ResultText(
                                            .number, "leaf_ver",
                                            "The version number for the leaf script"),
                                        ResultText(
                                            .array, "control_blocks",
                                            "The control blocks for this script",
                                            [
                                                ResultText(
                                                    .hex, "control_block",
                                                    "A hex-encoded control block for this script")
                                            ]),
                                    ])
                            ], optional: true),
                        ResultText(
                            .array, "taproot_bip32_derivs", "",
                            [
                                ResultText(
                                    .object, "", "",
                                    [
                                        ResultText(
                                            .string, "pubkey",
                                            "The x-only public key this path corresponds to"),
                                        ResultText(
                                            .string, "master_fingerprint",
                                            "The fingerprint of the master key"),
                                        ResultText(.string, "path", "The path"),
                                        ResultText(
                                            .array, "leaf_hashes",
                                            "The hashes of the leaves this pubkey appears in",
                                            [
                                                ResultText(
                                                    .hex, "hash",
                                                    "The hash of a leaf this pubkey appears in")
                                            ]),
                                    ])
                            ], optional: true),
                        ResultText(
                            .hex, "taproot_internal_key",
                            "The hex-encoded Taproot x-only internal key", optional: true),
                        ResultText(
                            .hex, "taproot_merkle_root", "The hex-encoded Taproot merkle root",
                            optional: true),
                        ResultText(
                            .array, "musig2_participant_pubkeys", "",
                            [
                                ResultText(
                                    .object, "", "",
                                    [
                                        ResultText(
                                            .hex, "aggregate_pubkey",
                                            "The compressed aggregate public key for which the participants create."
                                        ),
                                        ResultText(
                                            .array, "participant_pubkeys", "",
                                            [
                                                ResultText(
                                                    .hex, "pubkey",
                                                    "The compressed public keys that are aggregated for aggregate_pubkey."
                                                )
                                            ]),
                                    ])
                            ], optional: true),
                        ResultText(
                            .array, "musig2_pubnonces", "",
                            [
                                ResultText(
                                    .object, "", "",
                                    [
                                        ResultText(
                                            .hex, "participant_pubkey",
                                            "The compressed public key of the participant that created this pubnonce."
                                        ),
                                        ResultText(
                                            .hex, "aggregate_pubkey",
                                            "The compressed aggregate public key for which this pubnonce is for."
                                        ),
                                        ResultText(
                                            .hex, "leaf_hash",
                                            "The hash of the leaf script that contains the aggregate pubkey being signed for. Omitted when signing for the internal key.",
                                            optional: true),
                                        ResultText(.hex, "pubnonce", "The public nonce itself."),
                                    ])
                            ], optional: true),
                        ResultText(
                            .array, "musig2_partial_sigs", "",
                            [
                                ResultText(
                                    .object, "", "",
                                    [
                                        ResultText(
                                            .hex, "participant_pubkey",
                                            "The compressed public key of the participant that created this partial signature."
                                        ),
                                        ResultText(
                                            .hex, "aggregate_pubkey",
                                            "The compressed aggregate public key for which this partial signature is for."
                                        ),
                                        ResultText(
                                            .hex, "leaf_hash",
                                            "The hash of the leaf script that contains the aggregate pubkey being signed for. Omitted when signing for the internal key.",
                                            optional: true),
                                        ResultText(
                                            .hex, "partial_sig", "The partial signature itself."),
                                    ])
                            ], optional: true),
                        ResultText(
                            .dynamicObject, "unknown", "The unknown input fields",
                            [
                                ResultText(
                                    .hex, "key", "(key-value pair) An unknown key-value pair")
                            ], optional: true),
                        ResultText(
                            .array, "proprietary", "The input proprietary map",
                            [
                                ResultText(
                                    .object, "", "",
                                    [
                                        ResultText(
                                            .hex, "identifier",
                                            "The hex string for the proprietary identifier"),
                                        ResultText(
                                            .number, "subtype", "The number for the subtype"),
                                        ResultText(.hex, "key", "The hex for the key"),
                                        ResultText(.hex, "value", "The hex for the value"),
                                    ])
                            ], optional: true),
                    ])
            ])
}
