/// What the help says of a decoded partially signed transaction.
enum PSBTText {
    static let root =
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .object, "tx", "The decoded network-serialized unsigned transaction.",
                    [
                        ResultText(
                            .elision, "",
                            "The layout is the same as the output of decoderawtransaction.")
                    ], optional: true),
                ResultText(
                    .array, "global_xpubs", "",
                    [
                        ResultText(
                            .object, "", "",
                            [
                                ResultText(
                                    .string, "xpub",
                                    "The extended public key this path corresponds to"),
                                ResultText(
                                    .hex, "master_fingerprint", "The fingerprint of the master key"),
                                ResultText(.string, "path", "The path"),
                            ])
                    ]),
                ResultText(
                    .number, "tx_version",
                    "The version number of the unsigned transaction. Not to be confused with PSBT version",
                    optional: true),
                ResultText(
                    .number, "fallback_locktime",
                    "The locktime to fallback to if no inputs specify a required locktime.",
                    optional: true),
                ResultText(
                    .number, "input_count", "The number of inputs in this psbt", optional: true),
                ResultText(
                    .number, "output_count", "The number of outputs in this psbt.", optional: true),
                ResultText(
                    .bool, "inputs_modifiable", "Whether inputs can be modified", optional: true),
                ResultText(
                    .bool, "outputs_modifiable", "Whether outputs can be modified", optional: true),
                ResultText(
                    .bool, "has_sighash_single", "Whether this PSBT has SIGHASH_SINGLE inputs",
                    optional: true),
                ResultText(
                    .number, "psbt_version",
                    "The PSBT version number. Not to be confused with the unsigned transaction version",
                    optional: true),
                ResultText(
                    .array, "proprietary", "The global proprietary map",
                    [
                        ResultText(
                            .object, "", "",
                            [
                                ResultText(
                                    .hex, "identifier",
                                    "The hex string for the proprietary identifier"),
                                ResultText(.number, "subtype", "The number for the subtype"),
                                ResultText(.hex, "key", "The hex for the key"),
                                ResultText(.hex, "value", "The hex for the value"),
                            ])
                    ]),
                ResultText(
                    .dynamicObject, "unknown", "The unknown global fields",
                    [
                        ResultText(.hex, "key", "(key-value pair) An unknown key-value pair")
                    ]),
                inputs,
                outputs,
                ResultText(
                    .amount, "fee",
                    "The transaction fee paid if all UTXOs slots in the PSBT have been filled.",
                    optional: true),
            ])
}
