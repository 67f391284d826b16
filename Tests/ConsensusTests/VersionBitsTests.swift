import Consensus
import Genesis
import Primitives
import TestSupport
import Testing

@Suite("Votes on changes (BIP9)") struct VersionBitsTests {
    private let vote: Int32 = 0x3000_0000
    private let plain: Int32 = 0x2000_0000

    private var deployment: VersionBitsDeployment {
        VersionBitsDeployment(
            name: "testdummy", bit: 28, startTime: 1_500_000_000, timeout: 1_700_000_000,
            minimumActivationHeight: 0, period: 144, threshold: 108, isOptionalInTemplates: true)
    }

    /// Adds blocks dated `time`, the first `votes` of them voting.
    private func grow(
        _ index: inout BlockIndex, _ parent: inout BlockID, by count: Int, time: UInt32,
        votes: Int = 0
    ) {
        for step in 0..<count {
            parent = index.insertForTests(
                time: time, version: step < votes ? vote : plain, parent: parent)
        }
    }

    @Test("Defined, started, locked in, active: a period each")
    func success() {
        var index = BlockIndex(network: .regtest)
        var tip = index.genesis
        grow(&index, &tip, by: 143, time: 1_400_000_000)
        #expect(index.state(of: deployment, after: tip) == .defined)
        grow(&index, &tip, by: 144, time: 1_500_000_000)
        #expect(index.state(of: deployment, after: tip) == .started)
        // One vote too few.
        grow(&index, &tip, by: 144, time: 1_500_000_001, votes: 107)
        #expect(index.state(of: deployment, after: tip) == .started)
        grow(&index, &tip, by: 143, time: 1_500_000_002, votes: 108)
        #expect(index.state(of: deployment, after: tip) == .started)
        let info = index.info(of: deployment, at: tip)
        #expect(info.state == .started && info.nextState == .started && info.since == 288)
        #expect(info.statistics?.count == 108)
        #expect(info.statistics?.elapsed == 143)
        #expect(info.statistics?.isPossible == true)
        grow(&index, &tip, by: 1, time: 1_500_000_002)
        #expect(index.state(of: deployment, after: tip) == .lockedIn)
        grow(&index, &tip, by: 144, time: 1_500_000_003)
        #expect(index.state(of: deployment, after: tip) == .active)
        let active = index.info(of: deployment, at: tip)
        #expect(active.state == .lockedIn && active.nextState == .active)
        #expect(active.activeSince == 720)
        #expect(active.statistics?.threshold == 0)
    }

    @Test("Time runs out: failed for good")
    func failure() {
        var index = BlockIndex(network: .regtest)
        var tip = index.genesis
        grow(&index, &tip, by: 143, time: 1_500_000_000)
        #expect(index.state(of: deployment, after: tip) == .started)
        grow(&index, &tip, by: 144, time: 1_700_000_000)
        #expect(index.state(of: deployment, after: tip) == .failed)
        grow(&index, &tip, by: 144, time: 1_700_000_001, votes: 144)
        #expect(index.state(of: deployment, after: tip) == .failed)
        #expect(index.info(of: deployment, at: tip).statistics == nil)
    }

    @Test("Locked in, it waits for its height")
    func waiting() {
        var late = deployment
        late.minimumActivationHeight = 600
        var index = BlockIndex(network: .regtest)
        var tip = index.genesis
        grow(&index, &tip, by: 143, time: 1_500_000_000)
        grow(&index, &tip, by: 144, time: 1_500_000_001, votes: 144)
        grow(&index, &tip, by: 144, time: 1_500_000_001)
        #expect(index.state(of: late, after: tip) == .lockedIn)
        grow(&index, &tip, by: 144, time: 1_500_000_001)
        #expect(index.state(of: late, after: tip) == .lockedIn)
        grow(&index, &tip, by: 144, time: 1_500_000_001)
        #expect(index.state(of: late, after: tip) == .active)
    }

    @Test("Regtest votes for its dummy from the second period on; mainnet for nothing")
    func versions() throws {
        var chain = JudgedChain()
        #expect(chain.withIndex { $0.computeVersion(after: $0.genesis, in: .regtest) } == plain)
        try chain.mine(143)
        #expect(
            chain.withIndex { $0.computeVersion(after: $0.tip ?? $0.genesis, in: .regtest) }
                == vote)
        #expect(
            chain.withIndex { $0.computeVersion(after: $0.tip ?? $0.genesis, in: .mainnet) }
                == plain)
        var network = Network.regtest
        try network.apply(versionBits: "testdummy:-1:999")
        let always = network.consensus.deployments[0]
        #expect(chain.withIndex { $0.state(of: always, after: nil) } == .active)
    }
}
