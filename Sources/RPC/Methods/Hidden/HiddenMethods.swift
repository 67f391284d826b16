/// Methods for tests, left out of the list that `help` prints.
enum HiddenMethods {
    static let all: [any RPCMethod] = [
        Echo(name: "echo"), Echo(name: "echojson"), InvalidateBlock(),
        MockScheduler(), ReconsiderBlock(), SetMockTime(), SyncWithValidationInterfaceQueue(),
    ]
}
