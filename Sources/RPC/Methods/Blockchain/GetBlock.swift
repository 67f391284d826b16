import Chain
import Consensus
import Notation
import Primitives

struct GetBlock: RPCMethod {
    let name = "getblock"
    let summary = """
        If verbosity is 0, returns a string that is serialized, hex-encoded data for block 'hash'.
        If verbosity is 1, returns an Object with information about block <hash>.
        If verbosity is 2, returns an Object with information about block <hash> and information about each transaction.
        If verbosity is 3, returns an Object with information about block <hash> and information about each transaction, including prevout information for inputs (only for unpruned blocks in the current best chain).
        """
    let parameters = [
        Parameter.blockHash(),
        Parameter(
            "verbosity|verbose", .number, default: 1,
            "0 for hex-encoded data, 1 for a JSON object, 2 for JSON object with transaction data, and 3 for JSON object with transaction data including prevout information for inputs"
        ).unchecked(),
    ]
    let results = [
        ResultText(
            .hex, "", "A string that is serialized, hex-encoded data for block 'hash'",
            when: "for verbosity = 0"),
        ResultText(
            .object, "", "",
            BlockText.header + [
                ResultText(.number, "strippedsize", "The block size excluding witness data"),
                ResultText(.number, "size", "The block size"),
                ResultText(.number, "weight", "The block weight as defined in BIP 141"),
                ResultText(
                    .array, "tx", "The transaction ids",
                    [ResultText(.hex, "", "The transaction id")]),
            ], when: "for verbosity = 1"),
    ]
    let examples = [Example.blockHash]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let hash = try request.hash("blockhash")
        let verbosity = try request.verbosity("verbosity", default: 1)
        let info = try await context.knownBlock(hash)
        let bytes = try await context.storedBytes(info)
        guard verbosity > 0 else { return .hex(bytes) }
        let block = try Block(decoding: bytes)
        var undo: [[Coin]]?
        if verbosity > 1, info.hasUndo {
            do {
                undo = try await context.validator.undo(hash)
            } catch {
                throw RPCError(
                    code: .internal,
                    "Undo data expected but can't be read. This could be due to disk corruption "
                        + "or a conflict with a pruning event.")
            }
        }
        return .object(
            BlockJSON.block(block, info, context.definition, verbosity: verbosity, undo: undo))
    }
}
