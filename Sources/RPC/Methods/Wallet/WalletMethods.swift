enum WalletMethods {
    static let all: [any RPCMethod] = [
        AbandonTransaction(), BackupWallet(), CreateWallet(), GetAddressInfo(),
        GetAddressesByLabel(), GetBalance(), GetBalances(), GetMnemonic(), GetNewAddress(),
        GetRawChangeAddress(), GetReceivedByAddress(), GetReceivedByLabel(), GetTransaction(),
        GetWalletInfo(), ImportDescriptors(), ListDescriptors(), ListLabels(), ListLockUnspent(),
        ListReceivedByAddress(), ListReceivedByLabel(), ListSinceBlock(), ListTransactions(),
        ListUnspent(), ListWalletDir(), ListWallets(), LoadWallet(), LockUnspent(),
        RescanBlockchain(), SendMany(), SendToAddress(), SetLabel(),
        SignRawTransactionWithWallet(), UnloadWallet(),
    ]
}
