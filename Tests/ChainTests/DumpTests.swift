import Chain
import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Coins written to a file") struct DumpTests {
    private let chain = TestChain()

    private func path(_ name: String) -> String { "\(chain.folder.path)/\(name)" }

    private func contents(_ name: String) throws -> [UInt8] {
        try #require(try File.contents(of: path(name), limit: 1 << 30))
    }

    /// A chain on which coins are spent, with blocks to go on with and a branch.
    private func blocks() -> (base: [Block], more: [Block], branch: [Block]) {
        let base = chain.builder.blocks(105, onto: chain.genesis)
        let fork = chain.position(after: base, from: chain.genesis)
        return (
            base, chain.busyBlocks(8, onto: fork, tag: 1, spending: base),
            chain.busyBlocks(9, onto: fork, tag: 2, spending: base)
        )
    }

    @Test("The file is in Core's form, and holds every coin")
    func form() async throws {
        let (base, more, _) = blocks()
        let validator = try await chain.open()
        _ = try await validator.submitAll(base + more)
        let info = try await validator.utxoSetInfo(.serialized3)
        let dump = try await validator.dumpCoins(to: path("coins"))
        #expect(dump.base == validator.tip.hash)
        #expect(dump.height == 113)
        #expect(dump.coinCount == UInt64(info.outputs))
        #expect(dump.coinsHash == info.hash)
        #expect(dump.transactionCount == 1 + 113 + 8)
        #expect(dump.ledgerPath == nil)

        let bytes = try contents("coins")
        var head = ByteWriter()
        head.write(Array("utxo".utf8) + [0xFF, 2, 0])
        head.write(chain.builder.network.magic)
        head.write(dump.base)
        head.write(dump.coinCount)
        #expect(bytes.starts(with: head.bytes))
        // Coins of one transaction stand together; hashed again they give the hash.
        var reader = ByteReader(bytes.span)
        _ = try reader.readRange(count: head.bytes.count)
        var stream = SHA256Stream()
        var count = 0
        while reader.remaining > 0 {
            let txid = try reader.readHash()
            for _ in 0..<(try reader.readCount()) {
                let point = OutPoint(txid: txid, index: UInt32(try reader.readCount()))
                let coin = try CoinCodec.coin(from: &reader)
                stream.update(coin.hashedBytes(at: point).span)
                count += 1
            }
        }
        #expect(count == info.outputs)
        #expect(stream.finalizeDouble() == info.hash)
        try await validator.close()
    }

    @Test("The coins of a block below are those that were dumped when it was the tip")
    func rollback() async throws {
        let (base, more, branch) = blocks()
        let validator = try await chain.open()
        _ = try await validator.submitAll(base + Array(more[..<3]))
        let there = validator.tip.hash
        let first = try await validator.dumpCoins(to: path("then"))
        _ = try await validator.submitAll(Array(more[3...]))
        let tip = try await ChainState(validator)
        for inMemory in [false, true] {
            let name = "rolled-\(inMemory)"
            let dump = try await validator.dumpCoins(to: path(name), at: there, inMemory: inMemory)
            #expect(dump.base == there)
            #expect(dump.coinsHash == first.coinsHash)
            #expect(dump.transactionCount == first.transactionCount)
            #expect(try contents(name) == contents("then"))
        }
        // The chain itself has not moved, and nothing is left over.
        #expect(try await ChainState(validator) == tip)
        let left = try System.names(in: chain.folder.path)
        #expect(!left.contains { $0.hasPrefix("temp_utxo") || $0.hasSuffix(".incomplete") })
        // Down to genesis there is no coin at all.
        let none = try await validator.dumpCoins(to: path("none"), at: chain.genesis.hash)
        #expect(none.coinCount == 0)
        // A block that is on another branch by now is refused.
        _ = try await validator.submitAll(branch)
        #expect(validator.tip.hash == branch.last?.hash)
        await #expect(throws: CoinDumpError.notOnActiveChain) {
            try await validator.dumpCoins(to: path("other"), at: there)
        }
        await #expect(throws: CoinDumpError.exists(path("then"))) {
            try await validator.dumpCoins(to: path("then"))
        }
        await #expect(throws: CoinDumpError.cannotOpen(path("no/such.incomplete"))) {
            try await validator.dumpCoins(to: path("no/such"))
        }
        try await validator.close()
    }

    private func faultyPath(_ error: CoinDumpError) -> String {
        if case .storage(let error) = error { error.path } else { "" }
    }

    @Test("Whichever write fails, there is the whole file or none, and the node goes on")
    func failures() async throws {
        let (base, more, _) = blocks()
        var failed = 0
        let fault = CountingFault(count: .max)
        let validator = try await chain.open(fault: fault.hook)
        _ = try await validator.submitAll(base + more)
        try await validator.flush()
        let target = base[base.count - 1].hash
        for number in 0..<200 {
            // The first two are those of the flush, after which nothing is told to the disk.
            fault.reset(count: number + 2)
            let name = path("coins-\(number)")
            do throws(CoinDumpError) {
                _ = try await validator.dumpCoins(to: name, at: target)
            } catch {
                #expect(
                    error == .storage(StorageError(path: faultyPath(error), reason: "no space")))
                #expect(!System.exists(name))
                failed += 1
            }
            #expect(!System.exists(name + ".incomplete"), "write \(number)")
            let hasFailed = fault.hasFailed
            fault.reset(count: .max)
            #expect(try await validator.verifyChain(level: 4, count: 0) == nil)
            if !hasFailed { break }
        }
        #expect(failed > 5)
        try await validator.close()
    }

    @Test("A ledger's file is read as it was written, and not with a byte changed")
    func ledger() throws {
        let magic = chain.builder.network.magic
        let snapshot = LedgerSnapshot(base: chain.genesis.hash, ledger: PayoutLedger())
        let bytes = snapshot.encoded(networkMagic: magic)
        #expect(try LedgerSnapshot(decoding: bytes, networkMagic: magic) == snapshot)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1
            #expect(throws: DecodingError.self) {
                try LedgerSnapshot(decoding: changed, networkMagic: magic)
            }
        }
        #expect(throws: DecodingError.invalid("it is of another network")) {
            try LedgerSnapshot(decoding: bytes, networkMagic: [1, 2, 3, 4])
        }
    }
}
