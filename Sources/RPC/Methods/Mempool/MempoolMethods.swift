enum MempoolMethods {
    static let all: [any RPCMethod] = [
        GetMempoolAncestors(), GetMempoolCluster(), GetMempoolDescendants(), GetMempoolEntry(),
        GetMempoolFeerateDiagram(), GetMempoolInfo(), GetRawMempool(), GetTxSpendingPrevout(),
        ImportMempool(), SaveMempool(), SendRawTransaction(), TestMempoolAccept(),
    ]
}
