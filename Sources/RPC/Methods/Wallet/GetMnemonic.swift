import Keys
import Notation
import Wallets

struct GetMnemonic: RPCMethod {
    let name = "getmnemonic"
    let summary =
        "Returns the words (BIP39) from which all keys of the wallet grow.\n"
        + "Whoever reads them owns the coins: write them down, and show them to no one.\n"
    let parameters: [Parameter] = [

    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        guard let mnemonic = try await wallet.mnemonic() else {
            throw RPCError.wallet("Error: This wallet has no seed")
        }
        return .string(mnemonic.phrase)
    }
}
