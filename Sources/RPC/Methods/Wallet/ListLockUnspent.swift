import Cryptography
import Notation
import Primitives
import Wallets

struct ListLockUnspent: RPCMethod {
    let name = "listlockunspent"
    let summary =
        "Returns list of temporarily unspendable outputs.\n"
        + "See the lockunspent call to lock and unlock transactions for spending.\n"
    let parameters: [Parameter] = [

    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        return .array(
            await wallet.lockedCoins.map {
                ["txid": .string($0.txid.displayHex), "vout": .int($0.index)]
            })
    }
}
