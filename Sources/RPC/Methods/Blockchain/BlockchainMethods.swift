enum BlockchainMethods {
    static let all: [any RPCMethod] = [
        GetBestBlockHash(), GetBlock(), GetBlockchainInfo(), GetBlockCount(), GetBlockFilter(),
        GetBlockHash(), GetBlockHeader(), GetBlockStats(), GetChainStates(), GetChainTips(),
        GetChainTxStats(), GetDeploymentInfo(), GetDifficulty(), GetTxOut(), GetTxOutProof(), GetTxOutSetInfo(),
        PreciousBlock(), VerifyChain(), VerifyTxOutProof(), WaitForBlock(), WaitForBlockHeight(),
        WaitForNewBlock(),
    ]
}
