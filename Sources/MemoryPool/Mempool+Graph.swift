import Cryptography
import Primitives

extension Mempool {
    // MARK: Entering

    /// Gives an entry a slot, ties it to its parents and children here, and orders its cluster.
    mutating func insert(_ entry: MempoolEntry) {
        let slot = occupySlot(with: entry)
        let transaction = entry.transaction
        byTxid[transaction.txid] = slot
        byWtxid[transaction.wtxid] = slot
        for index in 0..<transaction.inputs.count {
            let point = transaction.outPoint(at: index)
            spenders[point] = slot
            if let parent = byTxid[point.txid] { tie(parent: parent, child: slot) }
        }
        // Only one that comes back from a block can find its children here already.
        for index in 0..<transaction.outputs.count {
            let point = OutPoint(txid: transaction.txid, index: UInt32(index))
            if let child = spenders[point] { tie(parent: slot, child: child) }
        }
        totalVirtualSize += entry.virtualSize
        totalFee += entry.fee
        memoryUsage += entry.memoryUsage
        oldestTime = min(oldestTime, entry.time)
        updates &+= 1
        record(.added, transaction)
        join(slot)
    }

    private mutating func occupySlot(with entry: MempoolEntry) -> Int32 {
        let slot = Slot(entry: entry, parents: [], children: [], cluster: Slot.noCluster)
        if let place = vacant.popLast() {
            slots[Int(place)] = slot
            return place
        }
        slots.append(slot)
        return Int32(slots.count - 1)
    }

    private mutating func tie(parent: Int32, child: Int32) {
        guard !slots[Int(child)].parents.contains(parent) else { return }
        slots[Int(child)].parents.append(parent)
        slots[Int(parent)].children.append(child)
    }

    /// Merges the clusters around a new entry into one.
    private mutating func join(_ slot: Int32) {
        var members: [Int32] = []
        var merged: Set<Int> = []
        for neighbour in slots[Int(slot)].parents + slots[Int(slot)].children {
            let id = slots[Int(neighbour)].cluster
            guard merged.insert(id).inserted, let cluster = clusters.removeValue(forKey: id) else {
                continue
            }
            order.remove(cluster)
            members += cluster.members
            unsettled.remove(id)
        }
        members.append(slot)
        form(members)
    }

    // MARK: Leaving

    /// Takes one entry out. Its cluster is put in order by `settle`.
    mutating func detach(_ slot: Int32, reason: RemovalReason) {
        let place = slots[Int(slot)]
        let transaction = place.entry.transaction
        byTxid[transaction.txid] = nil
        byWtxid[transaction.wtxid] = nil
        for index in 0..<transaction.inputs.count {
            spenders[transaction.outPoint(at: index)] = nil
        }
        for parent in place.parents { slots[Int(parent)].children.removeAll { $0 == slot } }
        for child in place.children { slots[Int(child)].parents.removeAll { $0 == slot } }
        unsettled.insert(place.cluster)
        slots[Int(slot)].cluster = Slot.noCluster
        slots[Int(slot)].parents = []
        slots[Int(slot)].children = []
        vacatedSlots.append(slot)

        unbroadcast.remove(transaction.txid)
        totalVirtualSize -= place.entry.virtualSize
        totalFee -= place.entry.fee
        memoryUsage -= place.entry.memoryUsage
        updates &+= 1
        record(.removed(reason), transaction)
    }

    /// What hangs together with `seed` of those in `left`, taken out of them.
    func component(around seed: Int32, within left: inout Set<Int32>) -> [Int32] {
        var component: [Int32] = []
        var queue = [seed]
        left.remove(seed)
        while let next = queue.popLast() {
            component.append(next)
            for other in slots[Int(next)].parents + slots[Int(next)].children
            where left.remove(other) != nil {
                queue.append(other)
            }
        }
        return component
    }

    /// Orders again the clusters from which something was taken; they may have fallen apart.
    mutating func settle() {
        for id in unsettled {
            guard let cluster = clusters.removeValue(forKey: id) else { continue }
            order.remove(cluster)
            var left = Set(cluster.members.filter { slots[Int($0)].cluster == id })
            for member in cluster.members where left.contains(member) {
                form(component(around: member, within: &left))
            }
        }
        unsettled.removeAll(keepingCapacity: true)
        for slot in vacatedSlots { slots[Int(slot)].entry = .none }
        vacant += vacatedSlots
        vacatedSlots.removeAll(keepingCapacity: true)
    }

    private mutating func record(_ kind: MempoolChange.Kind, _ transaction: Transaction) {
        changes.append(MempoolChange(sequence: sequence, kind: kind, transaction: transaction))
        sequence &+= 1
    }

    // MARK: Clusters

