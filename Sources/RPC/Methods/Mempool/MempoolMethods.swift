enum MempoolMethods {
    static let all: [any RPCMethod] = [
        GetMempoolAncestors(), GetMempoolCluster(), GetMempoolDescendants(), GetMempoolEntry(),
        GetMempoolFeerateDiagram(), GetMempoolInfo(), GetRawMempool(), GetTxSpendingPrevout(),
        GetOrphanTxs(), ImportMempool(), SaveMempool(), SendRawTransaction(), TestMempoolAccept(),
    ]
}
