import MemoryPool
import Primitives

/// Where in a block each transaction stands that was chosen for it.
///
/// What stays keeps its place, so that little of a template changes with it: what is new takes the
/// places that became free, or is added at the end, and what stands last fills those still free.
/// Parents come before their children all the same.
struct BlockPlaces: Sendable {
    /// A transaction that is to get a place, its slot in the pool, and of which decision it is.
    struct Arrival: Sendable {
        var chosen: TemplateTransaction
        var slot: Int32
        var decision: Int32
    }

    /// Stands for no slot and for no decision.
    static let none: Int32 = -1
    /// Of those that wait for a place, how many are tried before one from the end is.
    private static let reach = 8

    private(set) var transactions = TemplateTransactions()
    /// Of each place, the slot in the pool of what stands there, and of each slot its place: true
    /// where the two agree, so that nothing is to be cleared.
    private var slots: [Int32] = []
    private var places: [Int32] = []
    /// Of each place, the decision by which it was filled.
    private var decisions: [Int32] = []

    init() {}

    /// Exactly these transactions, in this order.
    init(exactly transactions: [TemplateTransaction]) {
        var places: [Txid: Int] = [:]
        var made = transactions
        for index in made.indices {
            let transaction = made[index].transaction
            made[index].depends = (0..<transaction.inputs.count).compactMap {
                places[transaction.outPoint(at: $0).txid]
            }
            places[transaction.txid] = index + 1
        }
        self.transactions = TemplateTransactions(made)
    }

    // MARK: Changing

    /// Drops the transactions of decisions that got no new number, and gives places to others, which
    /// come parents first.
    ///
    /// What stays depends on nothing that goes or comes: it is of a cluster that did not change.
    ///
    /// - Returns: false if it takes too much moving, after which nothing here is of use.
    mutating func renew(
        numbers: [Int32], arrivals: [Arrival], in order: MiningOrder
    ) -> Bool {
        let limit = slots.isEmpty ? arrivals.count : slots.count / 4
        var free = renumber(numbers)[...]
        guard arrivals.count <= limit, free.count <= limit else { return false }
        var arrivals = arrivals
        var moved: [Arrival] = []
        var replacements: [Int: TemplateTransaction] = [:]
        while let place = free.first {
            dropFreeAtEnd()
            guard place < slots.count else { break }
            if let arrival = takeFitting(place, from: &arrivals, or: &moved, in: order) {
                replacements[place] = put(arrival, at: place, in: order)
                free.removeFirst()
            } else {
                guard moved.count < limit else { return false }
                moved.append(takeLast())
            }
        }
        let kept = slots.count
        var added: [TemplateTransaction] = []
        added.reserveCapacity(moved.count + arrivals.count)
        // What was last taken from the end stood before the others.
        for arrival in moved.reversed() { added.append(append(arrival, in: order)) }
        for arrival in arrivals { added.append(append(arrival, in: order)) }
        transactions.change(replacements, keeping: kept, adding: added)
        return true
    }

    /// Notes the new numbers of the decisions, and returns the places whose decision has none.
    private mutating func renumber(_ numbers: [Int32]) -> [Int] {
        var free: [Int] = []
        for place in decisions.indices {
            let number = numbers[Int(decisions[place])]
            decisions[place] = number
            if number == Self.none {
                slots[place] = Self.none
                free.append(place)
            }
        }
        return free
    }

    private mutating func dropFreeAtEnd() {
        while slots.last == Self.none {
            slots.removeLast()
            decisions.removeLast()
        }
    }

    private mutating func takeLast() -> Arrival {
        Arrival(
            chosen: transactions[slots.count - 1], slot: slots.removeLast(),
            decision: decisions.removeLast())
    }

    /// Takes out one that may stand at a place: its parents stand before it.
    private func takeFitting(
        _ place: Int, from arrivals: inout [Arrival], or moved: inout [Arrival],
        in order: MiningOrder
    ) -> Arrival? {
        func fits(_ arrival: Arrival) -> Bool {
            order.parents(ofSlot: arrival.slot).allSatisfy { parent in
                self.place(ofSlot: parent).map { $0 < place } ?? false
            }
        }
        if let index = arrivals.prefix(Self.reach).firstIndex(where: fits) {
            return arrivals.remove(at: index)
        }
        return moved.suffix(Self.reach).lastIndex(where: fits).map { moved.remove(at: $0) }
    }

    // MARK: Places

    private mutating func append(
        _ arrival: Arrival, in order: MiningOrder
    ) -> TemplateTransaction {
        slots.append(Self.none)
        decisions.append(Self.none)
        return put(arrival, at: slots.count - 1, in: order)
    }

    /// Gives a place to a transaction whose parents have theirs.
    private mutating func put(
        _ arrival: Arrival, at place: Int, in order: MiningOrder
    ) -> TemplateTransaction {
        var made = arrival.chosen
        let parents = order.parents(ofSlot: arrival.slot)
        if !parents.isEmpty {
            let places = parents.compactMap { slot in
                self.place(ofSlot: slot).map { (order.txid(inSlot: slot), $0 + 1) }
            }
            made.depends = (0..<made.transaction.inputs.count).compactMap { index in
                let txid = made.transaction.outPoint(at: index).txid
                return places.first { $0.0 == txid }?.1
            }
        }
        let slot = Int(arrival.slot)
        if slot >= places.count {
            places += repeatElement(0, count: max(slot + 1 - places.count, places.count))
        }
        places[slot] = Int32(place)
        slots[place] = arrival.slot
        decisions[place] = arrival.decision
        return made
    }

    private func place(ofSlot slot: Int32) -> Int? {
        guard Int(slot) < places.count else { return nil }
        let place = Int(places[Int(slot)])
        return place < slots.count && slots[place] == slot ? place : nil
    }
}
