public import MemoryPool

/// The choices made last, one a purpose, to be made anew where the pool has changed.
public struct SelectionShelf: Sendable {
    /// A node makes templates for its own threads, for its clients and for `getblocktemplate`.
    private static let limit = 4

    /// The one used last stands last.
    private var kept: [BlockSelection] = []
    private let orderedCount: Int

    public init() { self.init(orderedCount: BlockSelection.orderedCount) }

    /// - Parameter orderedCount: blocks of fewer transactions are always in the order of the choice.
    package init(orderedCount: Int) { self.orderedCount = orderedCount }

    /// The first of the assembler's two steps, with what is kept here.
    public mutating func choose(
        for assembler: BlockAssembler, from mempool: Mempool, onto context: TemplateContext,
        paying payee: Payee
    ) throws(PayoutError) -> BlockSelection {
        let rules = try assembler.rules(onto: context, paying: payee)
        // Those for another place in the chain would only hold memory.
        kept.removeAll {
            $0.rules.height != rules.height || $0.rules.medianTimePast != rules.medianTimePast
        }
        var selection: BlockSelection
        if let index = kept.firstIndex(where: { $0.rules == rules }) {
            selection = kept.remove(at: index)
        } else {
            if kept.count == Self.limit { kept.removeFirst() }
            selection = BlockSelection(rules, orderedCount: orderedCount)
        }
        selection.renew(from: mempool)
        kept.append(selection)
        return selection
    }
}
