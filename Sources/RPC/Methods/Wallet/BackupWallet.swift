import Notation
import Wallets

struct BackupWallet: RPCMethod {
    let name = "backupwallet"
    let summary =
        "Safely copies the current wallet file to the specified destination, which can either be a "
        + "directory or a path with a filename.\n"
    let parameters: [Parameter] = [
        Parameter("destination", .string, "The destination directory or file")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        do {
            try await wallet.backUp(to: request.string("destination"))
        } catch {
            throw RPCError.wallet("Error: Wallet backup failed! \(error)")
        }
        return .null
    }
}
