import Chain
import Consensus
import Cryptography
import Indexes
import Keys
import Notation
import Primitives

/// What calls about an address have in common: the scripts that are meant, and the index.
struct AddressQuery: Sendable {
    let index: AddressIndex
    /// Each once, in the order of their bytes.
    let scripts: [Script]

    static let parameter = Parameter(
        "address", .string,
        "An address, or an output descriptor; of a ranged one the indexes 0 to 1000 count")

    /// Reads the argument, and has the index read on to the tip.
    init(_ request: RPCRequest, _ context: RPCContext) async throws {
        guard let index = context.addressIndex else {
            throw RPCError.misc("Address index is not enabled (-addressindex)")
        }
        let text = try request.string("address")
        if text.contains("(") {
            let named = try await ScanScripts([.string(text)], on: context.definition)
            scripts = named.scripts.sorted {
                $0.bytes.lexicographicallyPrecedes($1.bytes)
            }
        } else {
            do {
                scripts = [try Address(text, network: context.definition).script]
            } catch {
                throw RPCError.invalidAddressOrKey("Invalid address")
            }
        }
        guard try await index.caughtUp() else {
            let height = await index.progress.height
            throw RPCError.misc(
                "Address index is still being built. Current height: \(height)")
        }
        self.index = index
    }

    /// What transactions of the mempool do to the scripts, in the order to mine them.
    func pending(_ context: RPCContext) async throws -> [Pending] {
        let wanted = Set(scripts)
        return try await context.validator.mempoolSpends().compactMap { spend -> Pending? in
            var pending = Pending(transaction: spend.transaction)
            for (index, output) in zip(spend.transaction.inputs.indices, spend.spent) {
                guard let output, wanted.contains(output.script) else { continue }
                pending.spent += output.value
                pending.spentPoints.append(spend.transaction.outPoint(at: index))
            }
            for (index, output) in spend.transaction.outputs.enumerated()
            where wanted.contains(output.script) {
                pending.received += output.value
                pending.made.append((index, output))
            }
            return pending.spentPoints.isEmpty && pending.made.isEmpty ? nil : pending
        }
    }

    /// What one transaction of the mempool does to the scripts.
    struct Pending: Sendable {
        var transaction: Transaction
        var received = Amount.zero
        var spent = Amount.zero
        var made: [(index: Int, output: TransactionOutput)] = []
        var spentPoints: [OutPoint] = []

        init(transaction: Transaction) { self.transaction = transaction }
    }
}
