import Chain
import Consensus
import Cryptography
import Genesis
import MemoryPool
import Primitives
import Storage
import Synchronization
import TestSupport

/// A clock that stands still.
final class ManualClock: NodeClock {
    private let time: Mutex<Int64>
    init(_ time: Int64) { self.time = Mutex(time) }
    func now() -> Int64 { time.withLock { $0 } }
    func monotonic() -> Duration { .seconds(now()) }
    func set(_ seconds: Int64) { time.withLock { $0 = seconds } }
}

/// A folder with a chain in it, and what makes blocks for it.
final class TestChain: Sendable {
    let folder = TemporaryFolder()
    let builder: ChainBuilder
    let clock: ManualClock

    init(network: Network = .regtest) {
        builder = ChainBuilder(network)
        clock = ManualClock(Int64(network.genesis.header.time) + 1_000_000)
    }

    var genesis: ChainBuilder.Position { builder.genesis }

    func open(
        fault: WriteFault = .none, _ configure: (inout Validator.Configuration) -> Void = { _ in }
    ) async throws -> Validator {
        var configuration = Validator.Configuration(
            network: builder.network, directory: folder.path)
        configuration.databaseCacheBytes = 8 << 20
        configuration.writeFault = fault
        configuration.mempool.requiresStandard = false
        configure(&configuration)
        return try await Validator.open(configuration, clock: clock)
    }

    /// Opens the folder when the validator that was dropped a moment ago has let go of it.
    func reopen(
        _ configure: (inout Validator.Configuration) -> Void = { _ in }
    ) async throws -> Validator {
        for _ in 0..<200 {
            do {
                return try await open(fault: .none, configure)
            } catch let error as StorageError where error.reason.contains("Cannot obtain a lock") {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        return try await open(fault: .none, configure)
    }

    /// A branch of which one block, if any, holds a spend whose script fails.
    func branch(
        _ count: Int, onto base: [Block], bad: Int?, tag: UInt64 = 9
    ) -> [Block] {
        var position = self.position(after: base, from: genesis)
        return (0..<count).map { number in
            let coinbase = base[number].transactions[0]
            let point = OutPoint(txid: coinbase.txid, index: 0)
            var spend = builder.spend([point], worth: coinbase.value(at: 0))
            if number == bad {
                // OP_RETURN in the input's script.
                spend = Transaction(
                    inputs: [TransactionInput(outPoint: point, script: [0x6a])],
                    outputs: Array(spend.outputs))
            }
            var plan = ChainBuilder.Plan(tag: tag)
            plan.transactions = [spend]
            let block = builder.block(onto: position, plan)
            position = builder.position(block, above: position)
            return block
        }
    }

    /// Blocks of which each but the first hundred spends the coinbase a hundred below it.
    func busyBlocks(
        _ count: Int, onto parent: ChainBuilder.Position, tag: UInt64 = 0,
        spending spendable: [Block] = []
    ) -> [Block] {
        var blocks: [Block] = []
        var position = parent
        var sources = spendable
        for _ in 0..<count {
            var plan = ChainBuilder.Plan(tag: tag)
            if !sources.isEmpty, let coinbase = sources.removeFirst().transactions.first {
                let transaction = builder.spend(
                    [OutPoint(txid: coinbase.txid, index: 0)], worth: coinbase.value(at: 0),
                    into: 3)
                plan.transactions = [transaction]
                plan.fees = Amount(
                    satoshis: coinbase.value(at: 0).satoshis - transaction.outputValue.satoshis)
            }
            let block = builder.block(onto: position, plan)
            position = builder.position(block, above: position)
            blocks.append(block)
        }
        return blocks
    }

    func position(after blocks: [Block], from parent: ChainBuilder.Position)
        -> ChainBuilder.Position
    {
        blocks.reduce(parent) { builder.position($1, above: $0) }
    }
}

/// What must be equal where two nodes agree.
struct ChainState: Equatable {
    var tip: ChainTip
    var coins: UTXOSetInfo

    init(_ validator: Validator) async throws {
        tip = validator.tip
        coins = try await validator.utxoSetInfo(.serialized3)
        // How the store lays things out is its own affair.
        coins.diskSize = 0
    }
}

extension Validator {
    /// Submits blocks that are all expected to extend the chain or to be kept.
    func submitAll(_ blocks: [Block]) async throws -> [BlockOutcome] {
        var outcomes: [BlockOutcome] = []
        for block in blocks { outcomes.append(try submit(block: block)) }
        return outcomes
    }
}
