import Chain
import Consensus
import Cryptography
import Genesis
import Primitives
import Storage
import TestSupport

/// A chain whose coins were dumped at a block, and what goes on from there.
struct AssumedSource {
    let chain = TestChain()
    /// Up to the base.
    var history: [Block]
    /// From there on.
    var more: [Block]
    /// From the same block on, and longer.
    var branch: [Block]
    var pinned: CoinSnapshot
    /// Where all this ends, by blocks alone.
    var end: ChainState
    var atBase: ChainState

    var path: String { "\(chain.folder.path)/coins" }

    init() async throws {
        let base = chain.builder.blocks(105, onto: chain.genesis)
        let fork = chain.position(after: base, from: chain.genesis)
        history = base + chain.busyBlocks(8, onto: fork, spending: base)
        let there = chain.position(after: history, from: chain.genesis)
        more = chain.busyBlocks(4, onto: there, tag: 1, spending: Array(base[8...]))
        branch = chain.busyBlocks(6, onto: there, tag: 2, spending: Array(base[8...]))
        let validator = try await chain.open()
        _ = try await validator.submitAll(history)
        atBase = try await ChainState(validator)
        let dump = try await validator.dumpCoins(to: "\(chain.folder.path)/coins")
        pinned = CoinSnapshot(
            height: dump.height, block: dump.base, coinsHash: dump.coinsHash,
            transactionCount: UInt64(dump.transactionCount))
        _ = try await validator.submitAll(more)
        end = try await ChainState(validator)
        try await validator.close()
    }

    func pin(_ configuration: inout Validator.Configuration) {
        configuration.network.snapshots = [pinned]
    }

    /// A node that knows the headers, and so many of the blocks.
    func node(
        _ chain: TestChain, blocks: Int = 50, fault: WriteFault = .none
    ) async throws -> Validator {
        let validator = try await chain.open(fault: fault, pin)
        _ = try await validator.submit(headers: (history + more).map(\.header))
        _ = try await validator.submitAll(Array(history[..<blocks]))
        return validator
    }
}

extension Validator {
    /// Goes on in the background as far as the blocks at hand allow.
    func advance() throws {
        while try advanceHistory() {}
    }
}

extension TestChain {
    /// The stores of coins there are.
    func stores() throws -> [String] {
        try System.names(in: folder.path).filter { $0.hasPrefix("chainstate") }.sorted()
    }
}
