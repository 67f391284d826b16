enum MempoolMethods {
    static let all: [any RPCMethod] = []
}
