import Chain
import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Coins from a file that are bad, or meet bad luck") struct AssumedFailureTests {
    @Test("A changed byte anywhere in the file is refused, and nothing is left of it")
    func changedByte() async throws {
        let source = try await AssumedSource()
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
        #expect(try chain.stores() == ["chainstate"])
        #expect(try await ChainState(validator) == before)
        // The file itself is still good.
        _ = try await validator.loadCoins(from: source.path)
        #expect(try await ChainState(validator) == source.atBase)
        try await validator.close()
    }

    @Test("What may not be taken in is refused in Core's words")
    func refusals() async throws {
        let source = try await AssumedSource()
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

    @Test("A head that is not for us is refused in the words of Core's streams, at the first flaw")
    func heads() {
        let head = SnapshotMetadata(base: .max, coinCount: 1).encoded(
            networkMagic: Network.regtest.magic)
        func refusal(_ change: (inout [UInt8]) -> Void) -> String? {
            var bytes = head
            change(&bytes)
            do throws(SnapshotMetadataError) {
                _ = try SnapshotMetadata(decoding: bytes, network: .regtest)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(refusal { _ in } == nil)
        let short = "AutoFile::read: end of file: iostream error"
        #expect(refusal { $0.removeLast() } == short)
        #expect(refusal { $0 = [] } == short)
        let foreign = refusal { $0[0] ^= 1 }
        #expect(foreign?.hasPrefix("Invalid UTXO set snapshot magic bytes. Please check") == true)
        #expect(foreign?.hasSuffix("an outdated snapshot format.: iostream error") == true)
        #expect(refusal { $0 = Array($0[..<20]); $0[0] ^= 1 } == foreign)
        #expect(
            refusal { $0[5] = 3 }
                == "Version of snapshot 3 does not match any of the supported versions.: "
                + "iostream error")
        #expect(
            refusal { $0.replaceSubrange(7..<11, with: Network.signet.magic) }
                == "The network of the snapshot (signet) does not match the network of this node "
                + "(regtest).: iostream error")
        #expect(
            refusal { $0[7] ^= 1 }?.hasSuffix("possibly caused by data corruption.: iostream error")
                == true)
    }

    @Test("Whichever write fails, the coins are taken in whole or not at all")
    func crashes() async throws {
        let source = try await AssumedSource()
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
            #expect(try chain.stores().count == (isLoaded ? 2 : 1))
            if !isLoaded { _ = try await again.loadCoins(from: source.path) }
            for block in source.history[50...] { _ = try await again.submit(block: block) }
            try await again.advance()
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
        let source = try await AssumedSource()
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
                try await validator.advance()
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
            try await again.advance()
            #expect(await again.history == nil, "write \(number)")
            #expect(try await ChainState(again) == source.end, "write \(number)")
            try await again.close()
            if !hasFailed { break }
        }
        #expect(failures > 8, "from \(seed) on")
    }

    @Test("Coins that the blocks do not make are given up, and the next start goes on without them")
    func wrongCoins() async throws {
        var source = try await AssumedSource()
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
            await #expect(throws: StorageError.self) { try await validator.advance() }
            #expect(try await validator.failure().reason.contains("from 117 to 113"))
        }
        let again = try await chain.reopen(source.pin)
        #expect(try chain.stores() == ["chainstate", "chainstate_snapshot_INVALID"])
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

    /// A chain of which one block below the base breaks a rule; all after it stand on it.
    private struct BadSource {
        var source: AssumedSource
        /// The blocks below the bad one.
        let base: [Block]
        let fork: ChainBuilder.Position
        let bad: Block

        init(_ reason: String) async throws {
            source = try await AssumedSource()
            let builder = source.chain.builder
            base = Array(source.history[..<80])
            fork = source.chain.position(after: base, from: source.chain.genesis)
            var plan = ChainBuilder.Plan()
            if reason == "bad-cb-amount" {
                plan.fees = Amount(satoshis: 1)
            } else {
                let point = OutPoint(txid: base[0].transactions[0].txid, index: 0)
                plan.transactions = [
                    Transaction(
                        inputs: [TransactionInput(outPoint: point, script: [], sequence: 0)],
                        outputs: [
                            TransactionOutput(
                                value: Amount(satoshis: 1), script: ChainBuilder.anyone)
                        ], lockTime: 1000)
                ]
            }
            bad = builder.block(onto: fork, plan)
            let rest = builder.blocks(32, onto: builder.position(bad, above: fork))
            let last = try #require(rest.last)
            var bytes = try #require(try File.contents(of: source.path, limit: 1 << 30))
            bytes.replaceSubrange(11..<43, with: last.hash.bytes)
            try File.replace(source.path, with: bytes.span)
            source.pinned.block = last.hash
            source.history = base + [bad] + rest
            source.more = []
        }
    }

    @Test(
        "A block below the base that breaks a rule ends the node and the coins",
        arguments: ["bad-cb-amount", "bad-txns-nonfinal"])
    func invalidHistory(_ reason: String) async throws {
        // The one is seen when it is connected, the other when it comes.
        let made = try await BadSource(reason)
        let (source, base, bad) = (made.source, made.base, made.bad)
        let chain = TestChain()
        do {
            let validator = try await source.node(chain)
            _ = try await validator.loadCoins(from: source.path)
            #expect(validator.tip.hash == source.pinned.block)
            await #expect(throws: StorageError.self) {
                for block in source.history[50...] { _ = try await validator.submit(block: block) }
                try await validator.advance()
            }
            #expect(try await validator.failure().reason.contains(reason))
        }
        let again = try await chain.reopen(source.pin)
        _ = try await again.submitAll(Array(base[50...]))
        #expect(again.tip.height == 80)
        #expect(await again.blockInfo(bad.hash)?.isInvalid == true)
        #expect(
            try await again.submit(block: source.chain.builder.block(onto: made.fork))
                == .connected)
        try await again.close()
    }

    @Test("Such a block ends them too while scripts of blocks above the base are still run")
    func invalidHistoryBesideScripts() async throws {
        let made = try await BadSource("bad-txns-nonfinal")
        let (source, base, bad) = (made.source, made.base, made.bad)
        let builder = source.chain.builder
        let end = source.chain.position(after: source.history, from: source.chain.genesis)
        // Its coins are those of the base as they were dumped, so blocks above can spend them.
        let above = source.chain.busyBlocks(3, onto: end, spending: Array(base[8...]))
        let chain = TestChain()
        do {
            let validator = try await source.node(chain)
            _ = try await validator.loadCoins(from: source.path)
            // All are taken in together: those above are connected, and not settled yet.
            let blocks = (above + [bad]).map {
                validator.handIn(block: $0, force: true, minimumWorkChecked: true)
            }
            await #expect(throws: StorageError.self) { _ = try await validator.report(on: blocks[0]) }
            #expect(try await validator.failure().reason.contains("from 116 to 50"))
        }
        let again = try await chain.reopen(source.pin)
        _ = try await again.submitAll(Array(base[50...]))
        #expect(again.tip.height == 80)
        #expect(await again.blockInfo(bad.hash)?.isInvalid == true)
        #expect(await again.blockInfo(above[2].hash)?.isInvalid == true)
        #expect(try await again.submit(block: builder.block(onto: made.fork)) == .connected)
        try await again.close()
    }

    /// What of a block the disk changes.
    enum Damage: CaseIterable { case size, header, output }

    @Test(
        "A block below the base that the disk has changed is fetched again, not condemned",
        arguments: Damage.allCases)
    func damagedHistory(_ damage: Damage) async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        let validator = try await source.node(chain)
        _ = try await validator.loadCoins(from: source.path)
        for block in source.history[50...] { _ = try await validator.submit(block: block) }
        let damaged = source.history[60]
        let sizes = ([source.chain.builder.network.genesis] + source.history[..<60]).map(\.totalSize)
        let start = sizes.reduce(8) { $0 + 8 + $1 }
        let place =
            switch damage {
            case .size: start - 3
            case .header: start + 70
            // Which no rule would ever look at.
            case .output: start + damaged.totalSize - 12
            }
        let file = try File(chain.folder.path + "/blocks/blk00000.dat", .writing)
        let changed = try file.read(at: place, count: 1).map { $0 ^ 1 }
        try file.write(changed.span, at: place)

        try await validator.advance()
        #expect(await validator.history?.tip.height == 60)
        #expect(validator.tip.hash == source.pinned.block)
        let info = try #require(await validator.blockInfo(damaged.hash))
        #expect(!info.hasData && !info.isInvalid)
        let (_, gone) = await validator.prunedBlocks(since: 0)
        #expect(gone?.map(\.hash) == [damaged.hash])

        #expect(try await validator.submit(block: damaged) == .stored)
        try await validator.advance()
        #expect(await validator.history == nil)
        #expect(try await ChainState(validator) == source.atBase)
        try await validator.close()
    }

    @Test(
        "Coins that are to go are gone at once, however long it takes to remove their files",
        arguments: [Validator.Configuration.Reindex.chainstate, .everything])
    func removal(_ reindex: Validator.Configuration.Reindex) async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        let validator = try await source.node(chain)
        _ = try await validator.loadCoins(from: source.path)
        _ = try await validator.submitAll(source.more)
        try await validator.close()
        // What cannot be removed like a file cuts it short.
        let obstacle = "/chainstate_snapshot/obstacle"
        try System.createFolder(chain.folder.path + obstacle)
        await #expect(throws: StorageError.self) {
            _ = try await chain.open {
                source.pin(&$0)
                $0.reindex = reindex
            }
        }
        #expect(try chain.stores() == ["chainstate", "chainstate_snapshot.unfinished"])
        for name in try chain.stores() {
            try System.removeFolder("\(chain.folder.path)/\(name)/obstacle")
        }
        let again = try await chain.reopen(source.pin)
        #expect(try chain.stores() == ["chainstate"])
        #expect(again.tip.height == 50)
        for block in source.history[50...] { _ = try await again.submit(block: block) }
        #expect(try await ChainState(again) == source.end)
        try await again.close()
    }

    @Test("Where coins found right are gone, the node goes on with its own, which are the same")
    func goneWhenRight() async throws {
        let source = try await AssumedSource()
        let chain = TestChain()
        let validator = try await source.node(chain)
        _ = try await validator.loadCoins(from: source.path)
        _ = try await validator.submitAll(source.more)
        for block in source.history[50...] { _ = try await validator.submit(block: block) }
        try await validator.advance()
        #expect(await validator.history == nil)
        try await validator.close()
        try System.removeFolder(chain.folder.path + "/chainstate_snapshot")
        for _ in 0..<2 {
            let again = try await chain.reopen(source.pin)
            #expect(try await ChainState(again) == source.end)
            #expect(try await again.verifyChain(level: 4, count: 0) == nil)
            try await again.close()
        }
        // That they were right is said of none that come later.
        let confirmed = [UInt8(ascii: "A")]
        let store = try Database(path: chain.folder.path + "/chainstate", cacheBytes: 1 << 20)
        #expect(try store.get(confirmed.span) == nil)
    }
}
