import Chain
import Consensus
import Cryptography
import Genesis
import Indexes
import MemoryPool
import Primitives
import Storage
import TestSupport
import Testing

/// A clock that stands still.
private struct StoppedClock: NodeClock {
    var time: Int64
    func now() -> Int64 { time }
    func monotonic() -> Duration { .seconds(time) }
}

/// A chain in a folder, what makes blocks for it, and indexes over it.
struct IndexedChain {
    let folder: TemporaryFolder
    let builder = ChainBuilder(.regtest)
    let validator: Validator

    init(
        in folder: TemporaryFolder = TemporaryFolder(), fault: WriteFault = .none,
        _ configure: (inout Validator.Configuration) -> Void = { _ in }
    ) async throws {
        let network = Network.regtest
        self.folder = folder
        var configuration = Validator.Configuration(network: network, directory: folder.path)
        configuration.databaseCacheBytes = 8 << 20
        configuration.hidesBlockFiles = false
        configuration.writeFault = fault
        configuration.mempool.requiresStandard = false
        configure(&configuration)
        let time = Int64(network.genesis.header.time) + 1_000_000
        validator = try await Validator.open(configuration, clock: StoppedClock(time: time))
    }

    func filters(isAnew: Bool = false, fault: WriteFault = .none) throws -> BlockFilterIndex {
        try BlockFilterIndex(
            directory: folder.path, validator: validator, isAnew: isAnew, fault: fault)
    }

    func coins(isAnew: Bool = false, fault: WriteFault = .none) throws -> CoinStatisticsIndex {
        try CoinStatisticsIndex(
            directory: folder.path, validator: validator, isAnew: isAnew, fault: fault)
    }

    func addresses(isAnew: Bool = false, fault: WriteFault = .none) throws -> AddressIndex {
        try AddressIndex(
            directory: folder.path, validator: validator, isAnew: isAnew, fault: fault)
    }

