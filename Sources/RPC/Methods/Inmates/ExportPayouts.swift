import Chain
import Cryptography
import MiningService
import Notation
import Storage

struct ExportPayouts: RPCMethod {
    let name = "exportpayouts"
    let summary =
        "Writes the whole history of payouts to a file, for anyone to compute it anew from that file and the blocks.\nWhere the roster pays by shares, the share log is written beside it, as <path>.shares.\n"
    let parameters = [
        Parameter(
            "path", .string,
            "Path to the file; a relative one is in the data directory of the network")
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.string, "path", "the file that was written"),
                ResultText(.string, "shares", "the share log, where one was written"),
                ResultText(.number, "blocks", "the blocks that changed the ledger"),
                ResultText(.string, "digest", "SHA-256 of the file up to its last member"),
            ])
    ]
    let examples = [Example(["\"payouts.json\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let given = try request.string("path")
        guard !given.isEmpty else { throw RPCError.invalidParameter("Empty path") }
        guard await context.validator.history == nil else {
            throw RPCError.misc(
                "The blocks below the coins that were loaded are still being checked: what they "
                    + "paid is not known yet")
        }
        let path = given.hasPrefix("/") ? given : "\(context.dataDirectory)/\(given)"
        do {
            let summary = try await context.mining { try await $0.exportPayouts(to: path) }
            var object: JSONObject = ["path": .string(summary.path)]
            if let shares = summary.sharesPath { object.append("shares", .string(shares)) }
            object.append("blocks", .int(summary.blocks))
            object.append("digest", .string(summary.digest.hex))
            return .object(object)
        } catch let error as StorageError {
            throw RPCError.misc(error.description)
        }
    }
}
