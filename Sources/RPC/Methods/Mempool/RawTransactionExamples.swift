/// The steps that lead to a transaction to be sent, as the help shows them.
enum RawTransactionExamples {
    private static let making: [Example] = [
        .words("\nCreate a transaction\n"),
        .shell(
            [
                #""[{\"txid\" : \"mytxid\",\"vout\":0}]""#, #""{\"myaddress\":0.01}""#,
            ], method: "createrawtransaction"),
        .words("Sign the transaction, and get back the hex\n"),
        .shell(["\"myhex\""], method: "signrawtransactionwithwallet"),
    ]

    static let sending =
        making + [
            .words("\nSend the transaction (signed hex)\n"), .shell(["\"signedhex\""]),
            .words("\nAs a JSON-RPC call\n"), .web(["\"signedhex\""]),
        ]

    static let testing =
        making + [
            .words("\nTest acceptance of the transaction (signed hex)\n"),
            .shell(["[\"signedhex\"]"]), .words("\nAs a JSON-RPC call\n"),
            .web(["[\"signedhex\"]"]),
        ]
}
