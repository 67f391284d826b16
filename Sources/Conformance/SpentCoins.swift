import Consensus
import Cryptography
import Notation
import Primitives
import Scripting

/// The coins that a request says a block spends.
struct SpentCoins {
    /// One for each input, nil where there is none before the block.
    private(set) var coins: [Coin?] = []

    /// The median time past before the block that made a coin, by the height of that block's parent.
    private(set) var medianTimes: [Int: Int64] = [:]

    /// Whether each coin came with its height and median time past.
    private(set) var areComplete = true

    /// Whether each coin came with its height and whether a coinbase made it.
    private(set) var areDated = true

    init(_ request: Request, of block: Block, at height: Int) throws(RequestError) {
        let rows = try request.array("spent")
        let transactions = block.transactions.dropFirst()
        guard rows.count == transactions.count else {
            throw RequestError(
                "spent names \(rows.count) transactions, the block \(transactions.count)")
        }
        let makers = Dictionary(
            block.transactions.enumerated().map { ($1.txid, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        for (number, (row, transaction)) in zip(1..., zip(rows, transactions)) {
            guard let pair = row.array, pair.count == 2, let items = pair[1].array,
                pair[0].stringValue == transaction.txid.displayHex,
                items.count == transaction.inputs.count
            else { throw RequestError("spent does not name the inputs of \(transaction.txid)") }
            for (item, input) in zip(items, transaction.inputs) {
                let told = item.isNull ? nil : try ToldCoin(item)
                guard let maker = makers[input.outPoint.txid] else {
                    add(told)
                    continue
                }
                // To be told of a coin that the block makes does not make it be there any sooner.
                let outputs = block.transactions[maker].outputs
                let isThere =
                    maker < number && input.outPoint.index < outputs.count
                    && !outputs[Int(input.outPoint.index)].script.isUnspendable
                coins.append(
                    isThere
                        ? told.map {
                            Coin(output: $0.output, height: height, isCoinbase: maker == 0)
                        } : nil)
            }
        }
    }

    private mutating func add(_ told: ToldCoin?) {
        guard let told else {
            coins.append(nil)
            return
        }
        let height = told.height ?? 0
        if let time = told.medianTimePast {
            medianTimes[max(height - 1, 0)] = Int64(time)
        } else {
            areComplete = false
        }
        if told.height == nil || told.isCoinbase == nil { areDated = false }
        coins.append(
            Coin(output: told.output, height: height, isCoinbase: told.isCoinbase ?? false))
    }
}

/// A coin as a request tells of it: `[value, script, height?, isCoinbase?, median time past?]`.
private struct ToldCoin {
    let output: TransactionOutput
    let height: Int?
    let isCoinbase: Bool?
    let medianTimePast: Int?

    init(_ item: JSON) throws(RequestError) {
        guard let fields = item.array, (2...5).contains(fields.count), let value = fields[0].int
        else {
            throw RequestError("spent holds something other than a coin")
        }
        output = TransactionOutput(
            value: Amount(satoshis: value), script: Script(try Request.bytes(fields[1], "spent")))
        height = fields.count > 2 ? try Self.number(fields[2], upTo: 0x7FFF_FFFF) : nil
        isCoinbase = fields.count > 3 ? fields[3].bool : nil
        medianTimePast = fields.count > 4 ? try Self.number(fields[4], upTo: 0xFFFF_FFFF) : nil
    }

    /// Within bounds, so that adding and taking away cannot overflow.
    private static func number(_ json: JSON, upTo limit: Int) throws(RequestError) -> Int? {
        guard let number = json.int else { return nil }
        guard let number = Int(exactly: number), (0...limit).contains(number) else {
            throw RequestError("spent holds a height or time that no block has")
        }
        return number
    }
}
