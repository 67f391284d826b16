import Chain
import Notation

/// Returns once everything handed in before has been dealt with: here that is at once, since the
/// validator answers one after the other.
struct SyncWithValidationInterfaceQueue: RPCMethod {
    let name = "syncwithvalidationinterfacequeue"
    let summary =
        "Waits for the validation interface queue to catch up on everything that was there when we entered this function.\n"
    let results = [ResultText(.null)]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        _ = await context.validator.bestHeader
        return .null
    }
}
