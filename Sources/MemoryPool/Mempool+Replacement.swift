import Consensus
import Cryptography
import Notation
import Primitives

extension Mempool {
    // MARK: Version 3 (BIP431)

    static let restrictedVersion: UInt32 = 3
    static let restrictedSize = 10_000
    static let restrictedChildSize = 1_000

    /// A version 3 transaction has at most one parent and one child here, of its own kind.
    func checkTopology(_ candidate: inout Candidate) throws(MempoolRejection) {
        let entry = candidate.entry
        let isRestricted = entry.transaction.version == Self.restrictedVersion
        for parent in candidate.parents {
            let other = slots[Int(parent)].entry
            guard (other.transaction.version == Self.restrictedVersion) != isRestricted else {
                continue
            }
            let (own, its) =
                isRestricted ? ("version=3", "non-version=3") : ("non-version=3", "version=3")
            throw violation(
                "\(own) tx \(name(entry)) cannot spend from \(its) tx \(name(other))")
        }
        guard isRestricted else { return }
        let size = entry.virtualSize
        guard size <= Self.restrictedSize else {
            throw violation(
                "version=3 tx \(name(entry)) is too big: \(size) > \(Self.restrictedSize) virtual bytes"
            )
        }
        guard candidate.parents.count <= 1 else {
            throw violation("tx \(name(entry)) would have too many ancestors")
        }
        guard let parent = candidate.parents.first else { return }
        guard slots[Int(parent)].parents.isEmpty else {
            throw violation("tx \(name(entry)) would have too many ancestors")
        }
        guard size <= Self.restrictedChildSize else {
            throw violation(
                "version=3 child tx \(name(entry)) is too big: "
                    + "\(size) > \(Self.restrictedChildSize) virtual bytes")
        }
        try checkSiblings(of: &candidate, parent: parent)
    }

    /// The parent's other child, if there is one, is replaced: it alone, and only if it has no kin.
    private func checkSiblings(
        of candidate: inout Candidate, parent: Int32
    ) throws(MempoolRejection) {
        var descendants: Set<Int32> = []
        collectDescendants(of: parent, into: &descendants)
        descendants.remove(parent)
        guard let sibling = descendants.first,
            descendants.isDisjoint(with: candidate.directConflicts)
        else { return }
        var kin: Set<Int32> = []
        collectAncestors(of: sibling, into: &kin)
        guard descendants.count == 1, kin.count == 2 else {
            let entry = slots[Int(parent)].entry
            throw violation("tx \(name(entry)) would exceed descendant count limit")
        }
        candidate.directConflicts.insert(sibling)
        candidate.evictsSibling = true
    }

    private func violation(_ message: String) -> MempoolRejection {
        MempoolRejection(.mempoolPolicy, "TRUC-violation", message)
    }

    private func name(_ entry: MempoolEntry) -> String {
        "\(entry.txid.displayHex) (wtxid=\(entry.wtxid.displayHex))"
    }

    // MARK: Replacement (BIP125 as it is now: no signal needed)

    /// What conflicts is replaced if that pays: for what goes, for its own relay, and for miners.
    func checkReplacement(_ candidate: inout Candidate) throws(MempoolRejection) {
        guard !candidate.directConflicts.isEmpty else { return }
        let entry = candidate.entry
        let suffix = candidate.evictsSibling ? " (including sibling eviction)" : ""
        let id = entry.txid.displayHex
        let touched = Set(candidate.directConflicts.map { slots[Int($0)].cluster })
        guard touched.count <= MempoolPolicy.Limits.replacedClusters else {
            throw MempoolRejection(
                .mempoolPolicy, "too many potential replacements\(suffix)",
                "rejecting replacement \(id); too many conflicting clusters "
                    + "(\(touched.count) > \(MempoolPolicy.Limits.replacedClusters))")
        }
        for conflict in candidate.directConflicts {
            collectDescendants(of: conflict, into: &candidate.replaced)
        }
        let before = candidate.replaced.reduce(Int64(0)) {
            $0.addingClamped(slots[Int($1)].entry.modifiedFee)
        }
        guard entry.modifiedFee >= before else {
            throw MempoolRejection(
                .reconsiderable, "insufficient fee\(suffix)",
                "rejecting replacement \(id), less fees than conflicting txs; "
                    + "\(Decimal8.shortText(entry.modifiedFee)) < \(Decimal8.shortText(before))")
        }
        let added = entry.modifiedFee.subtractingReportingOverflow(before).partialValue
        let relay = policy.incrementalRelayFeeRate.fee(virtualSize: entry.virtualSize).satoshis
        guard added >= relay else {
            throw MempoolRejection(
                .reconsiderable, "insufficient fee\(suffix)",
                "rejecting replacement \(id), not enough additional fees to relay; "
                    + "\(Decimal8.shortText(added)) < \(Decimal8.shortText(relay))")
        }
        try checkClusterLimits(candidate)
        guard improvesDiagram(candidate) else {
            throw MempoolRejection(
                .reconsiderable, "replacement-failed",
                "insufficient feerate: does not improve feerate diagram")
        }
    }

