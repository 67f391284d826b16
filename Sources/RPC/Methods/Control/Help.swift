import Notation

struct Help: RPCMethod {
    let name = "help"
    let summary = "List all commands, or get help for a specified command.\n"
    let parameters = [
        Parameter("command", .string, hint: "all commands", "The command to get help on")
    ]
    let results = [ResultText(.string, "", "The help text")]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard let command = try request.optionalString("command"), !command.isEmpty else {
            return .string(context.registry.overview())
        }
        if command == "dump_all_command_conversions" {
            return .array(context.registry.methods.flatMap(Self.conversions))
        }
        guard let method = context.registry[command] else {
            return .string("help: unknown command: \(command)")
        }
        return .string(HelpText.text(of: method))
    }

    /// The names of a method's parameters, and whether each takes a text, so that a client can be
    /// tested against them.
    private static func conversions(of method: any RPCMethod) -> [JSON] {
        func row(_ position: Int, _ name: String, _ kind: Parameter.Kind) -> JSON {
            [
                .string(method.name), .int(position), .string(name),
                .bool(kind == .string || kind == .hex),
            ]
        }
        return method.parameters.enumerated().flatMap { position, parameter in
            parameter.names.flatMap { name in
                let inner = parameter.kind == .namedOptions ? parameter.inner : []
                return [row(position, name, parameter.kind)]
                    + inner.flatMap { inner in
                        inner.names.map { row(position, $0, inner.kind) }
                    }
            }
        }
    }
}
