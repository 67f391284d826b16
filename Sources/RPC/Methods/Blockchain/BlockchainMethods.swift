enum BlockchainMethods {
    static let all: [any RPCMethod] = [
        GetBestBlockHash(), GetBlock(), GetBlockchainInfo(), GetBlockCount(), GetBlockHash(),
        GetBlockHeader(), GetChainStates(), GetChainTips(),
        GetDeploymentInfo(), GetDifficulty(), GetTxOut(), GetTxOutSetInfo(),
        PreciousBlock(), VerifyChain(), WaitForBlock(), WaitForBlockHeight(),
        WaitForNewBlock(),
    ]
}
