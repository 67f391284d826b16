enum BlockchainMethods {
    static let all: [any RPCMethod] = []
}
