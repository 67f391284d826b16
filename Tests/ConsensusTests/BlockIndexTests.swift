import Consensus
import Cryptography
import Genesis
import Primitives
import TestSupport
import Testing

@Suite("The header tree") struct BlockIndexTests {
    private let network = Network.regtest

    /// An index with the genesis block active.
    private func makeIndex() -> BlockIndex {
        var index = BlockIndex(network: network)
        index.received(index.genesis, transactionCount: 1, file: 0, dataPosition: 8, in: network)
        index.raiseValidity(index.genesis, to: .scripts)
        index.setActive(index.genesis)
        return index
    }

    /// Adds headers in a row; `seed` tells branches apart.
    private func grow(
        _ index: inout BlockIndex, from parent: BlockID, by count: Int, seed: UInt32 = 0
    ) -> [BlockID] {
        var parent = parent
        return (0..<count).map { _ in
            parent = index.insertForTests(
                time: UInt32(index.time(of: parent)) + 1, parent: parent, nonce: seed)
            return parent
        }
    }

    private func receive(_ index: inout BlockIndex, _ ids: some Sequence<BlockID>) {
        for id in ids {
            index.received(id, transactionCount: 2, file: 0, dataPosition: 100, in: network)
        }
    }

    @Test("Any ancestor is found, and where two branches part")
    func ancestry() {
        var index = makeIndex()
        let trunk = [index.genesis] + grow(&index, from: index.genesis, by: 700)
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<40 {
            let fork = Int.random(in: 0...700, using: &generator)
            let seed = UInt32.random(in: 1...UInt32.max, using: &generator)
            let length = Int.random(in: 1...60, using: &generator)
            let branch = grow(&index, from: trunk[fork], by: length, seed: seed)
            let tip = branch[branch.count - 1]
            let other = Int.random(in: 0...700, using: &generator)
            #expect(index.lastCommonAncestor(tip, trunk[other]) == trunk[min(fork, other)])
            #expect(index.lastCommonAncestor(trunk[other], tip) == trunk[min(fork, other)])
            let height = Int.random(in: 0...fork, using: &generator)
            #expect(index.ancestor(of: tip, at: height) == trunk[height])
            #expect(index.descends(tip, from: trunk[height]))
            #expect(index.ancestor(of: tip, at: fork + length + 1) == nil)
            #expect(index.ancestor(of: tip, at: -1) == nil)
        }
    }

    @Test("The median is of eleven times, or of as many as there are, in any order")
    func median() {
        var index = makeIndex()
        var times = [index.time(of: index.genesis)]
        var parent = index.genesis
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<40 {
            let time = UInt32.random(in: 1...1000, using: &generator)
            parent = index.insertForTests(time: time, parent: parent)
            times.append(Int64(time))
            let window = times.suffix(11).sorted()
            #expect(index.medianTimePast(of: parent) == window[window.count / 2])
        }
    }

    @Test("A locator goes back one by one, then in doubling steps, to the genesis block")
    func locator() throws {
        var index = makeIndex()
        let chain = [index.genesis] + grow(&index, from: index.genesis, by: 100)
        let heights = index.locator(from: chain[100]).compactMap {
            index.find($0).map(index.height(of:))
        }
        #expect(
            heights == [100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89, 87, 83, 75, 59, 27, 0])
        #expect(index.locator(from: index.genesis) == [network.genesisHash])

