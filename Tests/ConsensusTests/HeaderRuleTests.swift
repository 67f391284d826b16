import Consensus
import Cryptography
import Genesis
import Primitives
import TestSupport
import Testing

@Suite("Rules of headers") struct HeaderRuleTests {
    private var builder: JudgedChain

    init() throws {
        builder = JudgedChain()
        try builder.mine(12)
    }

    private func header(
        time: UInt32? = nil, bits: UInt32? = nil, version: Int32 = 0x2000_0000
    ) -> BlockHeader {
        var plan = JudgedChain.Plan()
        plan.time = time
        plan.bits = bits
        plan.version = version
        return builder.makeBlock(plan).header
    }

    private func accept(_ header: BlockHeader) throws(HeaderError) {
        var index = builder.index
        _ = try index.accept(header, in: builder.network, at: builder.now)
    }

    @Test("A hash above the target is refused")
    func work() throws {
        try accept(header())
        #expect(throws: HeaderError.highHash) { try accept(JudgedChain.spoil(header())) }
    }

    @Test("Bits other than the rule demands are refused")
    func bits() {
        #expect(throws: HeaderError.wrongBits) { try accept(header(bits: 0x207f_fffe)) }
    }

    @Test("A time at the median of the last eleven is too old, one second later is not")
    func old() throws {
        let median = UInt32(builder.index.medianTimePast(of: builder.tip))
        #expect(throws: HeaderError.timeTooOld) { try accept(header(time: median)) }
        try accept(header(time: median + 1))
    }

    @Test("A time two hours ahead is good, one second more is not")
    func future() throws {
        let limit = UInt32(builder.now + 7200)
        try accept(header(time: limit))
        #expect(throws: HeaderError.timeTooNew) { try accept(header(time: limit + 1)) }
        #expect(HeaderError.timeTooNew.result == .timeFuture)
    }

