/// What the help says of a block template: Bitcoin Core's words alone, for a call without its argument
/// is refused by them. What we give beyond (`coinbasetxn`, `submitold`) the README tells.
enum TemplateHelp {
    static let results = [
        ResultText(.null, when: "If the proposal was accepted with mode=='proposal'"),
        ResultText(
            .string, "", "According to BIP22",
            when: "If the proposal was not accepted with mode=='proposal'"),
        ResultText(.object, "", "", template, when: "Otherwise"),
    ]

    private static let template = [
        ResultText(.number, "version", "The preferred block version"),
        ResultText(
            .array, "rules", "specific block rules that are to be enforced",
            [
                ResultText(
                    .string, "",
                    "name of a rule the client must understand to some extent; see BIP 9 for format"
                )
            ]),
        ResultText(
            .dynamicObject, "vbavailable",
            "set of pending, supported versionbit (BIP 9) softfork deployments",
            [
                ResultText(
                    .number, "rulename",
                    "identifies the bit number as indicating acceptance and readiness for the named softfork rule"
                )
            ]),
        ResultText(
            .array, "capabilities", "",
            [
                ResultText(.string, "value", "A supported feature, for example 'proposal'")
            ]),
        ResultText(
            .number, "vbrequired", "bit mask of versionbits the server requires set in submissions"),
        ResultText(.string, "previousblockhash", "The hash of current highest block"),
        ResultText(
            .array, "transactions",
            "contents of non-coinbase transactions that should be included in the next block",
            [
                ResultText(.object, "", "", transaction)
            ]),
        ResultText(
            .dynamicObject, "coinbaseaux",
            "data that should be included in the coinbase's scriptSig content",
            [
                ResultText(.hex, "key", "values must be in the coinbase (keys may be ignored)")
            ]),
        ResultText(
            .number, "coinbasevalue",
            "maximum allowable input to coinbase transaction, including the generation award and transaction fees (in satoshis)"
        ),
        ResultText(
            .string, "longpollid",
            "an id to include with a request to longpoll on an update to this template"),
        ResultText(.string, "target", "The hash target"),
        ResultText(
            .time, "mintime",
            "The minimum timestamp appropriate for the next block time, expressed in UNIX epoch time. Adjusted for the proposed BIP94 timewarp rule."
        ),
        ResultText(
            .array, "mutable", "list of ways the block template may be changed",
            [
                ResultText(
                    .string, "value",
                    "A way the block template may be changed, e.g. 'time', 'transactions', 'prevblock'"
                )
            ]),
        ResultText(.hex, "noncerange", "A range of valid nonces"),
        ResultText(.number, "sigoplimit", "limit of sigops in blocks"),
        ResultText(.number, "sizelimit", "limit of block size"),
        ResultText(.number, "weightlimit", "limit of block weight", optional: true),
        ResultText(
            .time, "curtime",
            "current timestamp in UNIX epoch time. Adjusted for the proposed BIP94 timewarp rule."),
        ResultText(.string, "bits", "compressed target of next block"),
        ResultText(.number, "height", "The height of the next block"),
        ResultText(.hex, "signet_challenge", "Only on signet", optional: true),
        ResultText(
            .hex, "default_witness_commitment",
            "a valid witness commitment for the unmodified block template", optional: true),
    ]

    private static let transaction = [
        ResultText(.hex, "data", "transaction data encoded in hexadecimal (byte-for-byte)"),
        ResultText(
            .hex, "txid", "transaction hash excluding witness data, shown in byte-reversed hex"),
        ResultText(
            .hex, "hash", "transaction hash including witness data, shown in byte-reversed hex"),
        ResultText(
            .array, "depends", "array of numbers",
            [
                ResultText(
                    .number, "",
                    "transactions before this one (by 1-based index in 'transactions' list) that must be present in the final block if this one is"
                )
            ]),
        ResultText(
            .number, "fee",
            "difference in value between transaction inputs and outputs (in satoshis); for coinbase transactions, this is a negative Number of the total collected block fees (ie, not including the block subsidy); if key is not present, fee is unknown and clients MUST NOT assume there isn't one"
        ),
        ResultText(
            .number, "sigops",
            "total SigOps cost, as counted for purposes of block limits; if key is not present, sigop cost is unknown and clients MUST NOT assume it is zero"
        ),
        ResultText(
            .number, "weight", "total transaction weight, as counted for purposes of block limits"),
    ]
}
