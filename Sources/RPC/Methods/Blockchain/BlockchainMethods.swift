enum BlockchainMethods {
    static let all: [any RPCMethod] = [
        DumpTxOutSet(),
        GetAddressBalance(), GetAddressHistory(), GetAddressUTXOs(), GetBestBlockHash(), GetBlock(),
        GetBlockchainInfo(), GetBlockCount(), GetBlockFilter(),
        GetBlockFromPeer(), GetBlockHash(), GetBlockHeader(), GetBlockStats(), GetChainStates(),
        GetChainTips(), GetChainTxStats(), GetDeploymentInfo(), GetDescriptorActivity(),
        GetDifficulty(), GetTxOut(), GetTxOutProof(), GetTxOutSetInfo(), LoadTxOutSet(),
        PreciousBlock(), PruneBlockchain(), ScanBlocks(), ScanTxOutSet(), VerifyChain(), VerifyTxOutProof(),
        WaitForBlock(),
        WaitForBlockHeight(), WaitForNewBlock(),
    ]
}
