import Consensus
import Cryptography
import Genesis
import Peers
import Primitives
import TestSupport
import Testing

@Suite("Chains that may be too light to keep") struct HeadersSyncTests {
    private typealias Pair = (header: BlockHeader, hash: BlockHash)

    /// Regtest, with a bit of every fifth header and a hundred held back.
    private static let network: Network = {
        var network = Network.regtest
        network.headersSync = HeadersSyncParameters(
            commitmentPeriod: 5, redownloadBufferSize: 100)
        return network
    }()

    private static func start(
        of network: Network, height: Int = 0, medianTime: Int64 = 1_600_000_000
    ) -> HeadersSync.Start {
        let header = network.genesis.header
        return HeadersSync.Start(
            hash: network.genesisHash, height: height, bits: header.bits,
            chainWork: ProofOfWork.work(bits: header.bits), medianTime: medianTime)
    }

    /// Headers one upon the other. Nobody mined them: that is judged elsewhere.
    private static func chain(
        _ count: Int, tag: UInt32, onto chain: [Pair] = [], of network: Network = network
    ) -> [Pair] {
        var chain = chain
        for number in 0..<count {
            let header = BlockHeader(
                version: 1, previous: chain.last?.hash ?? network.genesisHash, merkleRoot: .zero,
                time: 1_600_000_000 + UInt32(number), bits: network.genesis.header.bits, nonce: tag)
            chain.append((header, header.hash))
        }
        return chain
    }

    /// A sync that is content with so many blocks above the first.
    private static func sync(
        _ blocks: UInt64, seed: UInt64, of network: Network = network,
        from start: HeadersSync.Start? = nil, at now: Int64 = 1_700_000_000
    ) -> HeadersSync {
        var random = SeededGenerator(seed: seed)
        let start = start ?? Self.start(of: network)
        let work = ProofOfWork.work(bits: start.bits)
        return HeadersSync(
            from: start, network: network, requiredWork: start.chainWork &+ work &* blocks,
            secret: HeadersSync.Secret(
                first: random.next(), second: random.next(), offset: random.next()), at: now)
    }

    /// Sends a chain in messages of `size`, until the sync wants no more of it.
    private static func send(
        _ chain: [Pair], to sync: inout HeadersSync, size: Int = 40
    ) -> (believed: [BlockHeader], last: HeadersSync.Step) {
        var believed: [BlockHeader] = []
        let phase = sync.phase
        var rest = chain[...]
        while true {
            let message = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            let step = sync.take(message, isFull: message.count == size)
            switch step {
            case .more(let headers), .over(let headers): believed += headers
            case .failed: return (believed, step)
            }
            guard case .more = step, sync.phase == phase, !rest.isEmpty else {
                return (believed, step)
            }
        }
    }

    @Test(
        "A chain of work enough is given out whole and in order, and only the second time",
        arguments: 1...20 as ClosedRange<UInt64>)
    func honest(_ seed: UInt64) {
        let chain = Self.chain(437, tag: 1)
        var sync = Self.sync(400, seed: seed)
        let first = Self.send(chain, to: &sync)
        #expect(first.believed.isEmpty && first.last == .more([]), "\(seed)")
        #expect(sync.phase == .redownload && sync.presyncHeight == 400, "\(seed)")
        #expect(sync.lastHash == Self.network.genesisHash, "\(seed)")
        // It may have grown meanwhile.
        let second = Self.send(Self.chain(20, tag: 1, onto: chain), to: &sync)
        #expect(second.believed == chain.prefix(400).map(\.header), "\(seed)")
        #expect(sync.isProven && sync.heldCount == 0, "\(seed)")
        if case .over = second.last {} else { Issue.record("\(seed) \(second.last)") }
    }

    @Test("One block's work too little and nothing is ever given out", arguments: [399, 400])
    func threshold(_ count: Int) {
        var sync = Self.sync(400, seed: 1)
        let (believed, last) = Self.send(Self.chain(count, tag: 1), to: &sync, size: 401)
        #expect(believed.isEmpty)
        #expect(last == (count == 400 ? .more([]) : .over([])))
        #expect(sync.phase == (count == 400 ? .redownload : .presync))
    }

