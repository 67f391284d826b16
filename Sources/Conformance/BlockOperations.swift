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
            let context = try HeaderContext(request, in: network)
            guard context.index.height(of: context.parent) == height - 1 else {
                throw RequestError("height is not the one after prev_height")
            }
            trial.context = context
        }
        do {
            try trial.judgeAlone()
            let coins = try SpentCoins(request, of: block, at: height)
            let connection = try trial.connect(coins)
            var answer: JSONObject = [
                "fees": .int(connection.fees.satoshis),
                "sigops": .int(connection.sigOpCost),
                "filter": .string(
                    Hex.encode(
                        BlockFilter(
                            of: block, spentScripts: connection.spent.lazy.map { $0.output.script }
                        ).bytes)),
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

    /// All that is looked at before the coins, in the order of a node: the block by itself, then its
    /// header in context, then the block in context.
    mutating func judgeAlone() throws(BlockError) {
        try block.check(in: network)
        if let context {
            do throws(HeaderError) {
                try context.index.check(
                    block.header, onto: context.parent, in: network, at: Int64(block.header.time))
            } catch {
                throw .header(error)
            }
        } else {
            skipped += ["bits", "time", "version", "locktime"]
        }
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
        let place = context ?? contextOfHeightAlone
        // Of the block by which BIP34 is known to hold nothing is told: it is taken to be there.
        let rules = network.consensus
        let isAfterBIP34 =
            rules.bip34Hash != nil && height > rules.bip34Height && height < BlockIndex.bip34Limit
        if !isAfterBIP34, place.index.enforcesBIP30(block.hash, onto: place.parent, in: network) {
            // It is not told which coins there are beside those that are spent.
            skipped.append("BIP30")
        }
        if !coins.areDated { skipped.append("maturity") }
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
