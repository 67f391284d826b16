import Chain
import Consensus
import Cryptography
import Primitives
import Storage
import TestSupport
import Testing

/// Operators and their programs search logs for Bitcoin Core's words.
@Suite("What the log is told of bad blocks") struct RemarkTests {
    private let chain = TestChain()
    private let lines = LogLines()

    private func open(
        _ configure: (inout Validator.Configuration) -> Void = { _ in }
    ) async throws -> Validator {
        try await chain.open { [lines] configuration in
            lines.use(&configuration)
            configure(&configuration)
        }
    }

    @Test("A header that breaks a rule is named with the rule, once")
    func header() async throws {
        let validator = try await open()
        var plan = ChainBuilder.Plan()
        plan.amendHeader = { $0.time = 0 }
        let block = chain.builder.block(onto: chain.genesis, plan)
        _ = try await validator.submit(block: block)
        let name = block.hash.displayHex
        #expect(lines.count("[validation] AcceptBlockHeader: \(name), time-too-old") == 1)
        #expect(lines.count("AcceptBlock FAILED (time-too-old, ") == 1)
        try await validator.close()
    }

    @Test("A block and a header of which the parent is unknown are said to be so")
    func parent() async throws {
        let validator = try await open()
        let blocks = chain.builder.blocks(2, onto: chain.genesis)
        _ = try await validator.submit(block: blocks[1])
        #expect(
            lines.count(
                "header \(blocks[1].hash.displayHex) has prev block not found: "
                    + blocks[0].hash.displayHex) == 1)
        #expect(lines.count("AcceptBlock FAILED (prev-blk-not-found)") == 1)
        try await validator.close()
    }

    @Test("A block whose script fails is told of in any log, whenever it is found out")
    func script() async throws {
        let base = chain.builder.blocks(110, onto: chain.genesis)
        let branch = chain.branch(10, onto: base, bad: 4)
        let validator = try await open()
        _ = try await validator.submitAll(base)
        _ = try await validator.submit(headers: branch.map(\.header))
        for block in branch.dropFirst().reversed() {
            _ = try await validator.submit(block: block)
        }
        #expect(lines.count("Block validation error") == 0)
        _ = try await validator.submit(block: branch[0])
        #expect(lines.count("Block validation error: block-script-verify-flag-failed (") == 1)
        #expect(lines.count("block \(branch[4].hash.displayHex) height=115") == 1)
        try await validator.close()
    }

    @Test(
        "Why scripts are run, or that they are not, is told when it changes and not with each block"
    )
    func trust() async throws {
        let blocks = chain.builder.blocks(3, onto: chain.genesis)
        var validator = try await open()
        _ = try await validator.submitAll(blocks)
        let first = "at block #1 (\(blocks[0].hash.displayHex))"
        #expect(
            lines.count(
                "Enabling script verification \(first): assumevalid=0 (always verify).") == 1)
        #expect(lines.count("script verification") == 1)
        try await validator.close()
        validator = try await open {
            $0.reindex = .chainstate
            $0.assumeValid = .max
        }
        #expect(
            lines.count(
                "Enabling script verification \(first): assumevalid hash not in headers.") == 1)
        #expect(lines.count("script verification") == 2)
        try await validator.close()
    }

    @Test("Blocks that stand in a file before their parents are told of, when found and when used")
    func order() async throws {
        let blocks = chain.builder.blocks(3, onto: chain.genesis)
        let path = try BlockFile.write(
            [blocks[0], blocks[2], blocks[1]], to: "\(chain.folder.path)/blocks.dat",
            chain.builder.network)
        let validator = try await open { $0.loadBlocks = [path] }
        #expect(validator.tip.hash == blocks[2].hash)
        let (child, parent) = (blocks[2].hash.displayHex, blocks[1].hash.displayHex)
        #expect(
            lines.count(
                "[reindex] LoadExternalBlockFile: Out of order block \(child), parent \(parent) "
                    + "not known") == 1)
        #expect(
            lines.count(
                "[reindex] LoadExternalBlockFile: Processing out of order child \(child) of "
                    + parent) == 1)
        try await validator.close()
    }

    @Test("A file of blocks that is not there is named")
    func missingFile() async throws {
        let path = chain.folder.path + "/nowhere.dat"
        let validator = try await open { $0.loadBlocks = [path] }
        #expect(lines.count("Warning: Could not open blocks file \(path)") == 1)
        try await validator.close()
    }
}
