import Chain
import Genesis
import Mining
import MiningService
import Notation
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Mining without end", .serialized) struct MinerTests {
    private let folder = TemporaryFolder()

    /// The block after genesis on the main network: the first to be had for nothing where work is hard.
    private static let firstBlock =
        "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe"
        + "680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e3629901010000000100000000"
        + "00000000000000000000000000000000000000000000000000000000ffffffff0704ffff001d0104ffffffff"
        + "0100f2052a0100000043410496b538e853519c726a2c91e61ec11600ae1390813a627c66fb8be7947be63c52"
        + "da7589379515d4e0a604f8141781e62294721166bf621e73a82cbf2342c858eeac00000000"

    private func open(_ network: Network, scheme: String = "weights") async throws -> Miner {
        let configuration = Validator.Configuration(network: network, directory: folder.path)
        let clock = SystemClock()
        let validator = try await Validator.open(configuration, clock: clock)
        let shares = try ShareLog(folder: folder.path + "/shares")
        let miner = Miner(validator: validator, network: network, clock: clock, shares: shares)
        let text = """
            [payout]
            scheme = "\(scheme)"
            [[inmate]]
            name = "ana"
            wallet = "ana"
            weight = 1
            """
        let roster = try await RosterFile.read(text, network: network) { _ in
            Script([0x00, 0x14] + [UInt8](repeating: 7, count: 20))
        }
        try await miner.use(roster: roster, finder: "ana")
        return miner
    }

    /// What was done for the threads, in order: an empty block made, a full one asked for, or a height
    /// given.
    private final class Steps: Sendable {
        enum Step: Equatable { case begun, asked, given(Int) }
        private let list = Mutex<[Step]>([])

        func note(_ step: Miner.Step) {
            list.withLock { list in
                switch step {
                case .begun: list.append(.begun)
                case .asked: list.append(.asked)
                case .given(let template): list.append(.given(template.context.height))
                }
            }
        }

        var all: [Step] { list.withLock { $0 } }

        func wait(for count: Int) async throws {
            for _ in 0..<6000 where all.count < count {
                try await Task.sleep(for: .milliseconds(10))
            }
            try #require(all.count >= count)
        }
    }

    @Test(
        "At a new tip the threads search on it before a full block is asked for",
        arguments: ["weights", "pplns"])
    func newTip(_ scheme: String) async throws {
        let miner = try await open(.mainnet, scheme: scheme)
        let steps = Steps()
        await miner.observe { steps.note($0) }
        try await miner.start(threads: 1)
        try await steps.wait(for: 2)
        #expect(steps.all.prefix(2) == [.asked, .given(1)])
        // Whatever is done in the meantime is for the old tip.
        let before = steps.all.count
        let block = try Block(decoding: try #require(Hex.decode(Self.firstBlock)))
        #expect(try await miner.validator.submit(block: block) == .connected)
        try await steps.wait(for: before + 4)
        #expect(steps.all.dropFirst(before).prefix(4) == [.begun, .given(2), .asked, .given(2)])
        await miner.stop()
        try await miner.validator.close()
    }

    @Test("At a new tip whoever asks first has the empty block made, once for all who search")
    func quickOnce() async throws {
        let miner = try await open(.mainnet, scheme: "pplns")
        let steps = Steps()
        await miner.observe { steps.note($0) }
        let old = try await miner.rosterTemplate().template
        // What `getblocktemplate` answers is not searched on here, and is chosen after that.
        _ = try await miner.sharedTemplate()
        let block = try Block(decoding: try #require(Hex.decode(Self.firstBlock)))
        #expect(try await miner.validator.submit(block: block) == .connected)
        #expect(steps.all == [.asked])
        #expect(try await miner.sharedTemplate().template.context.height == 2)
        #expect(steps.all == [.asked, .begun])
        async let first = miner.quickRosterTemplate(after: old)
        async let second = miner.quickRosterTemplate(after: old)
        for quick in try await [first, second] {
            let template = try #require(quick).template
            #expect(template.context.previous == block.hash)
            #expect(template.transactions.isEmpty)
        }
        #expect(steps.all == [.asked, .begun])
        try await miner.validator.close()
    }

    @Test("What others search on is shown as a payout until there is a block")
    func givenOut() async throws {
        let miner = try await open(.regtest)
        #expect(try await miner.payouts().isEmpty)
        _ = try #require(try await miner.payingTemplate())
        #expect(try await miner.payouts().map(\.status) == [.template])
        #expect(try await miner.generate(count: 1, to: nil).count == 1)
        #expect(try await miner.payouts().map(\.status) == [.immature])
        try await miner.validator.close()
    }

    @Test("Where blocks are found faster than they are filled, none is begun empty")
    func easy() async throws {
        let miner = try await open(.regtest)
        let steps = Steps()
        await miner.observe { steps.note($0) }
        try await miner.start(threads: 1, blocks: 3)
        try await steps.wait(for: 6)
        #expect(steps.all.prefix(6) == [.asked, .given(1), .asked, .given(2), .asked, .given(3)])
        await miner.stop()
        try await miner.validator.close()
    }

    @Test("Threads that are to work a part of the time work less than others beside them")
    func duty() async throws {
        let whole = try await open(.mainnet)
        let part = Miner(validator: whole.validator, network: .mainnet, clock: SystemClock())
        try await part.use(roster: try #require(await whole.roster))
        try await whole.start(threads: 1, duty: 100)
        try await part.start(threads: 1, duty: 2)
        for _ in 0..<6000 where await whole.status().hashes < 100 << 17 {
            try await Task.sleep(for: .milliseconds(10))
        }
        let (all, some) = (await whole.status().hashes, await part.status().hashes)
        #expect(all >= 100 << 17)
        #expect(some > 0 && some < all / 4, "\(some) hashes beside \(all)")
        await part.stop()
        await whole.stop()
        try await whole.validator.close()
    }
}
