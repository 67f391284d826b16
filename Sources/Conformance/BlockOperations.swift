import Consensus
import Cryptography
import Genesis
import Notation
import Primitives

extension ConformanceTool {
    /// Judges a transaction by what needs nothing else.
    func checkTransaction(_ request: Request) throws(RequestError) -> JSON {
        let transaction = try request.transaction()
        do {
            try transaction.check()
        } catch {
            return .fails(error.rejectReason)
        }
        return .passes([
            "txid": .string(transaction.txid.displayHex),
            "wtxid": .string(transaction.wtxid.displayHex),
            "weight": .int(transaction.weight.units),
        ])
    }

    /// Judges a block by what needs nothing but it. `proof_of_work` and `merkle_root` may be false,
    /// which leaves them out.
    func checkBlock(_ request: Request, in network: Network) throws(RequestError) -> JSON {
        let block = try request.block()
        do {
            try block.check(
                in: network,
                proofOfWork: request.has("proof_of_work")
                    ? try request.flag("proof_of_work") : true,
                merkleRoot: request.has("merkle_root") ? try request.flag("merkle_root") : true)
            return .passes
        } catch let error as BlockError {
            return .fails(error.rejectReason)
        } catch let error as RequestError {
            throw error
        } catch {
            throw RequestError("\(error)")
        }
    }

    /// Judges a block: by itself, in what is told of its chain, and by the coins it spends.
    func verifyBlock(_ request: Request, in network: Network) throws(RequestError) -> JSON {
        let block = try request.block()
        let height = try request.integer("height")
        guard height > 0, height < 0x7FFF_FFFF else {
            throw RequestError("height is not that of a block after the first")
        }
        var trial = BlockTrial(block: block, height: height, network: network)
        if request.has("context") {
            trial.context = try HeaderContext(request, in: network)
        }
        do {
            try trial.judgeAlone()
            let coins = try SpentCoins(request, of: block)
            let connection = try trial.connect(coins)
            var answer: JSONObject = [
                "fees": .int(connection.fees.satoshis),
                "sigops": .int(connection.sigOpCost),
                "filter": .string(
                    Hex.encode(BlockFilter(of: block, spentScripts: coins.scripts).bytes)),
            ]
            if !trial.skipped.isEmpty {
                answer["skipped"] = .array(trial.skipped.map(JSON.string))
            }
            return .passes(answer)
        } catch let error as BlockError {
            return .fails(error.rejectReason)
        } catch let error as RequestError {
            throw error
        } catch {
            throw RequestError("\(error)")
        }
    }
}

extension Request {
    fileprivate func block() throws(RequestError) -> Block {
        let bytes = try bytes("block")
        do {
            return try Block(decoding: bytes)
        } catch {
            throw RequestError("block does not decode: \(error)")
        }
    }
}

/// A block on trial with what is known about it.
private struct BlockTrial {
    let block: Block
    let height: Int
    let network: Network
    var context: HeaderContext?

    /// The rules that were left out because what they need was not given.
    var skipped: [String] = []

    init(block: Block, height: Int, network: Network) {
        self.block = block
        self.height = height
        self.network = network
    }

    /// All that is looked at before the coins.
    mutating func judgeAlone() throws(BlockError) {
        if let context {
            do throws(HeaderError) {
                try block.header.check(hash: block.hash, in: network)
                try context.index.check(
                    block.header, onto: context.parent, in: network, at: Int64(block.header.time))
            } catch {
                throw .header(error)
            }
        } else {
            skipped += ["bits", "time", "version", "locktime"]
        }
        try block.check(in: network)
        let place = context ?? contextOfHeightAlone
        try block.accept(onto: place.parent, of: place.index, in: network)
    }

    /// A parent of which only the height is known: all of its chain's times lie just before the
    /// block's, so that no time holds the block up.
    private var contextOfHeightAlone: HeaderContext {
        let time = block.header.time == 0 ? 0 : block.header.time - 1
        return HeaderContext(
            height: height - 1, times: [time], bits: block.header.bits, periodTime: nil,
            periodBits: block.header.bits, chainWork: .zero, interval: 1)
    }

    mutating func connect(_ coins: SpentCoins) throws(BlockError) -> BlockConnection {
        let knowsLocks = context != nil && coins.areComplete
        if !knowsLocks { skipped.append("sequence locks") }
        let enforcesLocks = knowsLocks && network.consensus.isActive(.csv, at: height)
        let medianTimePast = context.map { $0.index.medianTimePast(of: $0.parent) } ?? 0
        // The block's own coins come after its parent, whose median time nobody need tell.
        let medianTimes = coins.medianTimes.merging([height - 1: medianTimePast]) { _, own in own }
        let connection = try block.connect(
            at: height, in: network, spending: coins.coins
        ) { [height] transaction, spent in
            guard enforcesLocks else { return true }
            return transaction.sequenceLock(coinHeights: spent.map(\.height)) { height in
                medianTimes[height] ?? 0
            }.isOpen(height: height, medianTimePast: medianTimePast)
        }
        for check in connection.checks {
            do throws(ScriptFailure) {
                try check.run()
            } catch {
                throw .script(error)
            }
        }
        return connection
    }
}

/// The coins that a request says a block spends.
private struct SpentCoins {
    var coins: [Coin?] = []

    /// The median time past before the block that made a coin, by the height of that block's parent.
    var medianTimes: [Int: Int64] = [:]

    /// Whether each coin came with its height and median time past.
    var areComplete = true

    var scripts: some Sequence<Script> { coins.lazy.compactMap { $0?.output.script } }

    init(_ request: Request, of block: Block) throws(RequestError) {
        let rows = try request.array("spent")
        let transactions = block.transactions.dropFirst()
        guard rows.count == transactions.count else {
            throw RequestError(
                "spent names \(rows.count) transactions, the block \(transactions.count)")
        }
        for (row, transaction) in zip(rows, transactions) {
            guard let pair = row.array, pair.count == 2, let items = pair[1].array,
                pair[0].stringValue == transaction.txid.displayHex,
                items.count == transaction.inputs.count
            else { throw RequestError("spent does not name the inputs of \(transaction.txid)") }
            // Null stands for a coin that is not there before the block.
            for item in items { coins.append(item.isNull ? nil : try coin(item)) }
        }
    }

    /// `[value, script, height?, isCoinbase?, median time past?]`
    private mutating func coin(_ item: JSON) throws(RequestError) -> Coin {
        guard let fields = item.array, (2...5).contains(fields.count), let value = fields[0].int
        else {
            throw RequestError("spent holds something other than a coin")
        }
        let output = TransactionOutput(
            value: Amount(satoshis: value), script: Script(try Request.bytes(fields[1], "spent")))
        let height = fields.count > 2 ? Int(clamping: fields[2].int ?? 0) : 0
        if fields.count > 4, let time = fields[4].int {
            medianTimes[max(height - 1, 0)] = time
        } else {
            areComplete = false
        }
        return Coin(
            output: output, height: height,
            isCoinbase: fields.count > 3 && fields[3].bool == true)
    }
}
