enum RawTransactionsMethods {
    static let all: [any RPCMethod] = []
}
