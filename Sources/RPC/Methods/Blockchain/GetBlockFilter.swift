import Chain
import Cryptography
import Indexes
import Notation

struct GetBlockFilter: RPCMethod {
    let name = "getblockfilter"
    let summary = "Retrieve a BIP 157 content filter for a particular block.\n"
    let parameters = [
        Parameter.blockHash("The hash of the block"),
        Parameter("filtertype", .string, default: "basic", "The type name of the filter"),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.hex, "filter", "the hex-encoded filter data"),
                ResultText(.hex, "header", "the hex-encoded filter header"),
            ])
    ]
    let examples = [Example(Example.blockHash.arguments + ["\"basic\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let hash = try request["blockhash"].asHash("blockhash")
        let type = try request.string("filtertype")
        guard type == "basic" else { throw RPCError.invalidAddressOrKey("Unknown filtertype") }
        guard let index = context.blockFilterIndex else {
            throw RPCError.misc("Index is not enabled for filtertype \(type)")
        }
        let info = try await context.knownBlock(hash)
        let isReady = try await index.caughtUp()
        guard let (filter, header) = try await index.filter(of: hash) else {
            throw Self.missing(info, isReady)
        }
        return ["filter": .string(Hex.encode(filter)), "header": .string(header.displayHex)]
    }

    private static func missing(_ info: BlockInfo, _ isReady: Bool) -> RPCError {
        guard info.isFullyValid else {
            return .invalidAddressOrKey(
                "Filter not found. Block was not connected to active chain.")
        }
        guard isReady else {
            return .misc(
                "Filter not found. Block filters are still in the process of being indexed.")
        }
        return RPCError(
            code: .internal,
            "Filter not found. This error is unexpected and indicates index corruption.")
    }
}
