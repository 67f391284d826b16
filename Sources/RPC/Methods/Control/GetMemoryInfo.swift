import Notation

struct GetMemoryInfo: RPCMethod {
    let name = "getmemoryinfo"
    let summary = "Returns an object containing information about memory usage.\n"
    let parameters = [
        Parameter(
            "mode", .string, default: "stats",
            """
            determines what kind of information is returned.
              - "stats" returns general statistics about memory usage in the daemon.
              - "mallocinfo" returns an XML string describing low-level heap state (only available if compiled with glibc).
            """)
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let mode = try request.string("mode")
        switch mode {
        case "stats":
            // No memory is kept from being swapped out, so there is nothing locked to count.
            return [
                "locked": [
                    "used": 0, "free": 0, "total": 0, "locked": 0, "chunks_used": 0,
                    "chunks_free": 0,
                ]
            ]
        case "mallocinfo":
            throw RPCError.invalidParameter("mallocinfo mode not available")
        default:
            throw RPCError.invalidParameter("unknown mode \(mode)")
        }
    }
}
