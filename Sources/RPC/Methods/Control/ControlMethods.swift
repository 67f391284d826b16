enum ControlMethods {
    static let all: [any RPCMethod] = [
        GetMemoryInfo(), GetNetworkDefinition(), GetRPCInfo(), Help(), LoggingMethod(), Stop(),
        Uptime(),
    ]
}
