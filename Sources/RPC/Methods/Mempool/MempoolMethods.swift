enum MempoolMethods {
    static let all: [any RPCMethod] = [
        SaveMempool(),
        GetMempoolAncestors(), GetMempoolCluster(), GetMempoolDescendants(), GetMempoolEntry(),
        GetMempoolFeerateDiagram(), GetMempoolInfo(), GetRawMempool(), GetTxSpendingPrevout(),
        SaveMempool(), SendRawTransaction(),
        TestMempoolAccept(),
    ]
}
