import Cryptography
import Notation
import Primitives
import Wallets

struct LockUnspent: RPCMethod {
    let name = "lockunspent"
    let summary =
        "Updates list of temporarily unspendable outputs.\n"
        + "Temporarily lock (unlock=false) or unlock (unlock=true) specified transaction outputs.\n"
        + "If no transaction outputs are specified when unlocking then all current locked transaction "
        + "outputs are unlocked.\nA locked transaction output will not be chosen by automatic coin "
        + "selection, when spending bitcoins.\nManually selected coins are automatically unlocked.\n"
        + "Locks are stored in memory only, unless persistent=true, in which case they will be "
        + "written to the\nwallet database and loaded on node start. Unwritten (persistent=false) "
        + "locks are always cleared\n(by virtue of process exit) when a node stops or fails. "
        + "Unlocking will clear both persistent and not.\nAlso see the listunspent call\n"
    let parameters: [Parameter] = [
        Parameter(
            "unlock", .bool,
            "Whether to unlock (true) or lock (false) the specified transactions"),
        Parameter(
            "transactions", .array, .omitted,
            "The transaction outputs and within each, the txid (string) vout (numeric).",
            inner: [
                Parameter(
                    "", .object, .omitted, "",
                    inner: [
                        Parameter("txid", .hex, "The transaction id"),
                        Parameter("vout", .number, "The output number"),
                    ])
            ]),
        Parameter(
            "persistent", .bool, default: false,
            "Whether to write/erase this lock in the wallet database, or keep the change in memory "
                + "only. Ignored for unlocking."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        try await wallet.catchUp()
        let unlocks = try request.bool("unlock")
        let isKept = try request.bool("persistent")
        guard let list = try request.optionalArray("transactions") else {
            if unlocks { try await wallet.unlock(nil) }
            return true
        }
        var points: [OutPoint] = []
        for item in list {
            let point = try Self.point(item.asObject())
            guard let output = await wallet.knownOutput(point) else {
                throw RPCError.invalidParameter("Invalid parameter, unknown transaction")
            }
            guard output.exists else {
                throw RPCError.invalidParameter("Invalid parameter, vout index out of bounds")
            }
            guard !output.isSpent else {
                throw RPCError.invalidParameter("Invalid parameter, expected unspent output")
            }
            let isLocked = await wallet.isLocked(point)
            guard isLocked || !unlocks else {
                throw RPCError.invalidParameter("Invalid parameter, expected locked output")
            }
            guard !isLocked || unlocks || isKept else {
                throw RPCError.invalidParameter("Invalid parameter, output already locked")
            }
            points.append(point)
        }
        if unlocks {
            try await wallet.unlock(points)
        } else {
            try await wallet.lock(points, isKept: isKept)
        }
        return true
    }

    private static func point(_ object: JSONObject) throws -> OutPoint {
        try object.check(["txid": .string, "vout": .number])
        let txid = try (object["txid"] ?? .null).asHash("txid")
        let index = try (object["vout"] ?? .null).asInt()
        guard index >= 0 else {
            throw RPCError.invalidParameter("Invalid parameter, vout cannot be negative")
        }
        return OutPoint(txid: txid, index: UInt32(index))
    }
}
