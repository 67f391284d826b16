import Chain
import Cryptography
import Notation

struct PreciousBlock: RPCMethod {
    let name = "preciousblock"
    let summary = """
        Treats a block as if it were received before others with the same work.

        A later preciousblock call can override the effect of an earlier one.

        The effects of preciousblock are not retained across restarts.
        """
    let parameters = [Parameter.blockHash("the hash of the block to mark as precious")]
    let results = [ResultText(.null)]
    let examples = [Example(["\"blockhash\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard try await context.validator.precious(try request.hash("blockhash")) else {
            throw RPCError.invalidAddressOrKey("Block not found")
        }
        return .null
    }
}

struct InvalidateBlock: RPCMethod {
    let name = "invalidateblock"
    let summary =
        "Permanently marks a block as invalid, as if it violated a consensus rule.\n"
    let parameters = [Parameter.blockHash("the hash of the block to mark as invalid")]
    let results = [ResultText(.null)]
    let examples = [Example(["\"blockhash\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard try await context.validator.invalidate(try request.hash("blockhash")) else {
            throw RPCError.invalidAddressOrKey("Block not found")
        }
        return .null
    }
}

struct ReconsiderBlock: RPCMethod {
    let name = "reconsiderblock"
    let summary = """
        Removes invalidity status of a block, its ancestors and its descendants, reconsider them for activation.
        This can be used to undo the effects of invalidateblock.
        """
    let parameters = [Parameter.blockHash("the hash of the block to reconsider")]
    let results = [ResultText(.null)]
    let examples = [Example(["\"blockhash\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard try await context.validator.reconsider(try request.hash("blockhash")) else {
            throw RPCError.invalidAddressOrKey("Block not found")
        }
        return .null
    }
}
