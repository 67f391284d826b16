extension PSBTText {
    static let outputs =
        ResultText(
            .array, "outputs", "",
            [
                ResultText(
                    .object, "", "",
                    [
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
                                            "The public key this path corresponds to"),
                                        ResultText(
                                            .string, "master_fingerprint",
                                            "The fingerprint of the master key"),
                                        ResultText(.string, "path", "The path"),
                                    ])
                            ], optional: true),
                        ResultText(
                            .number, "amount", "The amount (nValue) for this output", optional: true
                        ),
                        ResultText(
                            .object, "script", "The output script (scriptPubKey) for this output",
                            [
                                ResultText(
                                    .elision, "",
                                    "The layout is the same as the output of scriptPubKeys in decoderawtransaction."
                                )
                            ], optional: true),
                        ResultText(
                            .hex, "taproot_internal_key",
                            "The hex-encoded Taproot x-only internal key", optional: true),
                        ResultText(
                            .array, "taproot_tree",
                            "The tuples that make up the Taproot tree, in depth first search order",
                            [
                                ResultText(
                                    .object, "tuple", "A single leaf script in the taproot tree",
                                    [
                                        ResultText(
                                            .number, "depth",
                                            "The depth of this element in the tree"),
                                        ResultText(
                                            .number, "leaf_ver", "The version of this leaf"),
                                        ResultText(
                                            .string, "script", "The hex-encoded script itself"),
                                    ], optional: true)
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
                            .dynamicObject, "unknown", "The unknown output fields",
                            [
                                ResultText(
                                    .hex, "key", "(key-value pair) An unknown key-value pair")
                            ], optional: true),
                        ResultText(
                            .array, "proprietary", "The output proprietary map",
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
