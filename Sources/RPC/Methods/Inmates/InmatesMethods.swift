enum InmatesMethods {
    static let all: [any RPCMethod] = []
}
