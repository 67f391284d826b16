import Notation

/// Gone from Core, which answers where to look instead.
struct Generate: RPCMethod {
    let name = "generate"
    let summary =
        "has been replaced by the -generate cli option. Refer to -help for more information."

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        throw RPCError(code: .methodNotFound, "generate\n\n\(summary)\n")
    }
}
