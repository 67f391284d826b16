import Notation

struct Uptime: RPCMethod {
    let name = "uptime"
    let summary = "Returns the total uptime of the server.\n"
    let results = [
        ResultText(.number, "", "The number of seconds that the server has been running")
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        .int((ContinuousClock.now - context.startTime).components.seconds)
    }
}
