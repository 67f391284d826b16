enum AddressesMethods {
    static let all: [any RPCMethod] = []
}
