import Chain
import Cryptography
import Networking
import Notation
import Primitives
import Storage

struct LoadTxOutSet: RPCMethod {
    let name = "loadtxoutset"
    let summary = """
        Load the serialized UTXO set from a file.
        Once this snapshot is loaded, its contents will be deserialized into a second chainstate data structure, which is then used to sync to the network's tip. Meanwhile, the original chainstate will complete the initial block download process in the background, eventually validating up to the block that the snapshot is based upon.

        The result is a usable node that is current with the network tip in a matter of minutes rather than hours. UTXO snapshot are typically obtained from third-party sources (HTTP, torrent, etc.) which is reasonable since their contents are always checked by hash.

        The hash must be one that the network's definition pins, or one given by -assumeutxo. Where the file <path>.payouts stands beside it, the payout ledger is taken from there.
        """
    let parameters = [
        Parameter(
            "path", .string,
            "path to the snapshot file. If relative, will be prefixed by datadir.")
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .number, "coins_loaded", "the number of coins loaded from the snapshot"),
                ResultText(.hex, "tip_hash", "the hash of the base of the snapshot"),
                ResultText(.number, "base_height", "the height of the base of the snapshot"),
                ResultText(
                    .string, "path", "the absolute path that the snapshot was loaded from"),
                ResultText(
                    .string, "payouts",
                    "the file of the payout ledger as of the base (only where there is one)",
                    optional: true),
            ])
    ]
    let examples: [Example] = [
        .shell(["utxo.dat"], method: "-rpcclienttimeout=0 loadtxoutset")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let given = try request.string("path")
        let path = given.hasPrefix("/") ? given : "\(context.dataDirectory)/\(given)"
        let validator = context.validator
        let load: CoinLoad
        do {
            load = try await context.endingAtStop { try await validator.loadCoins(from: path) }
        } catch let error as CoinLoadError {
            throw answer(to: error, path)
        }
        // Peers are to know that old blocks are not to be had here.
        await context.network?.followChain()
        var object: JSONObject = [
            "coins_loaded": .int(Int(clamping: load.coinCount)),
            "tip_hash": .string(load.base.displayHex), "base_height": .int(load.height),
            "path": .string(path),
        ]
        if let ledger = load.ledgerPath { object.append("payouts", .string(ledger)) }
        return .object(object)
    }

    private func answer(to error: CoinLoadError, _ path: String) -> RPCError {
        switch error {
        case .cannotOpen: .invalidParameter("Couldn't open file \(path) for reading.")
        case .unreadable(let reason): .deserialization("Unable to parse metadata: \(reason)")
        case .refused(let reason):
            RPCError(code: .internal, "Unable to load UTXO snapshot: \(reason). (\(path))")
        case .storage(let error): .misc(error.description)
        }
    }
}
