import Cryptography
import Keys
import Notation
import Primitives
import Wallets

struct ListUnspent: RPCMethod {
    let name = "listunspent"
    let summary =
        "Returns array of unspent transaction outputs\n"
        + "with between minconf and maxconf (inclusive) confirmations.\n"
        + "Optionally filter to only include txouts paid to specified addresses.\n"
    let parameters: [Parameter] = [
        Parameter("minconf", .number, default: 1, "The minimum confirmations to filter"),
        Parameter(
            "maxconf", .number, default: 9_999_999, "The maximum confirmations to filter"),
        Parameter(
            "addresses", .array, default: [], "The bitcoin addresses to filter",
            inner: [Parameter("address", .string, .omitted, "bitcoin address")]),
        Parameter(
            "include_unsafe", .bool, default: true,
            "Include outputs that are not safe to spend\n"
                + "See description of \"safe\" attribute below."),
        Parameter(
            "query_options", .namedOptions, .omitted, "",
            inner: [
                Parameter(
                    "minimumAmount", .amount, default: "0.00",
                    "Minimum value of each UTXO in BTC"),
                Parameter(
                    "maximumAmount", .amount, hint: "unlimited",
                    "Maximum value of each UTXO in BTC"),
                Parameter(
                    "maximumCount", .number, hint: "unlimited", "Maximum number of UTXOs"),
                Parameter(
                    "minimumSumAmount", .amount, hint: "unlimited",
                    "Minimum sum value of all UTXOs in BTC"),
                Parameter(
                    "include_immature_coinbase", .bool, default: false,
                    "Include immature coinbase UTXOs"),
            ]
        ).shown(as: "query_options"),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let (least, most) = (try request.int("minconf"), try request.int("maxconf"))
        var wanted: Set<Address> = []
        for item in try request.array("addresses") {
            let text = try item.asString()
            let address = try context.address(text, "Invalid Bitcoin address: \(text)")
            guard wanted.insert(address).inserted else {
                throw RPCError.invalidParameter(
                    "Invalid parameter, duplicated address: \(text)")
            }
        }
        let limits = try Limits(request.optionalObject("query_options") ?? JSONObject())
        guard least <= most else { return [] }
        let coins = try await wallet.unspent(
            depths: least...most, includingUnsafe: request.bool("include_unsafe"),
            includingImmature: limits.includesImmature)
        return .array(
            limits.apply(to: coins)
                .filter { wanted.isEmpty || $0.address.map(wanted.contains) ?? false }
                .map { Self.entry($0, context) })
    }

    private static func entry(_ coin: CoinView, _ context: RPCContext) -> JSON {
        var entry: JSONObject = [
            "txid": .string(coin.point.txid.displayHex), "vout": .int(coin.point.index),
        ]
        if let address = coin.address {
            entry.append("address", .string(address.text(on: context.definition)))
            if let label = coin.label { entry.append("label", .string(label)) }
            appendScripts(of: address, coin.provider, to: &entry)
        }
        entry.append("scriptPubKey", .hex(coin.output.script.bytes))
        entry.append("amount", .amount(coin.output.value.satoshis))
        entry.append("confirmations", .int(coin.depth))
        entry.append("spendable", true)
        entry.append("solvable", .bool(coin.isSolvable))
        if let descriptor = coin.descriptor { entry.append("desc", .string(descriptor)) }
        entry.append("parent_descs", .array(coin.parentDescriptors.map(JSON.string)))
        entry.append("safe", .bool(coin.isSafe))
        return .object(entry)
    }

    /// The scripts that spending will have to show.
    private static func appendScripts(
        of address: Address, _ provider: SigningProvider, to entry: inout JSONObject
    ) {
        switch address {
        case .scriptHash(let hash):
            guard let script = provider.scripts[hash] else { return }
            entry.append("redeemScript", .hex(script.bytes))
            if let inner = Address(script), case .witnessScriptHash = inner {
                appendScripts(of: inner, provider, to: &entry)
            }
        case .witnessScriptHash(let hash):
            guard let script = provider.scripts[RIPEMD160.hash(hash.bytes.span)] else { return }
            entry.append("witnessScript", .hex(script.bytes))
        default: break
        }
    }
}

/// Which coins to list.
private struct Limits {
    var least: Int64 = 0
    var most = Int64.max
    var leastSum = Int64.max
    var count = Int.max
    var includesImmature = false

    init(_ options: JSONObject) throws {
        try options.check(
            [
                "minimumAmount": .any, "maximumAmount": .any, "minimumSumAmount": .any,
                "maximumCount": .number, "include_immature_coinbase": .bool,
            ], allowsNull: true, isStrict: true)
        if let value = options["minimumAmount"] { least = try value.asAmount() }
        if let value = options["maximumAmount"] { most = try value.asAmount() }
        if let value = options["minimumSumAmount"] { leastSum = try value.asAmount() }
        if let value = options["maximumCount"] {
            count = Int(try value.asInt64())
            if count == 0 { count = .max }
        }
        includesImmature = try options["include_immature_coinbase"]?.asBool() ?? false
    }

    func apply(to coins: [CoinView]) -> [CoinView] {
        var sum: Int64 = 0
        var chosen: [CoinView] = []
        for coin in coins where (least...max(least, most)).contains(coin.output.value.satoshis) {
            guard chosen.count < count, sum < leastSum else { break }
            chosen.append(coin)
            sum += coin.output.value.satoshis
        }
        return chosen
    }
}
