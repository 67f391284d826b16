import Notation

struct GetRPCInfo: RPCMethod {
    let name = "getrpcinfo"
    let summary = "Returns details of the RPC server.\n"
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .array, "active_commands", "All active commands",
                    [
                        ResultText(
                            .object, "", "Information about an active command",
                            [
                                ResultText(.string, "method", "The name of the RPC command"),
                                ResultText(
                                    .number, "duration", "The running time in microseconds"),
                            ])
                    ]),
                ResultText(.string, "logpath", "The complete file path to the debug log"),
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let now = ContinuousClock.now
        let commands = context.active.running.map { command -> JSON in
            let (seconds, attoseconds) = (now - command.start).components
            return [
                "method": .string(command.method),
                "duration": .int(seconds * 1_000_000 + attoseconds / 1_000_000_000_000),
            ]
        }
        return ["active_commands": .array(commands), "logpath": .string(context.logPath)]
    }
}