    /// Compares the index with what a walk through all blocks of the active chain gives.
    func expectAddresses(
        _ index: AddressIndex, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await index.caughtUp(), sourceLocation: sourceLocation)
        let tip = validator.tip.height
        var made: [OutPoint: AddressCoin] = [:]
        var owners: [OutPoint: Script] = [:]
        var events: [Script: [AddressEvent]] = [:]
        for height in 1...max(tip, 1) {
            let hash = try #require(await validator.hash(height: height))
            let block = try #require(try await validator.block(hash))
            for (number, transaction) in block.transactions.enumerated() {
                let txid = transaction.txid
                var sums: [Script: (received: Int64, spent: Int64)] = [:]
                for (index, output) in transaction.outputs.enumerated()
                where output.script.bytes.first != 0x6A {
                    let point = OutPoint(txid: txid, index: UInt32(index))
                    made[point] = AddressCoin(
                        point: point, value: output.value, height: height, isCoinbase: number == 0)
                    owners[point] = output.script
                    sums[output.script, default: (0, 0)].received += output.value.satoshis
                }
                for input in transaction.inputs where number > 0 {
                    let removed = made.removeValue(forKey: input.outPoint)
                    let coin = try #require(removed)
                    let owner = try #require(owners[input.outPoint])
                    sums[owner, default: (0, 0)].spent += coin.value.satoshis
                }
                for (script, sum) in sums {
                    events[script, default: []].append(
                        AddressEvent(
                            height: height, number: number, txid: txid,
                            received: Amount(satoshis: sum.received),
                            spent: Amount(satoshis: sum.spent)))
                }
            }
        }
        for (script, expected) in events {
            let history = try await index.history(of: script, in: 0...tip, limit: .max)
            #expect(history == expected, sourceLocation: sourceLocation)
            let coins = try await index.coins(of: script)
            let owned = Set(made.values.filter { owners[$0.point] == script })
            #expect(
                Set(coins) == owned && coins.count == owned.count, sourceLocation: sourceLocation)
            let totals = try await index.totals(of: script)
            #expect(totals.count == expected.count, sourceLocation: sourceLocation)
            let worth = owned.reduce(UInt64(0)) { $0 + UInt64($1.value.satoshis) }
            #expect(totals.received - totals.spent == worth, sourceLocation: sourceLocation)
        }
    }

    func spenders(isAnew: Bool = false, fault: WriteFault = .none) throws -> SpenderIndex {
        try SpenderIndex(
            directory: folder.path, validator: validator, isAnew: isAnew, fault: fault)
    }

    /// Compares the index with a walk through all blocks of the active chain.
    func expectSpenders(
        _ index: SpenderIndex, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await index.caughtUp(), sourceLocation: sourceLocation)
        var made: Set<OutPoint> = []
        for height in 0...validator.tip.height {
            let hash = try #require(await validator.hash(height: height))
            let block = try #require(try await validator.block(hash))
            for transaction in block.transactions {
                let txid = transaction.txid
                for number in transaction.outputs.indices {
                    made.insert(OutPoint(txid: txid, index: UInt32(number)))
                }
                guard !transaction.isCoinbase else { continue }
                for input in transaction.inputs {
                    made.remove(input.outPoint)
                    let found = try await index.spender(of: input.outPoint)
                    #expect(found?.transaction == transaction, sourceLocation: sourceLocation)
                    #expect(found?.block == hash, sourceLocation: sourceLocation)
                }
            }
        }
        for point in made {
            #expect(try await index.spender(of: point) == nil, sourceLocation: sourceLocation)
        }
    }

    /// Blocks that spend coinbases a hundred below, send money to scripts that cannot succeed, and
    /// leave a part of the fees.
    func busyBlocks(
        _ count: Int, onto parent: ChainBuilder.Position, tag: UInt64 = 0,
        spending sources: [Block] = []
    ) -> [Block] {
        var position = parent
        return (0..<count).map { number in
            var plan = ChainBuilder.Plan(tag: tag)
            if sources.indices.contains(number),
                let coinbase = sources[number].transactions.first,
                let value = coinbase.outputs.first?.value
            {
                let point = OutPoint(txid: coinbase.txid, index: 0)
                plan.transactions = [builder.spend([point], worth: value, into: 3)]
                plan.fees = Amount(satoshis: 4000)
                plan.amendOutputs = { outputs in
                    outputs[0].value -= Amount(satoshis: 500)
                    let dead = Script([0x6A, 1, 7])
                    outputs.append(
                        TransactionOutput(value: Amount(satoshis: 500), script: dead))
                }
            }
            let block = builder.block(onto: position, plan)
            position = builder.position(block, above: position)
            return block
        }
    }

    func position(after blocks: some Sequence<Block>) -> ChainBuilder.Position {
        blocks.reduce(builder.genesis) { builder.position($1, above: $0) }
    }

    func submit(_ blocks: [Block]) async throws {
        for block in blocks {
            let outcome = try await validator.submit(block: block)
            switch outcome {
            case .connected, .stored: continue
            default: Issue.record("\(outcome)")
            }
        }
    }

    /// Compares the last row of the index with a walk through all coins.
    func expectRecount(
        _ index: CoinStatisticsIndex, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await index.caughtUp(), sourceLocation: sourceLocation)
        let counted = try await validator.utxoSetInfo(.muhash)
        let row = try #require(
            try await index.statistics(at: counted.bestBlock), sourceLocation: sourceLocation)
        #expect(row.setHash == counted.hash, sourceLocation: sourceLocation)
        #expect(row.coinCount == UInt64(counted.outputs), sourceLocation: sourceLocation)
        #expect(row.bogoSize == UInt64(counted.bogoSize), sourceLocation: sourceLocation)
        #expect(row.totalAmount == counted.totalAmount, sourceLocation: sourceLocation)
        // All money that there might be is a coin or lost.
        #expect(
            row.subsidy == row.totalAmount + row.unspendable.total, sourceLocation: sourceLocation)
    }

    /// Compares the filters of the active chain with filters made from its blocks.
    func expectFilters(
        _ index: BlockFilterIndex, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await index.caughtUp(), sourceLocation: sourceLocation)
        var header = Hash256.zero
        for height in 0...validator.tip.height {
            let hash = try #require(await validator.hash(height: height))
            let block = try #require(try await validator.block(hash))
            let spent = try #require(try await validator.undo(hash))
            let filter = BlockFilter(
                of: block, spentScripts: spent.joined().map(\.output.script))
            header = filter.header(after: header)
            let row = try #require(
                try await index.filter(of: hash), sourceLocation: sourceLocation)
            #expect(row.filter == filter.bytes, sourceLocation: sourceLocation)
            #expect(row.header == header, sourceLocation: sourceLocation)
        }
    }
}
