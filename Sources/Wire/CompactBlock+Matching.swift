public import Cryptography
public import Primitives

extension CompactBlock {
    /// Whether every place of the block has either a short id or a transaction.
    public var isWhole: Bool {
        guard count > 0 else { return false }
        // Places rise strictly, so that before each stand all prefilled ones before it, and ids.
        return prefilled.enumerated().allSatisfy { $1.index <= shortIds.count + $0 }
    }
}

/// Finds the transactions of a compact block among those at hand.
public struct CompactBlockMatcher: Sendable {
    private let key: CompactBlock.Key
    private let places: [UInt64: Int]
    private var doubtful: Set<Int> = []

    /// What was found so far, by the places in the block. Where two have the same short id, neither
    /// is: to ask costs less than to have taken the wrong one.
    public private(set) var found: [Int: Transaction] = [:]

    /// Nil where two transactions of the block have the same short id.
    public init?(_ block: CompactBlock) {
        var places: [UInt64: Int] = [:]
        places.reserveCapacity(block.shortIds.count)
        let taken = Set(block.prefilled.map(\.index))
        var place = 0
        for id in block.shortIds {
            while taken.contains(place) { place += 1 }
            guard places.updateValue(place, forKey: id) == nil else { return nil }
            place += 1
        }
        self.places = places
        key = block.key
    }

    /// Whether a transaction seems to be in the block.
    public func isWanted(_ wtxid: Wtxid) -> Bool { places[key.shortId(of: wtxid)] != nil }

    public mutating func take(_ transaction: Transaction, _ wtxid: Wtxid) {
        guard let place = places[key.shortId(of: wtxid)], !doubtful.contains(place) else { return }
        guard found.updateValue(transaction, forKey: place) != nil else { return }
        found[place] = nil
        doubtful.insert(place)
    }
}
