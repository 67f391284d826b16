import Notation

/// Puts arguments given by name in the order of the parameters.
///
/// The rules are Bitcoin Core's: the members of an options object can stand beside the other names,
/// and a list called `args` gives the first arguments by position.
struct NamedArguments {
    private var given: [(key: String, value: JSON)] = []
    private var arguments: [JSON] = []
    private var options = JSONObject()
    private var hole = 0
    private var initialHole = 0
    private var firstNamed: String?

    static func positional(_ named: JSONObject, for parameters: [Parameter]) throws -> [JSON] {
        var converter = NamedArguments()
        var seen: Set<String> = []
        for member in named.members {
            guard seen.insert(member.key).inserted else {
                throw RPCError.invalidParameter("Parameter \(member.key) specified multiple times")
            }
            converter.given.append((member.key, member.value))
        }
        for parameter in parameters { try converter.place(parameter) }
        return try converter.finish()
    }

    private mutating func take(_ names: [String]) -> (key: String, value: JSON)? {
        for name in names {
            if let index = given.firstIndex(where: { $0.key == name }) {
                return given.remove(at: index)
            }
        }
        return nil
    }

    private mutating func place(_ parameter: Parameter) throws {
        if parameter.kind == .namedOptions {
            for inner in parameter.inner {
                if let found = take(inner.names) { options.append(found.key, found.value) }
            }
        }
        let found = take(parameter.names)
        if found != nil || !options.isEmpty {
            // Null fills the gap before an argument, but never the end.
            arguments.append(contentsOf: repeatElement(.null, count: hole))
            hole = 0
            if firstNamed == nil { firstNamed = parameter.pattern }
        } else {
            hole += 1
            if arguments.isEmpty { initialHole = hole }
        }
        if let found {
            if let first = options.keys.first {
                throw RPCError.invalidParameter(
                    "Parameter \(found.key) conflicts with parameter \(first)")
            }
            arguments.append(found.value)
        }
        if !options.isEmpty {
            arguments.append(.object(options))
            options = JSONObject()
        }
    }

    private mutating func finish() throws -> [JSON] {
        if let position = given.firstIndex(where: { $0.key == "args" }) {
            let leading = given.remove(at: position).value
            if let leading = leading.array {
                if initialHole < leading.count, let firstNamed {
                    throw RPCError.invalidParameter(
                        "Parameter \(firstNamed) specified twice both as positional and named "
                            + "argument")
                }
                arguments = leading + arguments.dropFirst(leading.count)
            }
        }
        if let unknown = given.first {
            throw RPCError.invalidParameter("Unknown named parameter \(unknown.key)")
        }
        return arguments
    }
}
