import Notation

struct Stop: RPCMethod {
    let name = "stop"
    let summary = "Request a graceful shutdown of Cellblock."
    let parameters = [
        Parameter("wait", .number, .omitted, "how long to wait in ms").hidden()
    ]
    let results = [ResultText(.string, "", "A string with the content 'Cellblock stopping'")]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wait = try request.optionalInt("wait")
        // The server finishes the answers under way before it closes, this one among them.
        context.shutdown()
        if let wait { try? await Task.sleep(for: .milliseconds(wait)) }
        return "Cellblock stopping"
    }
}
