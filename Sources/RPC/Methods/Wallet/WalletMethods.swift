enum WalletMethods {
    static let all: [any RPCMethod] = []
}
