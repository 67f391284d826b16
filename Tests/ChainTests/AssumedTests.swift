import Chain
import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Coins taken in from a file") struct AssumedTests {
    /// A chain whose coins were dumped at a block, and what goes on from there.
    private struct Source {
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

    /// Goes on in the background as far as the blocks at hand allow.
    private func advance(_ validator: Validator) async throws {
        while try await validator.advanceHistory() {}
    }

    private func folders(_ chain: TestChain) throws -> [String] {
        try System.names(in: chain.folder.path).filter { $0.hasPrefix("chainstate") }.sorted()
    }

    @Test("The chain goes on from the base at once, and becomes one with that checked from genesis")
    func whole() async throws {
        let source = try await Source()
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
        try await advance(validator)
        #expect(await validator.history == nil)
        #expect(validator.checkedTip == validator.tip)
        states = await validator.chainStates()
        #expect(states.map(\.isValidated) == [true])
        #expect(states.map(\.snapshot) == [source.pinned.block])
        #expect(try await ChainState(validator) == source.end)
        #expect(try folders(chain) == ["chainstate", "chainstate_snapshot"])
        try await validator.close()
        // From the next start on it is a chain like any other, pinned or not.
        validator = try await chain.open()
        #expect(try folders(chain) == ["chainstate"])
        #expect(try await ChainState(validator) == source.end)
        #expect(await validator.chainStates().map(\.snapshot) == [nil])
        #expect(try await validator.verifyChain(level: 4, count: 0) == nil)
        #expect(await validator.blockInfo(height: 113)?.chainTransactionCount == 1 + 113 + 8)
        try await validator.close()
    }

    @Test("A restart at any stage resumes both chains, flushed or not")
    func restarts() async throws {
        let source = try await Source()
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
                    try await advance(validator)
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
            try await advance(validator)
            #expect(await validator.history == nil)
            #expect(try await ChainState(validator) == source.end)
            try await validator.close()
            let last = try await chain.open()
            #expect(try await ChainState(last) == source.end)
            #expect(try await last.verifyChain(level: 4, count: 0) == nil)
            try await last.close()
        }
    }

    @Test("A changed byte anywhere in the file is refused, and nothing is left of it")
    func changedByte() async throws {
        let source = try await Source()
        let chain = TestChain()
        let validator = try await source.node(chain)
        let before = try await ChainState(validator)
        let bytes = try #require(try File.contents(of: source.path, limit: 1 << 30))
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let path = "\(chain.folder.path)/changed"
        for _ in 0..<60 {
            var changed = bytes
            let place = Int.random(in: 0..<bytes.count, using: &random)
            changed[place] ^= UInt8.random(in: 1...255, using: &random)
            try File.replace(path, with: changed.span)
            await #expect(throws: CoinLoadError.self, "seed \(seed), byte \(place)") {
                try await validator.loadCoins(from: path)
            }
        }
        for count in [0, 20, 50, 51, 60, bytes.count - 1] {
            let cut = Array(bytes[..<count])
            try File.replace(path, with: cut.span)
            await #expect(throws: CoinLoadError.self, "cut to \(count)") {
                try await validator.loadCoins(from: path)
            }
        }
        let longer = bytes + [0]
        try File.replace(path, with: longer.span)
        await #expect(
            throws: CoinLoadError.refused(
                "Population failed: Bad snapshot - coins left over after deserializing "
                    + "\(source.atBase.coins.outputs) coins")
        ) {
            try await validator.loadCoins(from: path)
        }
        #expect(try folders(chain) == ["chainstate"])
        #expect(try await ChainState(validator) == before)
        // The file itself is still good.
        _ = try await validator.loadCoins(from: source.path)
        #expect(try await ChainState(validator) == source.atBase)
        try await validator.close()
    }

    @Test("What may not be taken in is refused in Core's words")
    func refusals() async throws {
        let source = try await Source()
        let name = source.pinned.block.displayHex
        func refusal(_ validator: Validator, _ path: String? = nil) async -> String {
            do throws(CoinLoadError) {
                _ = try await validator.loadCoins(from: path ?? source.path)
                return "taken"
            } catch {
                return "\(error)"
            }
        }
        let chain = TestChain()
        var validator = try await chain.open()
        #expect(await refusal(validator).contains("heights are available: 110, 200, 299"))
        #expect(await refusal(validator, "/no/such") == "cannotOpen(\"/no/such\")")
        try await validator.close()
        validator = try await chain.open(source.pin)
        #expect(await refusal(validator).contains("(\(name)) must appear in the headers chain"))
        _ = try await validator.submit(headers: source.history.map(\.header))
        let stale = chain.builder.blocks(115, onto: chain.genesis)
        _ = try await validator.submit(headers: stale.map(\.header))
        #expect(await refusal(validator).contains("forked headers-chain with more work"))
        _ = try await validator.submit(headers: source.more.map(\.header))
        #expect(try await validator.invalidate(source.history[100].hash))
        #expect(await refusal(validator).contains("is part of an invalid chain"))
        #expect(try await validator.reconsider(source.history[100].hash))
        _ = try await validator.submitAll(source.history)
        #expect(await refusal(validator).contains("Work does not exceed active chainstate"))
        try await validator.close()

        let other = TestChain()
        validator = try await source.node(other)
        _ = try await validator.loadCoins(from: source.path)
        #expect(await refusal(validator).contains("more than once"))
        try await validator.close()
        // Without the pin the next start cannot go on.
        await #expect(throws: StorageError.self) { try await other.open() }
    }

    @Test("Whichever write fails, the coins are taken in whole or not at all")
    func crashes() async throws {
        let source = try await Source()
        var failures = 0
        for number in 0..<200 {
            let chain = TestChain()
            let fault = CountingFault(count: .max)
            var isLoaded = false
            do {
                let validator = try await source.node(chain, fault: fault.hook)
                try await validator.flush()
                fault.reset(count: number)
                do throws(CoinLoadError) {
                    _ = try await validator.loadCoins(from: source.path)
                    isLoaded = true
                } catch {
                    failures += 1
                }
            }
            let again = try await chain.reopen(source.pin)
            #expect((await again.history != nil) == isLoaded, "write \(number)")
            #expect(again.tip.height == (isLoaded ? 113 : 50), "write \(number)")
            #expect(try folders(chain).count == (isLoaded ? 2 : 1))
            if !isLoaded { _ = try await again.loadCoins(from: source.path) }
            for block in source.history[50...] { _ = try await again.submit(block: block) }
            try await advance(again)
            _ = try await again.submitAll(source.more)
            #expect(try await ChainState(again) == source.end, "write \(number)")
            #expect(await again.history == nil)
            try await again.close()
            if isLoaded { break }
        }
        #expect(failures > 5)
    }

    @Test("Whichever write fails afterwards, both chains are found again")
    func laterCrashes() async throws {
        let source = try await Source()
        var failures = 0
        let seed = Int.random(in: 0..<13)
        for number in stride(from: seed, to: 400, by: 13) {
            let chain = TestChain()
            let fault = CountingFault(count: .max)
            do {
                let validator = try await source.node(chain, fault: fault.hook)
                _ = try await validator.loadCoins(from: source.path)
                fault.reset(count: number)
                _ = try await validator.submitAll(source.more)
                for block in source.history[50...] { _ = try await validator.submit(block: block) }
                try await validator.flush()
                try await advance(validator)
                try await validator.close()
            } catch let error as StorageError {
                #expect(error.reason == "no space")
                failures += 1
            }
            let hasFailed = fault.hasFailed
            let again = try await chain.reopen(source.pin)
            for block in source.history[50...] + source.more {
                _ = try await again.submit(block: block)
            }
            try await advance(again)
            #expect(await again.history == nil, "write \(number)")
            #expect(try await ChainState(again) == source.end, "write \(number)")
            try await again.close()
            if !hasFailed { break }
        }
        #expect(failures > 8, "from \(seed) on")
    }

    @Test("A branch on the base wins as ever; one from below it only once all is checked")
    func reorganisations() async throws {
        let source = try await Source()
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
        try await advance(validator)
        #expect(validator.tip.hash == deep.last?.hash)
        try await validator.close()
        let again = try await chain.open()
        #expect(again.tip.hash == deep.last?.hash)
        #expect(try await again.verifyChain(level: 4, count: 0) == nil)
        try await again.close()
    }

    @Test("A node on a branch of its own leaves it in the background")
    func divergent() async throws {
        let source = try await Source()
        let chain = TestChain()
        let validator = try await source.node(chain)
        let fork = chain.position(after: Array(source.history[..<45]), from: chain.genesis)
        _ = try await validator.submitAll(chain.builder.blocks(20, onto: fork))
        #expect(validator.tip.height == 65)
        _ = try await validator.loadCoins(from: source.path)
        #expect(validator.checkedTip.height == 65)
        for block in source.history[50...] { _ = try await validator.submit(block: block) }
        try await advance(validator)
        #expect(await validator.history == nil)
        #expect(try await ChainState(validator) == source.atBase)
        try await validator.close()
    }

    @Test("Coins that the blocks do not make are given up, and the next start goes on without them")
    func wrongCoins() async throws {
        var source = try await Source()
        // The file is that of the same chain with one coin more, and pinned as such.
        let bytes = try #require(try File.contents(of: source.path, limit: 1 << 30))
        var forged = ByteWriter()
        let coin = Coin(
            output: TransactionOutput(value: Amount(satoshis: 5), script: ChainBuilder.anyone),
            height: 1, isCoinbase: false)
        let point = OutPoint(txid: Hash256(words: (.max, .max, .max, .max)), index: 0)
        forged.write(Array(bytes[..<43]))
        forged.write(UInt64(source.atBase.coins.outputs + 1))
        forged.write(Array(bytes[51...]))
        forged.write(point.txid)
        forged.writeCompactSize(1)
        forged.writeCompactSize(0)
        var stored: [UInt8] = []
        CoinCodec.append(coin, to: &stored)
        forged.write(stored)
        let path = "\(source.chain.folder.path)/forged"
        let contents = forged.bytes
        try File.replace(path, with: contents.span)
        source.pinned.coinsHash = try #require(try forgedHash(contents))

        let chain = TestChain()
        do {
            let validator = try await source.node(chain)
            _ = try await validator.loadCoins(from: path)
            _ = try await validator.submitAll(source.more)
            for block in source.history[50...] { _ = try await validator.submit(block: block) }
            await #expect(throws: StorageError.self) { try await advance(validator) }
            #expect(try await validator.failure().reason.contains("from 117 to 113"))
        }
        let again = try await chain.reopen(source.pin)
        #expect(try folders(chain) == ["chainstate", "chainstate_snapshot_INVALID"])
        #expect(try await ChainState(again) == source.end)
        #expect(try await again.verifyChain(level: 4, count: 0) == nil)
        try await again.close()
    }

    private func forgedHash(_ bytes: [UInt8]) throws -> Hash256? {
        var reader = ByteReader(bytes.span)
        _ = try reader.readRange(count: 51)
        var stream = SHA256Stream()
        while reader.remaining > 0 {
            let txid = try reader.readHash()
            for _ in 0..<(try reader.readCount()) {
                let point = OutPoint(txid: txid, index: UInt32(try reader.readCompactSize()))
                stream.update(try CoinCodec.coin(from: &reader).hashedBytes(at: point).span)
            }
        }
        return stream.finalizeDouble()
    }

    @Test("A block below the base that breaks a rule ends the node and the coins")
    func invalidHistory() async throws {
        var source = try await Source()
        // One block pays itself too much; all after it stand on it.
        let base = Array(source.history[..<80])
        let fork = source.chain.position(after: base, from: source.chain.genesis)
        var plan = ChainBuilder.Plan()
        plan.fees = Amount(satoshis: 1)
        let bad = source.chain.builder.block(onto: fork, plan)
        let rest = source.chain.builder.blocks(
            32, onto: source.chain.builder.position(bad, above: fork))
        let last = try #require(rest.last)
        var bytes = try #require(try File.contents(of: source.path, limit: 1 << 30))
        bytes.replaceSubrange(11..<43, with: last.hash.bytes)
        try File.replace(source.path, with: bytes.span)
        source.pinned.block = last.hash
        source.history = base + [bad] + rest
        source.more = []
        let chain = TestChain()
        do {
            let validator = try await source.node(chain)
            _ = try await validator.loadCoins(from: source.path)
            #expect(validator.tip.hash == last.hash)
            for block in source.history[50...] { _ = try await validator.submit(block: block) }
            await #expect(throws: StorageError.self) { try await advance(validator) }
            #expect(try await validator.failure().reason.contains("bad-cb-amount"))
        }
        let again = try await chain.reopen(source.pin)
        #expect(again.tip.height == 80)
        #expect(await again.blockInfo(bad.hash)?.isInvalid == true)
        #expect(try await again.submit(block: source.chain.builder.block(onto: fork)) == .connected)
        try await again.close()
    }

    @Test("Pruning leaves what is still to be checked")
    func pruning() async throws {
        let source = try await Source()
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
        #expect(await validator.blockInfo(height: 130)?.hasData == false)
        try await validator.close()
        validator = try await open()
        #expect(validator.tip.height == 513)
        for block in source.history[50..<60] { _ = try await validator.submit(block: block) }
        try await advance(validator)
        #expect(await validator.history == nil)
        try await validator.prune(upTo: 200)
        #expect(await validator.blockInfo(height: 100)?.hasData == false)
        try await validator.close()
        validator = try await open()
        #expect(try folders(chain) == ["chainstate"])
        #expect(validator.tip.height == 513)
        try await validator.close()
    }

    @Test("The payout ledger comes with the coins, and a changed one is refused")
    func ledger() async throws {
        let source = try await Source()
        let ledger = try PayoutLedger(checking: [
            PayoutLedger.Account(
                name: "Ada", script: ChainBuilder.anyone, balance: 1234, payouts: 5)
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
        for isLast in [false, true] {
            #expect(try await validator.ledger() == ledger)
            #expect(try await validator.ledger(at: source.pinned.block) == ledger)
            #expect(try await validator.ledger(at: source.more[1].hash) == ledger)
            if isLast {
                for block in source.history[50...] { _ = try await validator.submit(block: block) }
                try await advance(validator)
            }
            try await validator.close()
            validator = try await chain.reopen(source.pin)
        }
        #expect(try await validator.ledger() == ledger)
        try await validator.close()
    }
}