    @Test("Versions are retired one by one at the heights of BIP34, BIP66 and BIP65")
    func versions() throws {
        for (option, version) in [("bip34", Int32(1)), ("dersig", 2), ("cltv", 3)] {
            // The block to come has height 13.
            for (height, isRefused) in [(13, true), (14, false)] {
                var network = Network.regtest
                for name in ["bip34", "dersig", "cltv"] {
                    try network.apply(testActivation: "\(name)@100")
                }
                try network.apply(testActivation: "\(option)@\(height)")
                var chain = JudgedChain(network: network)
                try chain.mine(12)
                var plan = JudgedChain.Plan()
                plan.version = version
                let header = chain.makeBlock(plan).header
                var index = chain.index
                if isRefused {
                    #expect(throws: HeaderError.outdatedVersion(version)) {
                        try index.accept(header, in: network, at: chain.now)
                    }
                } else {
                    _ = try index.accept(header, in: network, at: chain.now)
                }
            }
        }
        #expect(HeaderError.outdatedVersion(3).rejectReason == "bad-version(0x00000003)")
        #expect(
            HeaderError.outdatedVersion(-1).debugMessage == "rejected nVersion=0xffffffff block")
    }

    @Test("A header needs its parent, and a parent that is not known to be invalid")
    func parents() throws {
        var index = builder.index
        var orphan = header()
        orphan.previous = .max
        orphan = JudgedChain.solve(orphan)
        #expect(throws: HeaderError.missingParent) {
            try index.accept(orphan, in: builder.network, at: builder.now)
        }
        let bad = header()
        let id = try index.accept(bad, in: builder.network, at: builder.now).id
        index.markFailed(id)
        #expect(throws: HeaderError.duplicateInvalid(bad.hash)) {
            try index.accept(bad, in: builder.network, at: builder.now)
        }
        var child = header(time: bad.time + 1)
        child.previous = bad.hash
        child = JudgedChain.solve(child)
        #expect(throws: HeaderError.invalidParent) {
            try index.accept(child, in: builder.network, at: builder.now)
        }
    }

    @Test("A header of a chain with too little work is not stored; a known one is no news")
    func littleWork() throws {
        var index = builder.index
        let header = header()
        #expect(throws: HeaderError.tooLittleWork) {
            try index.accept(
                header, in: builder.network, at: builder.now, isWorkChecked: false)
        }
        #expect(try index.accept(header, in: builder.network, at: builder.now).isNew)
        #expect(
            try !index.accept(
                header, in: builder.network, at: builder.now, isWorkChecked: false
            ).isNew)
        let genesis = builder.network.genesis.header
        #expect(try index.accept(genesis, in: builder.network, at: 0).id == index.genesis)
    }

    // MARK: Periods

    /// A chain of headers without work, `count` of them after the genesis block.
    private func chain(
        _ network: Network, count: Int, bits: UInt32, spacing: UInt32
    ) -> (BlockIndex, BlockID) {
        var index = BlockIndex(network: network)
        var parent = index.genesis
        let start = network.genesis.header.time
        for step in 1...count {
            parent = index.insertForTests(
                time: start + UInt32(step) * spacing, bits: bits, parent: parent)
        }
        return (index, parent)
    }

    @Test("Mainnet retargets at 2016 by the time of 2015 spacings, and never in between")
    func mainnet() {
        let network = Network.mainnet
        let (early, last) = chain(network, count: 2014, bits: 0x1d00_ffff, spacing: 300)
        #expect(early.nextBits(onto: last, time: 0, in: network) == 0x1d00_ffff)
        let (index, tip) = chain(network, count: 2015, bits: 0x1d00_ffff, spacing: 300)
        let time = Int64(2015 * 300)
        let target =
            UInt256.decodeCompact(0x1d00_ffff).value &* UInt64(time) / UInt64(1_209_600)
        #expect(index.nextBits(onto: tip, time: 0, in: network) == target.compact)
    }

    @Test("Testnet: twenty minutes and a second late, a block may be easy; the next is not bound")
    func minimumDifficulty() {
        let network = Network.testnet3
        var (index, tip) = chain(network, count: 2020, bits: 0x1c00_ffff, spacing: 600)
        let last = UInt32(index.time(of: tip))
        #expect(index.nextBits(onto: tip, time: last + 1200, in: network) == 0x1c00_ffff)
        #expect(index.nextBits(onto: tip, time: last + 1201, in: network) == 0x1d00_ffff)
        tip = index.insertForTests(time: last + 1201, bits: 0x1d00_ffff, parent: tip)
        // The walk back passes the easy block.
        #expect(index.nextBits(onto: tip, time: last + 1202, in: network) == 0x1c00_ffff)
    }

    @Test("BIP94 retargets from the first block of the period, the old rule from the last")
    func bip94() {
        for (network, start) in [(Network.testnet4, 0x1c00_ffff), (.testnet3, 0x1d00_ffff)] {
            var index = BlockIndex(network: network)
            var parent = index.genesis
            let begin = network.genesis.header.time
            for step in 1...4031 {
                let bits: UInt32 =
                    step < 2016 ? 0x1d00_ffff : step == 4031 ? 0x1d00_ffff : 0x1c00_ffff
                parent = index.insertForTests(
                    time: begin + UInt32(step) * 300, bits: bits, parent: parent)
            }
            let expected = network.consensus.bits(
                afterPeriodOf: UInt32(start), firstTime: 0, lastTime: 2015 * 300)
            #expect(index.nextBits(onto: parent, time: 0, in: network) == expected)
        }
    }

    @Test("BIP94: the first block of a period may be ten minutes before its parent, no more")
    func timewarp() throws {
        var network = Network.regtest
        network.consensus.enforcesBIP94 = true
        var chain = JudgedChain(network: network)
        try chain.mine(142)
        var plan = JudgedChain.Plan()
        plan.time = UInt32(chain.index.time(of: chain.tip)) + 5000
        try chain.connect(chain.makeBlock(plan))
        let late = UInt32(chain.index.time(of: chain.tip))
        func header(_ time: UInt32) -> BlockHeader {
            plan.time = time
            return chain.makeBlock(plan).header
        }
        #expect(chain.height == 143)
        try chain.index.check(
            header(late - 600), onto: chain.tip, in: network, at: chain.now)
        #expect(throws: HeaderError.timewarp) {
            try chain.index.check(
                header(late - 601), onto: chain.tip, in: network, at: chain.now)
        }
        try chain.index.check(
            header(late - 601), onto: chain.tip, in: .regtest, at: chain.now)
    }
}
