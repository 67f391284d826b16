enum MiningMethods {
    static let all: [any RPCMethod] = [SubmitBlock(), SubmitHeader()]
}