        receive(&index, chain.dropFirst())
        index.setActive(chain[60])
        #expect(index.fork(locator: index.locator(from: chain[100])) == chain[60])
        #expect(index.fork(locator: [Hash256.max]) == index.genesis)
        #expect(index.fork(of: chain[100]) == chain[60])
        #expect(index.next(of: chain[59]) == chain[60])
        #expect(index.next(of: chain[60]) == nil)
    }

    @Test("The active chain follows its tip forwards, backwards and across a fork")
    func active() {
        var index = makeIndex()
        let first = grow(&index, from: index.genesis, by: 10)
        let second = grow(&index, from: first[4], by: 8, seed: 9)
        for tip in [first[9], second[7], first[2], second[0], index.genesis] {
            index.setActive(tip)
            #expect(index.tip == tip)
            #expect(index.activeHeight == index.height(of: tip))
            for height in 0...index.activeHeight {
                #expect(index.active(at: height) == index.ancestor(of: tip, at: height))
            }
        }
        #expect(!index.isActive(first[0]))
    }

    @Test("Blocks become candidates when all before them are there, whatever their order")
    func candidates() {
        var index = makeIndex()
        let chain = grow(&index, from: index.genesis, by: 5)
        receive(&index, [chain[4], chain[2], chain[1]])
        #expect(index.bestCandidate() == index.genesis)
        #expect(index[chain[1]].chainTransactionCount == 0)
        receive(&index, [chain[0]])
        #expect(index.bestCandidate() == chain[2])
        #expect(index[chain[2]].chainTransactionCount == 7)
        receive(&index, [chain[3]])
        #expect(index.bestCandidate() == chain[4])
        index.setActive(chain[4])
        index.pruneCandidates()
        #expect(index.bestCandidate() == chain[4])
        #expect(index.missing(toward: chain[4], limit: 10).isEmpty)
    }

    @Test("Of two branches with the same work, the one heard of first is kept")
    func firstSeen() {
        var index = makeIndex()
        let first = grow(&index, from: index.genesis, by: 2)
        let second = grow(&index, from: index.genesis, by: 2, seed: 1)
        receive(&index, first + second)
        #expect(index.bestCandidate() == first[1])
        index.setActive(first[1])
        index.pruneCandidates()
        #expect(index.bestCandidate() == first[1])
        let isPreferred = index.prefer(second[1])
        #expect(isPreferred)
        #expect(index.bestCandidate() == second[1])
        index.setActive(second[1])
        let more = grow(&index, from: first[1], by: 1)
        receive(&index, more)
        #expect(index.bestCandidate() == more[0])
        let isGenesisPreferred = index.prefer(index.genesis)
        #expect(!isGenesisPreferred)
    }

    @Test("A failed block takes its descendants with it, and the best header")
    func failure() {
        var index = makeIndex()
        let trunk = grow(&index, from: index.genesis, by: 4)
        let branch = grow(&index, from: trunk[1], by: 5, seed: 3)
        receive(&index, trunk + branch)
        #expect(index.bestHeader == branch[4])
        index.setActive(trunk[3])
        index.markFailed(branch[1])
        #expect(index.bestHeader == trunk[3])
        #expect(index.bestInvalid == branch[1])
        #expect(index.bestCandidate() == trunk[3])
        #expect(branch.dropFirst().allSatisfy { index.status(of: $0).isFailed })
        #expect(!index.status(of: branch[0]).isFailed)

        index.reconsider(branch[3])
        #expect(branch.allSatisfy { !index.status(of: $0).isFailed })
        #expect(index.bestHeader == branch[4])
        #expect(index.bestCandidate() == branch[4])
    }

    @Test("An operator condemns the active chain's end, and the next best is a candidate")
    func invalidate() {
        var index = makeIndex()
        let trunk = grow(&index, from: index.genesis, by: 6)
        let branch = grow(&index, from: trunk[0], by: 3, seed: 3)
        receive(&index, trunk + branch)
        index.setActive(trunk[5])
        index.pruneCandidates()
        index.setActive(trunk[1])
        index.invalidate(trunk[2])
        #expect(index.bestCandidate() == branch[2])
        #expect(index.chainTips().map(\.status) == [.invalid, .validHeaders, .active])
        index.reconsider(trunk[2])
        #expect(index.bestCandidate() == trunk[5])
    }

    @Test("A candidate whose blocks are gone is dropped until they come again")
    func missingData() {
        var index = makeIndex()
        let chain = grow(&index, from: index.genesis, by: 3)
        receive(&index, chain)
        index.dropData(chain[1])
        #expect(index.bestCandidate() == chain[0])
        receive(&index, [chain[1]])
        #expect(index.bestCandidate() == chain[2])
    }

    @Test("Branches end as Core describes them")
    func tips() {
        var index = makeIndex()
        let trunk = grow(&index, from: index.genesis, by: 5)
        let bare = grow(&index, from: trunk[0], by: 2, seed: 1)
        let full = grow(&index, from: trunk[0], by: 1, seed: 2)
        let run = grow(&index, from: trunk[1], by: 1, seed: 3)
        receive(&index, trunk + full + run)
        index.raiseValidity(run[0], to: .scripts)
        index.setActive(trunk[4])
        let tips = index.chainTips()
        #expect(tips.map(\.id) == [trunk[4], bare[1], run[0], full[0]])
        #expect(
            tips.map(\.status.rawValue) == [
                "active", "headers-only", "valid-fork", "valid-headers",
            ])
        #expect(tips.map(\.branchLength) == [0, 2, 1, 1])
    }

    @Test("What is missing is asked for from below, within the window, the unwanted left out")
    func missing() {
        var index = makeIndex()
        let chain = grow(&index, from: index.genesis, by: 30)
        receive(&index, [chain[2]])
        #expect(
            index.missing(toward: chain[29], limit: 4) == [chain[0], chain[1], chain[3], chain[4]])
        #expect(index.missing(toward: chain[29], window: 3, limit: 9) == [chain[0], chain[1]])
        #expect(
            index.missing(toward: chain[4], limit: 9, where: { $0.height != 1 })
                == [chain[1], chain[3], chain[4]])
        index.markFailed(chain[3])
        #expect(index.missing(toward: chain[29], limit: 9) == [chain[0], chain[1]])
    }

    @Test("What was written down makes the same index again")
    func reload() throws {
        var index = JudgedChain()
        try index.mine(30)
        let fork = index.index.active(at: 20) ?? index.index.genesis
        var tree = index.index
        var plan = JudgedChain.Plan()
        plan.reward = .zero
        let side = try tree.accept(
            index.makeBlock(onto: fork, plan).header, in: network, at: index.now
        ).id
        tree.markFailed(side)
        var generator = SeededGenerator(seed: 12)
        let records = tree.ids.map(tree.record)
        let again = try BlockIndex(
            network: network, records: records.shuffled(using: &generator), tip: tree.hash(of: index.tip))
        #expect(again.count == tree.count)
        for id in tree.ids {
            let node = tree[id]
            let copy = try #require(again.node(node.hash))
            #expect(copy.height == node.height && copy.chainWork == node.chainWork)
            #expect(copy.status == node.status)
            #expect(copy.chainTransactionCount == node.chainTransactionCount)
            #expect(copy.maximumTime == node.maximumTime)
        }
        #expect(again.activeHeight == 30)
        #expect(again.hash(of: again.bestHeader) == tree.hash(of: tree.bestHeader))
        #expect(again.bestInvalid.map(again.hash(of:)) == tree.hash(of: side))
        #expect(!again.hasChanged)
        #expect(tree.takeChanged().count == tree.count)
        #expect(tree.takeChanged().isEmpty)

        var orphaned = records
        orphaned.removeAll { $0.height == 7 }
        #expect(throws: BlockIndexError.self) {
            try BlockIndex(network: network, records: orphaned, tip: nil)
        }
        #expect(throws: BlockIndexError.foreignGenesis(network.genesisHash)) {
            try BlockIndex(network: .yard, records: records, tip: nil)
        }
        #expect(throws: BlockIndexError.missingTip(.max)) {
            try BlockIndex(network: network, records: records, tip: .max)
        }
    }

    @Test("Scripts are taken on trust only below the known block, two weeks of work deep")
    func trust() {
        var index = makeIndex()
        let chain = grow(&index, from: index.genesis, by: 3000)
        let trusted = index.hash(of: chain[2500])
        func reason(
            _ id: BlockID, _ hash: BlockHash?, least work: UInt256 = .zero
        ) -> Distrust? {
            index.distrust(of: id, assumeValid: hash, minimumChainWork: work, in: network)
        }
        // 2016 blocks of ten minutes are two weeks.
        #expect(reason(chain[2999 - 2017], trusted) == nil)
        #expect(reason(chain[2999 - 2016], trusted) == .tooRecent)
        #expect(reason(chain[2501], trusted) == .aboveAssumed)
        #expect(reason(chain[10], nil) == .nothingAssumed)
        #expect(reason(chain[10], .max) == .assumedUnknown)
        let work = index.chainWork(of: chain[2999])
        #expect(reason(chain[10], trusted, least: work &+ 1) == .tooLittleWork)
        #expect(reason(chain[10], trusted, least: work) == nil)
        let branch = grow(&index, from: chain[9], by: 20, seed: 1)
        #expect(reason(branch[0], trusted) == .besideAssumed)
        #expect(reason(branch[0], index.hash(of: branch[19])) == .besideBest)
    }
}
