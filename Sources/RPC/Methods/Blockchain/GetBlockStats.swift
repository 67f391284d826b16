import Chain
import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting

struct GetBlockStats: RPCMethod {
    let name = "getblockstats"
    let summary = """
        Compute per block statistics for a given window. All amounts are in satoshis.
        It won't work for some heights with pruning.
        """
    let parameters = [
        Parameter.hashOrHeight(.required, "The block hash or height of the target block"),
        Parameter(
            "stats", .array, hint: "all values", "Values to plot (see result below)",
            inner: [
                Parameter("height", .string, .omitted, "Selected statistic"),
                Parameter("time", .string, .omitted, "Selected statistic"),
            ]
        ).shown(as: "stats"),
    ]
    let examples = [
        Example([
            "\"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09\"",
            "[\"minfeerate\",\"avgfeerate\"]",
        ]),
        Example(["1000", "[\"minfeerate\",\"avgfeerate\"]"]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let info = try await context.block(hashOrHeight: request["hash_or_height"])
        let selected = try request.optionalArray("stats")?.map { try $0.asString() } ?? []
        let block = try await context.storedBlock(info)
        let undo = try await context.storedUndo(info)
        var statistics = BlockStatistics(isGenesis: info.height == 0, info.hash)
        statistics.add(block, undo)
        let all = statistics.object(
            info, block, subsidy: context.definition.consensus.subsidy(at: info.height))
        guard !selected.isEmpty else { return .object(all) }
        var object = JSONObject()
        for name in Set(selected).sorted() {
            guard let value = all[name] else {
                throw RPCError.invalidParameter("Invalid selected statistic '\(name)'")
            }
            object.append(name, value)
        }
        return .object(object)
    }
}

/// Counts what one block holds.
private struct BlockStatistics {
    /// What a coin takes beside its output: its point, and its height with the coinbase flag.
    private static let coinOverhead = 36 + 4

    private let keepsCoinbaseOut: Bool
    private let isGenesis: Bool
    private var fees: [Int64] = []
    private var rates: [(rate: Int64, weight: Int64)] = []
    private var sizes: [Int64] = []
    private var inputs = 0
    private var outputs = 0
    private var coins = 0
    private var totalOut: Int64 = 0
    private var totalWeight: Int64 = 0
    private var witnessCount = 0
    private var witnessSize: Int64 = 0
    private var witnessWeight: Int64 = 0
    private var growth: Int64 = 0
    private var actualGrowth: Int64 = 0

    init(isGenesis: Bool, _ hash: BlockHash) {
        self.isGenesis = isGenesis
        keepsCoinbaseOut = Self.repeatedCoinbases.contains(hash.displayHex)
    }

    /// The two blocks whose coinbase repeats an earlier one, so that it made no new coin (BIP30).
    private static let repeatedCoinbases: Set = [
        "00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec",
        "00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721",
    ]

    mutating func add(_ block: Block, _ undo: [[Coin]]) {
        for (index, transaction) in block.transactions.enumerated() {
            let paidOut = addOutputs(of: transaction)
            guard !transaction.isCoinbase else { continue }
            totalOut &+= paidOut
            inputs += transaction.inputs.count
            let size = Int64(transaction.totalSize)
            let weight = Int64(transaction.weight.units)
            sizes.append(size)
            totalWeight += weight
            if transaction.hasWitness {
                witnessCount += 1
                witnessSize += size
                witnessWeight += weight
            }
            guard undo.indices.contains(index - 1) else { continue }
            var paidIn: Int64 = 0
            for coin in undo[index - 1] {
                paidIn &+= coin.output.value.satoshis
                let size = Int64(coin.output.serializedSize + Self.coinOverhead)
                growth -= size
                actualGrowth -= size
            }
            let fee = paidIn &- paidOut
            fees.append(fee)
            rates.append((weight > 0 ? fee &* 4 / weight : 0, weight))
        }
    }

    private mutating func addOutputs(of transaction: Transaction) -> Int64 {
        var total: Int64 = 0
        outputs += transaction.outputs.count
        for output in transaction.outputs {
            total &+= output.value.satoshis
            let size = Int64(output.serializedSize + Self.coinOverhead)
            growth += size
            guard !isGenesis, !(keepsCoinbaseOut && transaction.isCoinbase),
                !output.script.isUnspendable
            else { continue }
            coins += 1
            actualGrowth += size
        }
        return total
    }

    func object(_ info: BlockInfo, _ block: Block, subsidy: Amount) -> JSONObject {
        let count = Int64(sizes.count)
        let totalFee = fees.reduce(0, &+)
        let totalSize = sizes.reduce(0, +)
        return [
            "avgfee": .int(count > 0 ? totalFee / count : 0),
            "avgfeerate": .int(totalWeight > 0 ? totalFee &* 4 / totalWeight : 0),
            "avgtxsize": .int(count > 0 ? totalSize / count : 0),
            "blockhash": .string(info.hash.displayHex),
            "feerate_percentiles": .array(percentiles.map { .int($0) }),
            "height": .int(info.height), "ins": .int(inputs),
            "maxfee": .int(max(0, fees.max() ?? 0)),
            "maxfeerate": .int(max(0, rates.map(\.rate).max() ?? 0)),
            "maxtxsize": .int(sizes.max() ?? 0), "medianfee": .int(Self.median(fees)),
            "mediantime": .int(info.medianTimePast), "mediantxsize": .int(Self.median(sizes)),
            "minfee": .int(fees.min() ?? 0), "minfeerate": .int(rates.map(\.rate).min() ?? 0),
            "mintxsize": .int(sizes.min() ?? 0), "outs": .int(outputs),
            "subsidy": .int(subsidy.satoshis), "swtotal_size": .int(witnessSize),
            "swtotal_weight": .int(witnessWeight), "swtxs": .int(witnessCount),
            "time": .int(info.header.time), "total_out": .int(totalOut),
            "total_size": .int(totalSize), "total_weight": .int(totalWeight),
            "totalfee": .int(totalFee), "txs": .int(block.transactions.count),
            "utxo_increase": .int(outputs - inputs), "utxo_size_inc": .int(growth),
            "utxo_increase_actual": .int(coins - inputs),
            "utxo_size_inc_actual": .int(actualGrowth),
        ]
    }

    private static func median(_ values: [Int64]) -> Int64 {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 0
            ? (sorted[middle - 1] &+ sorted[middle]) / 2 : sorted[middle]
    }

    /// The rates below which a tenth, a quarter, half, three quarters and nine tenths of the
    /// weight lie.
    private var percentiles: [Int64] {
        let total = Double(totalWeight)
        let bounds = [total / 10, total / 4, total / 2, total * 3 / 4, total * 9 / 10]
        var result: [Int64] = []
        var weight: Int64 = 0
        for (rate, itsWeight) in rates.sorted(by: { ($0.rate, $0.weight) < ($1.rate, $1.weight) }) {
            weight += itsWeight
            while result.count < bounds.count, Double(weight) >= bounds[result.count] {
                result.append(rate)
            }
        }
        let last = rates.map(\.rate).max() ?? 0
        return result + repeatElement(last, count: bounds.count - result.count)
    }
}
