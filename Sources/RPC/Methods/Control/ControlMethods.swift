enum ControlMethods {
    static let all: [any RPCMethod] = [
        GetMemoryInfo(), GetRPCInfo(), Help(), Stop(), Uptime(),
    ]
}
