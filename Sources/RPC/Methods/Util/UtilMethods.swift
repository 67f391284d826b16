enum UtilMethods {
    static let all: [any RPCMethod] = [
        CreateMultisig(), EstimateSmartFee(), GetIndexInfo(), SignMessageWithPrivKey(),
        VerifyMessage(),
    ]
}
