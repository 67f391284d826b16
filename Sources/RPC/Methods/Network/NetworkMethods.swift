enum NetworkMethods {
    static let all: [any RPCMethod] = []
}
