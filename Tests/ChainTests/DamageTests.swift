import Chain
import Consensus
import Cryptography
import Genesis
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Damage on the disk") struct DamageTests {
    private let chain = TestChain()
    private var blocksFolder: String { chain.folder.path + "/blocks" }
    private var storeFolder: String { chain.folder.path + "/chainstate" }

    // MARK: What is damaged, and what it should be

    /// A chain of 120 blocks on the disk, in files as small as wished, and its state.
    private func prepared(fileSize: Int = 128 << 20) async throws -> (
        blocks: [Block], state: ChainState
    ) {
        let base = chain.builder.blocks(110, onto: chain.genesis)
        let more = chain.busyBlocks(
            10, onto: chain.position(after: base, from: chain.genesis), spending: base)
        let validator = try await open { $0.maximumBlockFileSize = fileSize }
        _ = try await validator.submitAll(base + more)
        let state = try await ChainState(validator)
        try await validator.close()
        // Opened and closed again, the store has its entries in tables rather than in its log.
        try await open().close()
        return (base + more, state)
    }

    private func open(
        _ reindex: Validator.Configuration.Reindex = .nothing,
        _ configure: (inout Validator.Configuration) -> Void = { _ in }
    ) async throws -> Validator {
        // What was dropped for its damage may not have let go of the folder yet.
        try await chain.reopen {
            $0.hidesBlockFiles = false
            $0.reindex = reindex
            configure(&$0)
        }
    }

    /// Everything is checked at the start, and what is wrong there comes back.
    private func failure(
        level: Int = 4, _ reindex: Validator.Configuration.Reindex = .nothing
    ) async throws -> StorageError? {
        do {
            let validator = try await open(reindex) {
                $0.checkLevel = level
                $0.checkBlocks = 0
            }
            try await validator.close()
            return nil
        } catch let error as StorageError {
            return error
        }
    }

    /// Opens with the option given, and wants everything as it was.
    private func expectRepair(
        by reindex: Validator.Configuration.Reindex, _ state: ChainState,
        resubmitting: [Block] = [],
        _ comment: Comment? = nil
    ) async throws {
        let validator = try await open(reindex)
        for block in resubmitting { _ = try await validator.submit(block: block) }
        #expect(try await ChainState(validator) == state, comment)
        #expect(try await validator.verifyChain(level: 4, count: 0) == nil, comment)
        try await validator.close()
    }

    private func flip(_ path: String, at offset: Int, bit: UInt8 = 1) throws {
        let file = try File(path, .writing)
        let byte = try file.read(at: offset, count: 1)
        let changed = [try #require(byte.first) ^ bit]
        try file.write(changed.span, at: offset)
    }

    /// Where a block's bytes stand in the first block file.
    private func position(of block: Block) throws -> Int {
        let bytes = try #require(
            try File.contents(of: blocksFolder + "/blk00000.dat", limit: 1 << 30))
        let wanted = block.bytes
        let start = bytes.indices.first { place in
            bytes[place] == wanted[0] && bytes[place...].starts(with: wanted)
        }
        return try #require(start)
    }

    // MARK: Blocks

    @Test("A flipped byte in a block is named with its file, and that one block is fetched again")
    func block() async throws {
        let (blocks, state) = try await prepared()
        let path = blocksFolder + "/blk00000.dat"
        try flip(path, at: position(of: blocks[50]) + blocks[50].bytes.count - 6)
        let error = try #require(try await failure(level: 1))
        #expect(error.path == path)
        #expect(error.reason.hasPrefix("Corrupted block database detected: "))
        #expect(error.reason.contains(blocks[50].hash.displayHex))
        #expect(error.reason.hasSuffix("restart with -reindex"))
        let validator = try await open()
        #expect(try await validator.verifyChain(level: 0, count: 0) == nil)
        #expect(try await validator.verifyChain(level: 1, count: 0)?.path == path)
        #expect(try await validator.verifyChain(level: 1, count: 60) == nil)
        try await validator.close()

        let again = try await open(.everything)
        #expect(again.tip.hash == blocks[49].hash)
        #expect(try await again.submit(block: blocks[50]) == .connected)
        #expect(try await ChainState(again) == state)
        try await again.close()
    }

    @Test(
        "A block changed on the disk before it was connected is named and fetched again, not condemned"
    )
    func waiting() async throws {
        let blocks = chain.builder.blocks(20, onto: chain.genesis)
        // In a coinbase's output script, which no rule would ever look at.
        let place = blocks[15].bytes.count - 12
        for isReopened in [false, true] {
            let chain = TestChain()
            let log = LogLines()
            var validator = try await chain.open {
                $0.hidesBlockFiles = false
                log.use(&$0)
            }
            _ = try await validator.submitAll(Array(blocks[..<10]))
            _ = try await validator.submit(headers: blocks[10...].map(\.header))
            for block in blocks[11...] {
                #expect(try await validator.submit(block: block) == .stored)
            }
            let path = chain.folder.path + "/blocks/blk00000.dat"
            let bytes = try #require(try File.contents(of: path, limit: 1 << 30))
            let wanted = blocks[15].bytes
            let start = try #require(
                bytes.indices.first { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) })
            if isReopened { try await validator.close() }
            try flip(path, at: start + place)
            // Read at the start, it is forgotten.
            if isReopened { validator = try await chain.reopen { $0.hidesBlockFiles = false } }
            #expect(try await validator.submit(block: blocks[10]) == .connected)
            if !isReopened {
                let name = blocks[15].hash.displayHex
                #expect(log.count("Block \(name) in \(path) is damaged or missing") == 1)
                let (_, gone) = await validator.prunedBlocks(since: 0)
                #expect(gone?.map(\.hash) == [blocks[15].hash])
            }
            #expect(validator.tip.hash == blocks[14].hash)
            let info = try #require(await validator.blockInfo(blocks[15].hash))
            #expect(!info.isInvalid && !info.hasData && !info.isPruned)
            #expect(try await validator.submit(block: blocks[15]) == .connected)
            #expect(validator.tip.hash == blocks[19].hash)
            try await validator.close()
        }
    }

    @Test(
        "A branch that the power took below the last flush is fetched again when it would win",
        arguments: [false, true])
    func branch(isReopened: Bool) async throws {
        let base = chain.builder.blocks(10, onto: chain.genesis)
        let fork = chain.position(after: base, from: chain.genesis)
        let main = chain.builder.blocks(10, onto: fork)
        let side = chain.builder.blocks(14, onto: fork, tag: 7)
        var validator = try await open()
        _ = try await validator.submitAll(base + main)
        for block in side[..<9] { #expect(try await validator.submit(block: block) == .stored) }
        try await validator.close()
        // Pages that never reached the disk read as zeros: the middle of the branch.
        let path = blocksFolder + "/blk00000.dat"
        let file = try File(path, .writing)
        for block in side[3..<6] {
            let zeros = [UInt8](repeating: 0, count: block.totalSize + 8)
            try file.write(zeros.span, at: try position(of: block) - 8)
        }
        validator = try await open()
        for block in side[9...] { #expect(try await validator.submit(block: block) == .stored) }
        #expect(validator.tip.hash == main[9].hash)
        if isReopened {
            try await validator.close()
            validator = try await open()
            #expect(validator.tip.hash == main[9].hash)
        }
        // Each is found missing when those before it are there again.
        for block in side[3..<5] {
            #expect(await validator.blockInfo(block.hash)?.hasData == false)
            #expect(await validator.blockInfo(block.hash)?.isInvalid == false)
            _ = try await validator.submit(block: block)
            #expect(validator.tip.hash == main[9].hash)
        }
        #expect(try await validator.submit(block: side[5]) == .connected)
        #expect(validator.tip.hash == side[13].hash)
        #expect(try await validator.verifyChain(level: 4, count: 0) == nil)
        let state = try await ChainState(validator)
        try await validator.close()
        try await expectRepair(by: .everything, state)
    }

    @Test("A flipped byte in a block's header is named by whatever reads the block")
    func header() async throws {
        let (blocks, state) = try await prepared()
        let path = blocksFolder + "/blk00000.dat"
        try flip(path, at: position(of: blocks[50]) + 70)
        let validator = try await open()
        let thrown = await #expect(throws: StorageError.self) {
            try await validator.block(blocks[50].hash)
        }
        let error = try #require(thrown)
        #expect(error.path == path)
        #expect(error.reason.hasSuffix("restart with -reindex"))
        #expect(try await validator.verifyChain(level: 0, count: 0)?.path == path)
        try await validator.close()
        try await expectRepair(by: .everything, state, resubmitting: Array(blocks[50...]))
    }

    @Test("A damaged size hides no block but its own from -reindex", arguments: [1, 64] as [UInt8])
    func size(_ bit: UInt8) async throws {
        let (blocks, state) = try await prepared()
        try flip(
            blocksFolder + "/blk00000.dat", at: position(of: blocks[50]) - 3, bit: bit)
        let error = try #require(try await failure(level: 0))
        #expect(error.path == blocksFolder + "/blk00000.dat")
        try await expectRepair(by: .everything, state, resubmitting: Array(blocks[50...]))
    }

    @Test("A missing block file is named, and -reindex leads to where the missing blocks go on")
    func missingBlockFile() async throws {
        let (blocks, state) = try await prepared(fileSize: 8192)
        let path = blocksFolder + "/blk00001.dat"
        try System.remove(path)
        let error = try #require(try await failure(level: 0))
        #expect(error.path == path)
        #expect(error.reason.hasPrefix("Error loading block database"))
        #expect(error.reason.hasSuffix("restart with -reindex"))
        try await expectRepair(by: .everything, state, resubmitting: blocks)
    }

    @Test("Damaged and missing undo data is named, and -reindex-chainstate makes it anew")
    func undo() async throws {
        let (_, state) = try await prepared()
        let path = blocksFolder + "/rev00000.dat"
        let size = try #require(System.size(path))
        try flip(path, at: size - 60)
        for isMissing in [false, true] {
            if isMissing { try System.remove(path) }
            let error = try #require(try await failure(level: 2))
            #expect(error.path == path)
            #expect(error.reason.hasSuffix("restart with -reindex-chainstate"))
            #expect(try await failure(level: 1) == nil)
            try await expectRepair(by: .chainstate, state)
        }
    }

    // MARK: The store

    @Test("Where coins are made anew, a damaged block is fetched again, not passed over")
    func damagedBelow() async throws {
        let (blocks, state) = try await prepared()
        let path = blocksFolder + "/blk00000.dat"
        // In the middle of the sixtieth block, behind genesis and the others.
        let sizes = ([chain.builder.network.genesis] + blocks[..<59]).map(\.totalSize)
        let offset = sizes.reduce(0) { $0 + 8 + $1 } + 8 + 120
        try flip(path, at: offset)
        // The coins below stay good, and the blocks above wait.
        for kind in [Validator.Configuration.Reindex.chainstate, .nothing] {
            let validator = try await open(kind)
            #expect(validator.tip.hash == blocks[58].hash)
            try await validator.close()
        }
        try await expectRepair(by: .nothing, state, resubmitting: [blocks[59]])
    }

    @Test("How far the coins before stood is forgotten when those made anew have come as far")
    func formerBest() async throws {
        let (blocks, state) = try await prepared()
        let former = [UInt8(ascii: "K")]
        func kept() throws -> [UInt8]? {
            try Database(path: storeFolder, cacheBytes: 1 << 20).get(former.span)
        }
        #expect(try kept() == nil)
        try await open(.chainstate).close()
        #expect(try kept() == blocks.last?.hash.bytes)
        try await open().close()
        #expect(try kept() == nil)
        try await expectRepair(by: .nothing, state)
    }

    @Test("A coin that is not there is found at level 3, and -reindex-chainstate makes it anew")
    func missingCoin() async throws {
        let (blocks, state) = try await prepared()
        do {
            let store = try Database(path: storeFolder, cacheBytes: 1 << 20)
            let coinbase = try #require(blocks.last?.transactions.first)
            var batch = WriteBatch()
            batch.delete([UInt8(ascii: "C")] + coinbase.txid.bytes + [0])
            try store.write(batch, sync: true)
        }
        #expect(try await failure(level: 2) == nil)
        let error = try #require(try await failure(level: 3))
        #expect(error.path == storeFolder)
        #expect(error.reason.hasSuffix("restart with -reindex-chainstate"))
        try await expectRepair(by: .chainstate, state)
    }

    @Test(
        "A flipped byte anywhere in the store is found or harmless, and -reindex repairs it",
        arguments: [UInt64.random(in: 0 ... .max)])
    func store(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (_, state) = try await prepared()
        var found = 0
        for number in 0..<24 {
            let files = try System.names(in: storeFolder).filter {
                !$0.hasPrefix("LOG") && $0 != "LOCK" && System.size("\(storeFolder)/\($0)") ?? 0 > 0
            }.sorted()
            let name = try #require(files.randomElement(using: &random))
            let path = "\(storeFolder)/\(name)"
            let size = try #require(System.size(path))
            let offset = Int.random(in: 0..<size, using: &random)
            let comment: Comment = "seed \(seed), \(number): \(name) at \(offset) of \(size)"
            try flip(path, at: offset, bit: 1 << UInt8.random(in: 0..<8, using: &random))
            if let error = try await wholeFailure(state, comment) {
                found += 1
                #expect(error.path.hasPrefix(storeFolder), comment)
                #expect(error.reason.contains("restart with -reindex"), comment)
            }
            try await expectRepair(by: .everything, state, comment)
            try await open().close()
        }
        #expect(found > 0, "seed \(seed): no flip was found")
    }

    /// What a look at everything finds wrong; if nothing, all must be as it should be.
    private func wholeFailure(_ state: ChainState, _ comment: Comment) async throws -> StorageError?
    {
        do {
            let validator = try await open {
                $0.checkLevel = 4
                $0.checkBlocks = 0
            }
            #expect(try await ChainState(validator) == state, comment)
            try await validator.close()
            return nil
        } catch let error as StorageError {
            return error
        }
    }

    @Test(
        "A missing file of the store is named, and -reindex repairs it",
        arguments: ["CURRENT", "MANIFEST", ".sst"])
    func missingStoreFile(_ kind: String) async throws {
        let (_, state) = try await prepared()
        for name in try System.names(in: storeFolder)
        where name == kind || name.hasPrefix(kind) || name.hasSuffix(kind) {
            try System.remove("\(storeFolder)/\(name)")
        }
        let error = try #require(try await failure())
        #expect(error.path.hasPrefix(storeFolder))
        #expect(error.reason.contains("restart with -reindex"), "\(error)")
        // The index is lost as well, and -reindex-chainstate says what is needed instead.
        let refused = try #require(try await failure(.chainstate))
        #expect(refused.reason.hasSuffix("restart with -reindex"), "\(refused)")
        try await expectRepair(by: .everything, state)
    }

    @Test("Without its store a node reads the block files anew")
    func missingStore() async throws {
        let (_, state) = try await prepared(fileSize: 8192)
        try System.removeFolder(storeFolder)
        try await expectRepair(by: .nothing, state)
    }

    @Test("A store made anew whose making was cut short is finished, or begun again")
    func replacing() async throws {
        let (_, state) = try await prepared()
        // Cut short while the new store was made, and after it was whole.
        try System.createFolder(storeFolder + ".unfinished")
        _ = try File(storeFolder + ".unfinished/CURRENT", .creating).size()
        try await expectRepair(by: .nothing, state)
        #expect(!System.exists(storeFolder + ".unfinished"))
        try System.rename(storeFolder, to: storeFolder + ".new")
        try System.createFolder(storeFolder)
        _ = try File(storeFolder + "/CURRENT", .creating).size()
        try await expectRepair(by: .nothing, state)
    }

    @Test("Whichever write of a reindex fails, the next start is good")
    func failingReindex() async throws {
        let (_, state) = try await prepared()
        var failures = 0
        for kind in [Validator.Configuration.Reindex.chainstate, .everything] {
            for number in Array(0..<16) + Array(stride(from: 16, to: 2000, by: 37)) {
                let fault = CountingFault(count: number)
                do {
                    let validator = try await open(kind) { $0.writeFault = fault.hook }
                    try await validator.close()
                } catch let error as StorageError {
                    #expect(error.reason.contains("no space"))
                    failures += 1
                }
                let again = try await chain.reopen { $0.hidesBlockFiles = false }
                #expect(try await ChainState(again) == state, "\(kind), write \(number)")
                try await again.close()
                if !fault.hasFailed { break }
            }
        }
        #expect(failures > 10)
    }

    // MARK: What is not ours

    @Test("A store in a form that is not known is refused, and -reindex replaces it")
    func version() async throws {
        let (_, state) = try await prepared()
        do {
            let store = try Database(path: storeFolder, cacheBytes: 1 << 20)
            var batch = WriteBatch()
            batch.put([UInt8(ascii: "V")], [9])
            try store.write(batch, sync: true)
        }
        let error = try #require(try await failure())
        #expect(error.path == storeFolder)
        #expect(error.reason.contains("another version"))
        #expect(error.reason.hasSuffix("restart with -reindex"))
        try await expectRepair(by: .everything, state)
    }

    @Test("The folder of another network is refused, even by -reindex, and not touched")
    func network() async throws {
        let (_, state) = try await prepared()
        for reindex in [Validator.Configuration.Reindex.nothing, .chainstate, .everything] {
            let thrown = await #expect(throws: StorageError.self) {
                _ = try await open(reindex) { $0.network = .testnet4 }
            }
            let error = try #require(thrown)
            #expect(error.path == blocksFolder + "/blk00000.dat")
            #expect(error.reason.contains("no block of the network testnet4"))
        }
        // The store alone, with block files elsewhere.
        let thrown = await #expect(throws: StorageError.self) {
            _ = try await open {
                $0.network = .testnet4
                $0.blocksDirectory = chain.folder.path + "/elsewhere"
            }
        }
        let error = try #require(thrown)
        #expect(error.path == storeFolder)
        #expect(error.reason.contains("another network"))
        try await expectRepair(by: .nothing, state)
    }

    @Test("A key that does not fit the block files is refused")
    func key() async throws {
        _ = try await prepared()
        let path = blocksFolder + "/xor.dat"
        for place in 0..<8 { try flip(path, at: place) }
        let thrown = await #expect(throws: StorageError.self) {
            _ = try await open { $0.hidesBlockFiles = true }
        }
        let error = try #require(thrown)
        #expect(error.reason.contains("xor.dat"))
    }

    @Test("A damaged mempool.dat costs its transactions, and is named")
    func mempool() async throws {
        let (_, state) = try await prepared()
        try flip(chain.folder.path + "/mempool.dat", at: 0)
        try await expectRepair(by: .nothing, state)
    }

    // MARK: Checks that cannot be made, or cannot write

    @Test("Blocks that the coin cache cannot hold are not said to be sound")
    func smallCache() async throws {
        let base = chain.builder.blocks(104, onto: chain.genesis)
        var position = chain.position(after: base, from: chain.genesis)
        var wide: [Block] = []
        for source in base[..<4] {
            let coinbase = source.transactions[0]
            let spend = chain.builder.spend(
                [OutPoint(txid: coinbase.txid, index: 0)], worth: coinbase.value(at: 0),
                into: 8000)
            let block = chain.builder.block(
                onto: position, ChainBuilder.Plan(transactions: [spend]))
            position = chain.builder.position(block, above: position)
            wide.append(block)
        }
        let lines = LogLines()
        var validator = try await open {
            $0.databaseCacheBytes = 0
            lines.use(&$0)
        }
        #expect(try await validator.submitAll(base + wide).allSatisfy { $0 == .connected })
        #expect(try await validator.verifyChain(level: 2, count: 0) == nil)
        #expect(try await validator.verifyChain(level: 4, count: 1) == nil)
        #expect(lines.count("Skipped verification of level >=3") == 0)
        #expect(
            try await validator.verifyChain(level: 4, count: 0)?.reason
                == "Insufficient dbcache for block verification")
        #expect(lines.count("Skipped verification of level >=3") == 1)
        try await validator.close()
        // Who asks for the check by name wants all of it.
        for isWanted in [false, true] {
            do {
                validator = try await open {
                    $0.databaseCacheBytes = 0
                    $0.checkLevel = 4
                    $0.checkBlocks = 0
                    $0.wantsWholeCheck = isWanted
                }
                #expect(!isWanted)
                try await validator.close()
            } catch let error as StorageError {
                #expect(isWanted && error.reason.contains("Insufficient dbcache"))
            }
        }
    }

    @Test("A check that cannot write what it must stops the node")
    func checkThatCannotWrite() async throws {
        let fault = CountingFault(count: .max)
        let validator = try await open { $0.writeFault = fault.hook }
        _ = try await validator.submitAll(chain.builder.blocks(3, onto: chain.genesis))
        fault.failNow()
        await #expect(throws: StorageError.self) {
            try await validator.verifyChain(level: 4, count: 0)
        }
        #expect(try await validator.failure().reason == "no space")
    }
}
