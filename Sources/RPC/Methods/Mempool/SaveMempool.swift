import Chain
import Notation
import Storage

struct SaveMempool: RPCMethod {
    let name = "savemempool"
    let summary =
        "Dumps the mempool to disk. It will fail until the previous dump is fully loaded.\n"
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .string, "filename", "the directory and file where the mempool was saved")
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        do throws(StorageError) {
            return ["filename": .string(try await context.validator.saveMempool())]
        } catch {
            context.report("Mempool not saved: \(error)")
            throw RPCError.misc("Unable to dump mempool to disk")
        }
    }
}
