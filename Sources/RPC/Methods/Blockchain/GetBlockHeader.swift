import Chain
import Notation
import Primitives

struct GetBlockHeader: RPCMethod {
    let name = "getblockheader"
    let summary = """
        If verbose is false, returns a string that is serialized, hex-encoded data for blockheader 'hash'.
        If verbose is true, returns an Object with information about blockheader <hash>.
        """
    let parameters = [
        Parameter.blockHash(),
        Parameter(
            "verbose", .bool, default: true,
            "true for a json object, false for the hex-encoded data"),
    ]
    let results = [
        ResultText(.object, "", "", BlockText.header, when: "for verbose = true"),
        ResultText(
            .hex, "", "A string that is serialized, hex-encoded data for block 'hash'",
            when: "for verbose=false"),
    ]
    let examples = [Example.blockHash]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let hash = try request["blockhash"].asHash("hash")
        let isVerbose = try request.bool("verbose")
        let info = try await context.knownBlock(hash)
        guard isVerbose else { return .hex(info.header.bytes) }
        return .object(BlockJSON.header(info, context.definition))
    }
}

/// What the help says of blocks.
enum BlockText {
    static let header = [
        ResultText(.hex, "hash", "the block hash (same as provided)"),
        ResultText(
            .number, "confirmations",
            "The number of confirmations, or -1 if the block is not on the main chain"),
        ResultText(.number, "height", "The block height or index"),
        ResultText(.number, "version", "The block version"),
        ResultText(.hex, "versionHex", "The block version formatted in hexadecimal"),
        ResultText(.hex, "merkleroot", "The merkle root"),
        ResultText(.time, "time", "The block time expressed in UNIX epoch time"),
        ResultText(.time, "mediantime", "The median block time expressed in UNIX epoch time"),
        ResultText(.number, "nonce", "The nonce"),
        ResultText(
            .hex, "bits", "nBits: compact representation of the block difficulty target"),
        ResultText(.hex, "target", "The difficulty target"),
        ResultText(.number, "difficulty", "The difficulty"),
        ResultText(
            .hex, "chainwork", "Expected number of hashes required to produce the current chain"),
        ResultText(.number, "nTx", "The number of transactions in the block"),
        ResultText(
            .hex, "previousblockhash", "The hash of the previous block (if available)",
            optional: true),
        ResultText(
            .hex, "nextblockhash", "The hash of the next block (if available)", optional: true),
    ]
}