    /// A transaction cannot spend from what it replaces.
    func checkConflictsAreNoAncestors(_ candidate: Candidate) throws(MempoolRejection) {
        guard !candidate.directConflicts.isEmpty else { return }
        var ancestors: Set<Int32> = []
        for parent in candidate.parents { collectAncestors(of: parent, into: &ancestors) }
        guard let both = ancestors.intersection(candidate.directConflicts).min() else { return }
        throw MempoolRejection(
            .consensus, "bad-txns-spends-conflicting-tx",
            "\(candidate.entry.txid.displayHex) spends conflicting transaction "
                + slots[Int(both)].entry.txid.displayHex)
    }

    // MARK: Clusters

    /// What the candidate joins must stay within the limits of a cluster.
    func checkClusterLimits(_ candidate: Candidate) throws(MempoolRejection) {
        let limit = Int64(policy.clusterVirtualSize) * 4
        let own = Int64(candidate.entry.adjustedWeight)
        let members = joined(by: candidate)
        let weight = members.reduce(own) { $0 + Int64(slots[Int($1)].entry.adjustedWeight) }
        guard members.count < policy.clusterCount, weight <= limit else {
            throw MempoolRejection(.mempoolPolicy, "too-large-cluster")
        }
    }

    /// The slots that would be connected with the candidate once what it replaces is gone.
    private func joined(by candidate: Candidate) -> Set<Int32> {
        var members: Set<Int32> = []
        if candidate.replaced.isEmpty {
            for parent in candidate.parents where !members.contains(parent) {
                members.formUnion(clusters[slots[Int(parent)].cluster]?.members ?? [])
            }
            return members
        }
        var queue = candidate.parents.filter { !candidate.replaced.contains($0) }
        members.formUnion(queue)
        while let next = queue.popLast() {
            for other in slots[Int(next)].parents + slots[Int(next)].children
            where !candidate.replaced.contains(other) && members.insert(other).inserted {
                queue.append(other)
            }
        }
        return members
    }

    /// Whether the clusters touched pay miners strictly better afterwards.
    private func improvesDiagram(_ candidate: Candidate) -> Bool {
        let involved = Set(
            (Array(candidate.replaced) + candidate.parents).map { slots[Int($0)].cluster })
        var before: [FeeFraction] = []
        var left: Set<Int32> = []
        for id in involved {
            guard let cluster = clusters[id] else { continue }
            before += cluster.chunks.map(\.rate)
            left.formUnion(cluster.members)
        }
        left.subtract(candidate.replaced)
        let own = joined(by: candidate)
        left.subtract(own)
        var after = chunks(of: Array(own).sorted(), adding: candidate)
        while let seed = left.first {
            let component = component(around: seed, within: &left).sorted()
            after += chunks(of: component, adding: nil)
        }
        return FeerateDiagram.improves(falling(after), on: falling(before))
    }

    private func chunks(of members: [Int32], adding candidate: Candidate?) -> [FeeFraction] {
        var nodes = nodes(of: members)
        if let candidate {
            var parents: UInt64 = 0
            for (index, member) in members.enumerated() where candidate.parents.contains(member) {
                parents |= 1 << UInt64(index)
            }
            nodes.append(
                Linearization.Node(
                    rate: candidate.entry.rate, parents: parents,
                    tieBreak: TieBreak(candidate.entry.txid)))
        }
        return Linearization(nodes).chunks.map(\.rate)
    }

    private func falling(_ chunks: [FeeFraction]) -> [FeeFraction] {
        chunks.sorted { $0.isHigherRate(than: $1) }
    }
}
