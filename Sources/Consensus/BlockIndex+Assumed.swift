/// A chain whose first part is taken on trust: the coins as of a block, its base, came from outside,
/// and the blocks up to it are checked later (Bitcoin Core's assumeutxo).
extension BlockIndex {
    /// Makes a block the tip though the blocks up to it may not be here.
    ///
    /// - Parameter transactionCount: of the chain up to and with the block.
    public mutating func assume(_ base: BlockID, transactionCount: UInt64) {
        assumedBase = base
        // Not kept with the block, but with what is assumed.
        nodes[Int(base.rawValue)].chainTransactionCount = transactionCount
        setActive(base)
        candidates.removeAll()
        linkChildren(of: base)
    }

    /// Notes that the blocks up to the base were checked: from here on this is a chain like any
    /// other, which may be left below the base as well.
    public mutating func confirmAssumption() {
        assumedBase = nil
        for id in ids where isConnectable(id) && !status(of: id).isFailed { tryCandidate(id) }
    }

    /// Notes that what was connected on top of the base was connected to coins that are wrong.
    public mutating func forgetConnections(above base: BlockID) {
        for id in descendants(of: base) {
            let status = status(of: id)
            guard status.hasUndo || status.validity > .transactions else { continue }
            update(id) { node in
                node.status.hasUndo = false
                node.undoPosition = 0
                node.status.validity = min(node.status.validity, .transactions)
            }
        }
    }

    /// Exchanges the active chain for another, kept elsewhere, by height.
    public mutating func exchangeActive(_ chain: inout [BlockID]) { swap(&activeChain, &chain) }

    /// The chain from genesis to a block, by height.
    public func chain(to id: BlockID) -> [BlockID] {
        var chain: [BlockID] = []
        var walk: BlockID? = id
        while let here = walk {
            chain.append(here)
            walk = parent(of: here)
        }
        return chain.reversed()
    }
}
