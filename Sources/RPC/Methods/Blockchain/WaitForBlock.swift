import Chain
import Cryptography
import Notation
import Primitives

struct WaitForNewBlock: RPCMethod {
    let name = "waitfornewblock"
    let summary = """
        Waits for any new block and returns useful info about it.

        Returns the current block on timeout or exit.

        Make sure to use no RPC timeout (cellblock-cli -rpcclienttimeout=0)
        """
    let parameters = [
        TipWait.timeout,
        Parameter(
            "current_tip", .hex, .omitted, "Method waits for the chain tip to differ from this."),
    ]
    let results = TipWait.results
    let examples = [Example(["1000"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wait = try TipWait(request)
        let known =
            request.has("current_tip")
            ? try request.hash("current_tip") : context.validator.tip.hash
        return await wait.tip(of: context) { $0.hash != known }
    }
}

struct WaitForBlock: RPCMethod {
    let name = "waitforblock"
    let summary = """
        Waits for a specific new block and returns useful info about it.

        Returns the current block on timeout or exit.

        Make sure to use no RPC timeout (cellblock-cli -rpcclienttimeout=0)
        """
    let parameters = [Parameter.blockHash("Block hash to wait for."), TipWait.timeout]
    let results = TipWait.results
    let examples = [
        Example(["\"0000000000079f8ef3d2c688c244eb7a4570b24c9ed7b4a8c619eb02596f8862\"", "1000"])
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let hash = try request.hash("blockhash")
        return await (try TipWait(request)).tip(of: context) { $0.hash == hash }
    }
}

struct WaitForBlockHeight: RPCMethod {
    let name = "waitforblockheight"
    let summary = """
        Waits for (at least) block height and returns the height and hash
        of the current tip.

        Returns the current block on timeout or exit.

        Make sure to use no RPC timeout (cellblock-cli -rpcclienttimeout=0)
        """
    let parameters = [Parameter("height", .number, "Block height to wait for."), TipWait.timeout]
    let results = TipWait.results
    let examples = [Example(["100", "1000"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let height = try request.int("height")
        return await (try TipWait(request)).tip(of: context) { $0.height >= height }
    }
}

/// Waits until the tip is as wished, a time has passed, or the node stops.
struct TipWait {
    static let timeout = Parameter(
        "timeout", .number, default: 0,
        "Time in milliseconds to wait for a response. 0 indicates no timeout.")
    static let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.hex, "hash", "The blockhash"),
                ResultText(.number, "height", "Block height"),
            ])
    ]

    /// Nil for ever.
    private let limit: Duration?

    init(_ request: RPCRequest) throws {
        let milliseconds = try request.int("timeout")
        guard milliseconds >= 0 else { throw RPCError.misc("Negative timeout") }
        limit = milliseconds > 0 ? .milliseconds(milliseconds) : nil
    }

    func tip(
        of context: RPCContext, where isWished: @escaping @Sendable (ChainTip) -> Bool
    ) async -> JSON {
        let validator = context.validator
        let found = await withTaskGroup(of: ChainTip?.self) { group in
            group.addTask {
                for await tip in validator.tips() where isWished(tip) { return tip }
                return nil
            }
            group.addTask {
                await context.stopping()
                return nil
            }
            if let limit {
                group.addTask {
                    try? await Task.sleep(for: limit)
                    return nil
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        // The one that was waited for, though others may have come since.
        let tip = found ?? validator.tip
        return ["hash": .string(tip.hash.displayHex), "height": .int(tip.height)]
    }
}