    @Test(
        "Of a chain that is another the second time nothing is given out",
        arguments: 1...40 as ClosedRange<UInt64>)
    func changed(_ seed: UInt64) {
        let common = Self.chain(Int(seed) * 5, tag: 1)
        var sync = Self.sync(800, seed: seed)
        _ = Self.send(Self.chain(800, tag: 1, onto: common), to: &sync)
        #expect(sync.phase == .redownload)
        let other = Self.chain(800, tag: 2, onto: common)
        let (believed, last) = Self.send(other, to: &sync)
        #expect(believed.count <= common.count, "\(seed)")
        #expect(believed == common.prefix(believed.count).map(\.header), "\(seed)")
        guard case .failed(.mismatch, let height) = last else {
            Issue.record("\(seed) \(last)")
            return
        }
        #expect(height > common.count, "\(seed)")
    }

    @Test("A longer chain of lighter headers the second time runs out of bits")
    func overrun() {
        // Here any header may have any bits.
        let light = ProofOfWork.work(bits: Self.network.genesis.header.bits)
        var heavy = Self.chain(1, tag: 1)
        heavy[0].header.bits = 0x1f7f_ffff
        heavy[0].hash = heavy[0].header.hash
        #expect(ProofOfWork.work(bits: 0x1f7f_ffff) >= light &* 200)
        // Heights 1 to 4: no bit is kept of them.
        var sync = HeadersSync(
            from: Self.start(of: Self.network), network: Self.network, requiredWork: light &* 200,
            secret: HeadersSync.Secret(first: 1, second: 2, offset: 0), at: 1_700_000_000)
        #expect(sync.take(heavy, isFull: false) == .more([]))
        #expect(sync.bitCount == 0)
        let (believed, last) = Self.send(Self.chain(100, tag: 2), to: &sync)
        #expect(believed.isEmpty)
        #expect(last == .failed(.overrun, height: 5))
    }

    @Test("What is kept is a bit of every so many headers, and no more headers than are held back")
    func memory() {
        var sync = Self.sync(3000, seed: 3)
        var most = (bits: 0, headers: 0)
        let chain = Self.chain(3000, tag: 1)
        for _ in 0..<2 {
            for place in stride(from: 0, to: chain.count, by: 40) {
                _ = sync.take(Array(chain[place..<place + 40]), isFull: true)
                most = (max(most.bits, sync.bitCount), max(most.headers, sync.heldCount))
            }
        }
        #expect(most == (600, 100))
    }

    @Test("A chain longer than the time since its start allows is refused", arguments: [0, 1])
    func tooLong(_ excess: Int) {
        // Six headers a second, of every fifth a bit: two hours and 10 seconds.
        var sync = Self.sync(
            1 << 40, seed: 4, from: Self.start(of: Self.network, medianTime: 1_699_999_990))
        #expect(sync.commitmentLimit == 6 * 7210 / 5)
        var chain = Self.chain(5 * (sync.commitmentLimit + 1), tag: 1)
        var last = HeadersSync.Step.more([])
        for place in stride(from: 0, to: chain.count - 5 * (1 - excess), by: 5) {
            last = sync.take(Array(chain[place..<place + 5]), isFull: true)
        }
        if case .failed(.tooLong, _) = last {
            #expect(excess == 1)
        } else {
            #expect(excess == 0 && last == .more([]))
        }
        #expect(sync.bitCount == sync.commitmentLimit)
        chain.removeAll()
    }

    @Test("Headers that do not follow those before end it, the first and the second time")
    func nonContinuous() {
        let chain = Self.chain(400, tag: 1)
        var sync = Self.sync(400, seed: 5)
        var again = sync
        _ = again.take(Array(chain.prefix(10)), isFull: true)
        #expect(
            again.take(Array(chain[11..<20]), isFull: true) == .failed(.nonContinuous, height: 11))
        _ = sync.take(chain, isFull: true)
        #expect(
            sync.take(Array(chain[1..<20]), isFull: true) == .failed(.nonContinuous, height: 1))
    }

    @Test("On mainnet no header is harder than the one before, but where a period begins")
    func difficulty() {
        let network = Network.mainnet
        func step(at height: Int, bits: UInt32) -> HeadersSync.Step {
            var sync = Self.sync(
                1 << 50, seed: 6, of: network, from: Self.start(of: network, height: height - 1))
            var chain = Self.chain(1, tag: 1, of: network)
            chain[0].header.bits = bits
            chain[0].hash = chain[0].header.hash
            return sync.take(chain, isFull: true)
        }
        #expect(step(at: 2015, bits: 0x1d00_ffff) == .more([]))
        #expect(step(at: 2015, bits: 0x1c3f_ffc0) == .failed(.difficulty, height: 2015))
        #expect(step(at: 2016, bits: 0x1c3f_ffc0) == .more([]))
        #expect(step(at: 2016, bits: 0x1c3f_ffbf) == .failed(.difficulty, height: 2016))
    }
}
