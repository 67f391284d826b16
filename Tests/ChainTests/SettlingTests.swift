import Chain
import Consensus
import Foundation
import Genesis
import Primitives
import Storage
import TestSupport
import Testing

/// Scripts run while the next blocks are connected already: what if one of them fails?
@Suite("Scripts that are judged late") struct SettlingTests {
    private let chain = TestChain()

    /// A hundred blocks, then some of which the one at `bad` holds a spend whose script fails.
    private func blocks(_ count: Int, bad: Int) -> (base: [Block], branch: [Block]) {
        let base = chain.builder.blocks(100 + count, onto: chain.genesis)
        return (base, chain.branch(count, onto: base, bad: bad))
    }

    @Test(
        "When blocks arrive last first, those before a bad script stay and no others",
        arguments: [0, 1, 17, 39])
    func backwards(bad: Int) async throws {
        let (base, branch) = blocks(40, bad: bad)
        let validator = try await chain.open()
        _ = try await validator.submitAll(base)
        let good = Array(branch.prefix(bad))
        let undisturbed = TestChain()
        let other = try await undisturbed.open()
        _ = try await other.submitAll(base + good)

        _ = try await validator.submit(headers: branch.map(\.header))
        for block in branch.dropFirst().reversed() {
            #expect(try await validator.submit(block: block) == .stored)
        }
        let outcome = try await validator.submit(block: branch[0])
        if bad == 0 {
            guard case .rejected(let rejection) = outcome else {
                Issue.record("the bad block was taken: \(outcome)")
                return
            }
            #expect(rejection.reason.hasPrefix("block-script-verify-flag-failed"))
        } else {
            #expect(outcome == .connected)
        }
        #expect(validator.tip.hash == (good.last ?? base.last)?.hash)
        #expect(try await ChainState(validator) == ChainState(other))
        // Its successors are known to be bad with it, and a better branch is followed.
        let info = try #require(await validator.blockInfo(branch[39].hash))
        #expect(info.isInvalid)
        let rest = chain.builder.blocks(
            41 - bad, onto: chain.position(after: base + good, from: chain.genesis), tag: 4)
        #expect(try await validator.submitAll(rest).last == .connected)
        #expect(validator.tip.hash == rest.last?.hash)
        try await validator.close()
        try await other.close()
    }

    @Test(
        "When the best branch turns out bad late, the next best is followed though it was passed by"
    )
    func passedBy() async throws {
        let (base, branch) = blocks(40, bad: 3)
        let other = chain.builder.blocks(
            30, onto: chain.position(after: base, from: chain.genesis), tag: 4)
        let validator = try await chain.open()
        _ = try await validator.submitAll(Array(base.dropLast()))
        _ = try await validator.submit(headers: [base[139].header])
        // All that stands on the last block waits for it.
        for list in [branch, other] {
            _ = try await validator.submit(headers: list.map(\.header))
            for block in list { #expect(try await validator.submit(block: block) == .stored) }
        }
        #expect(try await validator.submit(block: base[139]) == .connected)
        #expect(validator.tip.hash == other[29].hash)
        #expect(await validator.blockInfo(branch[3].hash)?.isInvalid == true)
        #expect(await validator.blockInfo(branch[2].hash)?.isInvalid == false)
        try await validator.close()
    }

    @Test("An imported file is followed up to the block before a bad script")
    func imported() async throws {
        let (base, branch) = blocks(40, bad: 23)
        let path = chain.folder.path + "/import.dat"
        var bytes = ByteWriter()
        for block in base + branch {
            bytes.write(chain.builder.network.magic)
            bytes.write(UInt32(block.totalSize))
            bytes.write(block.bytes)
        }
        try Data(bytes.bytes).write(to: URL(filePath: path))
        let validator = try await chain.open { $0.loadBlocks = [path] }
        #expect(validator.tip.hash == branch[22].hash)

        let undisturbed = TestChain()
        let other = try await undisturbed.open()
        _ = try await other.submitAll(base + branch.prefix(23))
        #expect(try await ChainState(validator) == ChainState(other))
        try await validator.close()
        try await other.close()

        let again = try await chain.reopen()
        #expect(again.tip.hash == branch[22].hash)
        try await again.close()
    }
}
