import Chain
import Consensus
import Cryptography
import Foundation
import Genesis
import Mining
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Coins taken in from a file") struct AssumedTests {
    @Test("The chain goes on from the base at once, and becomes one with that checked from genesis")
    func whole() async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        var validator = try await source.node(chain)
        let load = try await validator.loadCoins(from: source.path)
        #expect(load.height == 113 && load.base == source.pinned.block)
        #expect(load.coinCount == UInt64(source.atBase.coins.outputs) && load.ledgerPath == nil)
        #expect(try await ChainState(validator) == source.atBase)
        #expect(await validator.history?.tip.height == 50)
        #expect(await validator.history?.base.height == 113)
        #expect(validator.checkedTip.height == 50)
        var states = await validator.chainStates()
        #expect(states.map(\.isValidated) == [true, false])
        #expect(states.map(\.snapshot) == [nil, source.pinned.block])
        #expect(try await validator.block(source.pinned.block) == nil)
        // Blocks on top connect, those below are kept and connected in the background.
        #expect(
            try await validator.submitAll(source.more) == Array(repeating: .connected, count: 4))
        #expect(try await ChainState(validator) == source.end)
        #expect(try await validator.verifyChain(level: 4, count: 0) != nil)
        for block in source.history[50...].reversed() {
            #expect(try await validator.submit(block: block) == .stored)
        }
        #expect(validator.checkedTip.height == 50)
        try await validator.advance()
        #expect(await validator.history == nil)
        #expect(validator.checkedTip == validator.tip)
        states = await validator.chainStates()
        #expect(states.map(\.isValidated) == [true])
        #expect(states.map(\.snapshot) == [source.pinned.block])
        #expect(try await ChainState(validator) == source.end)
        #expect(try chain.stores() == ["chainstate", "chainstate_snapshot"])
        try await validator.close()
        // From the next start on it is a chain like any other, pinned or not.
        validator = try await chain.open()
        #expect(try chain.stores() == ["chainstate"])
        #expect(try await ChainState(validator) == source.end)
        #expect(await validator.chainStates().map(\.snapshot) == [nil])
        #expect(try await validator.verifyChain(level: 4, count: 0) == nil)
        #expect(await validator.blockInfo(height: 113)?.chainTransactionCount == 1 + 113 + 8)
        try await validator.close()
    }

    @Test("A restart at any stage resumes both chains, flushed or not")
    func restarts() async throws {
        let source = try await AssumedSource()
        for isClosed in [true, false] {
            let chain = TestChain()
            func again(_ validator: Validator) async throws -> Validator {
                if isClosed { try await validator.close() }
                return try await chain.reopen(source.pin)
            }
            do {
                let validator = try await source.node(chain)
                _ = try await validator.loadCoins(from: source.path)
                if isClosed { try await validator.close() }
            }
            // After the load; with blocks on top; with blocks below; half way; at the end.
            for stage in 0..<4 {
                let validator = try await chain.reopen(source.pin)
                #expect(await validator.history != nil, "stage \(stage), closed: \(isClosed)")
                switch stage {
                case 0: #expect(try await ChainState(validator) == source.atBase)
                case 1: _ = try await validator.submitAll(source.more)
                case 2:
                    #expect(try await ChainState(validator) == source.end)
                    for block in source.history[60...] {
                        _ = try await validator.submit(block: block)
                    }
                    try await validator.advance()
                    #expect(validator.checkedTip.height == 50)
                default:
                    for block in source.history[50..<60] {
                        _ = try await validator.submit(block: block)
                    }
                    _ = try await validator.advanceHistory()
                    #expect(validator.checkedTip.height == 66)
                }
                if isClosed { try await validator.close() }
            }
            let validator = try await chain.reopen(source.pin)
            #expect(validator.checkedTip.height == (isClosed ? 66 : 50))
            try await validator.advance()
            #expect(await validator.history == nil)
            #expect(try await ChainState(validator) == source.end)
            try await validator.close()
            let last = try await chain.open()
            #expect(try await ChainState(last) == source.end)
            #expect(try await last.verifyChain(level: 4, count: 0) == nil)
            try await last.close()
        }
    }

    @Test("A branch on the base wins as ever; one from below it only once all is checked")
    func reorganisations() async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        let validator = try await source.node(chain)
        _ = try await validator.loadCoins(from: source.path)
        _ = try await validator.submitAll(source.more)
        _ = try await validator.submitAll(source.branch)
        #expect(validator.tip.hash == source.branch.last?.hash)
        // The blocks above the base can be called invalid, those below cannot be left.
        #expect(try await validator.invalidate(source.branch[0].hash))
        #expect(try await ChainState(validator) == source.end)
        #expect(try await validator.reconsider(source.branch[0].hash))
        #expect(try await validator.invalidate(source.history[70].hash))
        #expect(try await ChainState(validator) == source.end)
        #expect(try await validator.reconsider(source.branch[0].hash))
        #expect(validator.tip.hash == source.branch.last?.hash)
        let fork = chain.position(after: Array(source.history[..<40]), from: chain.genesis)
        let deep = chain.builder.blocks(90, onto: fork)
        for block in deep { _ = try await validator.submit(block: block) }
        #expect(validator.tip.hash == source.branch.last?.hash)
        for block in source.history[50...] { _ = try await validator.submit(block: block) }
        try await validator.advance()
        #expect(validator.tip.hash == deep.last?.hash)
        try await validator.close()
        let again = try await chain.open()
        #expect(again.tip.hash == deep.last?.hash)
        #expect(try await again.verifyChain(level: 4, count: 0) == nil)
        try await again.close()
    }

    @Test("A branch of one's own is left in the background for more work at hand, not before")
    func divergent() async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        let validator = try await source.node(chain)
        let fork = chain.position(after: Array(source.history[..<45]), from: chain.genesis)
        let own = chain.builder.blocks(20, onto: fork, tag: 9)
        _ = try await validator.submitAll(own)
        #expect(validator.tip.height == 65)
        _ = try await validator.loadCoins(from: source.path)
        #expect(try await !validator.advanceHistory())
        #expect(validator.checkedTip.hash == own.last?.hash)
        // All that are needed but the one after the fork's rest, then all but the one with more work.
        for block in source.history[51..<66] { _ = try await validator.submit(block: block) }
        #expect(try await !validator.advanceHistory())
        for block in source.history[66...] { _ = try await validator.submit(block: block) }
        #expect(try await !validator.advanceHistory())
        #expect(validator.checkedTip.hash == own.last?.hash)
        _ = try await validator.submit(block: source.history[50])
        try await validator.advance()
        #expect(await validator.history == nil)
        #expect(try await ChainState(validator) == source.atBase)
        try await validator.close()
    }

    @Test("Equal work does not move the background from its branch, one block more does")
    func divergentWork() async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        let validator = try await source.node(chain)
        let fork = chain.position(after: Array(source.history[..<45]), from: chain.genesis)
        let own = chain.builder.blocks(20, onto: fork, tag: 9)
        _ = try await validator.submitAll(own)
        _ = try await validator.loadCoins(from: source.path)
        for block in source.history[50..<65] { _ = try await validator.submit(block: block) }
        #expect(try await !validator.advanceHistory())
        #expect(validator.checkedTip.hash == own.last?.hash)
        _ = try await validator.submit(block: source.history[65])
        try await validator.advance()
        #expect(validator.checkedTip.hash == source.history[65].hash)
        #expect(await validator.history?.tip.height == 66)
        try await validator.close()
    }

    @Test("What is connected in the background is brought to the disk when a flush is due")
    func flushedInTime() async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        let validator = try await source.node(chain)
        _ = try await validator.loadCoins(from: source.path)
        for block in source.history[50...] { _ = try await validator.submit(block: block) }
        chain.clock.set(chain.clock.now() + 601)
        #expect(try await validator.advanceHistory())
        #expect(validator.checkedTip.height > 50)
        // As the end of the process would leave it.
        let copy = TemporaryFolder()
        let store = copy.path + "/chainstate"
        try FileManager.default.copyItem(
            atPath: chain.folder.path + "/chainstate", toPath: store)
        let best = [UInt8(ascii: "B")]
        let kept = try Database(path: store, cacheBytes: 1 << 20).get(best.span)
        #expect(kept == validator.checkedTip.hash.bytes)
        try await validator.close()
    }

    @Test("Pruning leaves what is still to be checked")
    func pruning() async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        func open() async throws -> Validator {
            try await chain.reopen {
                source.pin(&$0)
                $0.prune = .manual
                $0.maximumBlockFileSize = 4096
            }
        }
        var validator = try await open()
        let top = source.chain.position(after: source.history, from: chain.genesis)
        let more = source.chain.builder.blocks(400, onto: top)
        _ = try await validator.submit(headers: (source.history + more).map(\.header))
        _ = try await validator.submitAll(Array(source.history[..<50]))
        _ = try await validator.loadCoins(from: source.path)
        for block in source.history[60...] { _ = try await validator.submit(block: block) }
        _ = try await validator.submitAll(more)
        try await validator.prune(upTo: 200)
        for height in 61...113 {
            #expect(await validator.blockInfo(height: height)?.hasData == true)
        }
        #expect(await validator.blockInfo(height: 150)?.hasData == false)
        try await validator.close()
        validator = try await open()
        #expect(validator.tip.height == 513)
        for block in source.history[50..<60] { _ = try await validator.submit(block: block) }
        try await validator.advance()
        #expect(await validator.history == nil)
        try await validator.prune(upTo: 200)
        #expect(await validator.blockInfo(height: 100)?.hasData == false)
        try await validator.close()
        validator = try await open()
        #expect(try chain.stores() == ["chainstate"])
        #expect(validator.tip.height == 513)
        try await validator.close()
    }

    @Test("The payout ledger comes with the coins, and a changed one is refused")
    func ledger() async throws {
        let source = try await AssumedSource()
        let ledger = try PayoutLedger(checking: [
            PayoutLedger.Account(
                name: "Ada", script: ChainBuilder.anyone, balance: 1234, payouts: 5),
            PayoutLedger.Account(
                name: "Ben", script: ChainBuilder.anyone, balance: -1234, payouts: 0),
        ])
        let snapshot = LedgerSnapshot(base: source.pinned.block, ledger: ledger)
        var bytes = snapshot.encoded(networkMagic: source.chain.builder.network.magic)
        let path = LedgerSnapshot.path(beside: source.path)
        bytes[60] ^= 1
        try File.replace(path, with: bytes.span)
        let chain = TestChain()
        var validator = try await source.node(chain)
        await #expect(throws: CoinLoadError.self) {
            try await validator.loadCoins(from: source.path)
        }
        bytes[60] ^= 1
        try File.replace(path, with: bytes.span)
        #expect(try await validator.loadCoins(from: source.path).ledgerPath == path)
        #expect(try await validator.ledger() == ledger)
        _ = try await validator.submitAll(source.more)
        let lines = LogLines()
        for isLast in [false, true] {
            #expect(try await validator.ledger() == ledger)
            #expect(try await validator.ledger(at: source.pinned.block) == ledger)
            #expect(try await validator.ledger(at: source.more[1].hash) == ledger)
            if isLast {
                for block in source.history[50...] { _ = try await validator.submit(block: block) }
                try await validator.advance()
            }
            try await validator.close()
            validator = try await chain.reopen {
                source.pin(&$0)
                lines.use(&$0)
            }
        }
        #expect(try await validator.ledger() == ledger)
        // No roster was named here, so the blocks make none.
        #expect(lines.count("payout ledger that came with the snapshot") == 1)
        try await validator.close()
    }
}
