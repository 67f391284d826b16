import Chain
import Genesis
import Notation

struct SetMockTime: RPCMethod {
    let name = "setmocktime"
    let summary = "Set the local time to given timestamp (-regtest only)\n"
    let parameters = [
        Parameter(
            "timestamp", .number,
            """
            UNIX epoch time expressed in seconds to set.
            Pass 0 to go back to using the system time.
            """)
    ]
    let results = [ResultText(.null)]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard context.definition.isMockable else {
            throw RPCError.misc("setmocktime is for regression testing (-regtest mode) only")
        }
        let time = try request.int64("timestamp")
        // No block can bear a later time.
        let latest = Int64(UInt32.max)
        guard (0...latest).contains(time) else {
            throw RPCError.invalidParameter(
                "Mocktime must be in the range [0, \(latest)], not \(time).")
        }
        context.clock.setMockTime(time)
        return .null
    }
}