    /// Makes a cluster of connected slots and finds its order.
    mutating func form(_ members: [Int32]) {
        let id = nextCluster
        nextCluster += 1
        let weight = members.reduce(into: Int64(0)) {
            $0 += Int64(slots[Int($1)].entry.adjustedWeight)
        }
        var cluster = Cluster(members: members, chunks: [], weight: weight)
        for member in members { slots[Int(member)].cluster = id }
        if members.count > Linearization.maximumCount {
            linearize(oversized: &cluster)
        } else {
            linearize(&cluster)
        }
        cluster.isOversized =
            members.count > policy.clusterCount
            || weight > Int64(policy.clusterVirtualSize) * 4
        place(cluster)
        order.insert(cluster, as: id)
        clusters[id] = cluster
    }

    private func linearize(_ cluster: inout Cluster) {
        let members = cluster.members
        let linear = Linearization(nodes(of: members))
        cluster.members = linear.order.map { members[$0] }
        var start = 0
        var previous: Cluster.Chunk?
        for chunk in linear.chunks {
            let slice = cluster.members[start..<start + chunk.count]
            let isSameRate = previous.map { $0.rate.isSameRate(as: chunk.rate) } ?? false
            let made = Cluster.Chunk(
                rate: chunk.rate, start: Int32(start), end: Int32(start + chunk.count),
                equalRatePrefix: chunk.rate.size
                    + (isSameRate ? previous?.equalRatePrefix ?? 0 : 0),
                last: slice.lazy.map { tieBreak($0) }.max() ?? TieBreak(.zero))
            cluster.chunks.append(made)
            previous = made
            start += chunk.count
        }
    }

    /// Parents before children, all in one chunk: enough until the cluster is trimmed.
    private func linearize(oversized cluster: inout Cluster) {
        var placed: Set<Int32> = []
        var ordered: [Int32] = []
        var waiting = cluster.members
        while !waiting.isEmpty {
            var left: [Int32] = []
            for member in waiting {
                if slots[Int(member)].parents.allSatisfy(placed.contains) {
                    placed.insert(member)
                    ordered.append(member)
                } else {
                    left.append(member)
                }
            }
            precondition(left.count < waiting.count, "transactions cannot form a ring")
            waiting = left
        }
        cluster.members = ordered
        let rate = ordered.reduce(FeeFraction.empty) { $0 + slots[Int($1)].entry.rate }
        cluster.chunks = [
            Cluster.Chunk(
                rate: rate, start: 0, end: Int32(ordered.count), equalRatePrefix: rate.size,
                last: ordered.lazy.map { tieBreak($0) }.max() ?? TieBreak(.zero))
        ]
    }

    /// Tells the members of a cluster where in it they stand.
    private mutating func place(_ cluster: Cluster) {
        for (number, chunk) in cluster.chunks.enumerated() {
            for position in chunk.start..<chunk.end {
                let slot = Int(cluster.members[Int(position)])
                slots[slot].position = position
                slots[slot].chunk = Int32(number)
            }
        }
    }

    /// The members as a linearization takes them.
    func nodes(of members: [Int32]) -> [Linearization.Node] {
        if members.count == 1 {
            let only = slots[Int(members[0])].entry
            return [Linearization.Node(rate: only.rate, parents: 0, tieBreak: TieBreak(only.txid))]
        }
        var places: [Int32: Int] = [:]
        for (index, member) in members.enumerated() { places[member] = index }
        return members.map { member in
            let slot = slots[Int(member)]
            var parents: UInt64 = 0
            for parent in slot.parents {
                if let place = places[parent] { parents |= 1 << UInt64(place) }
            }
            return Linearization.Node(
                rate: slot.entry.rate, parents: parents, tieBreak: TieBreak(slot.entry.txid))
        }
    }

    func tieBreak(_ slot: Int32) -> TieBreak { TieBreak(slots[Int(slot)].entry.txid) }

    // MARK: Walking

    /// `slot` and all that spend from it, at whatever distance, added to `found`.
    func collectDescendants(of slot: Int32, into found: inout Set<Int32>) {
        guard found.insert(slot).inserted else { return }
        var queue = [slot]
        while let next = queue.popLast() {
            for child in slots[Int(next)].children where found.insert(child).inserted {
                queue.append(child)
            }
        }
    }

    /// `slot` and all it depends on, at whatever distance, added to `found`.
    func collectAncestors(of slot: Int32, into found: inout Set<Int32>) {
        guard found.insert(slot).inserted else { return }
        var queue = [slot]
        while let next = queue.popLast() {
            for parent in slots[Int(next)].parents where found.insert(parent).inserted {
                queue.append(parent)
            }
        }
    }
}
