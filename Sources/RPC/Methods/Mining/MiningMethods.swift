enum MiningMethods {
    static let all: [any RPCMethod] = [
        Generate(), GenerateBlock(), GenerateToAddress(), GenerateToDescriptor(),
        GetBlockTemplate(), GetMiningInfo(), GetNetworkHashPS(), GetPrioritisedTransactions(),
        PrioritiseTransaction(), SubmitBlock(), SubmitHeader(),
    ]
}
