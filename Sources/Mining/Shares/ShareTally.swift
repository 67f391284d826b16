public import Cryptography

/// The newest shares, by whom and of how much work, from which the window is taken.
public struct ShareTally: Sendable {
    /// How many shares a window spans at most. Part of the rules: whoever checks must know it.
    public static let limit = 1 << 20

    private struct Item {
        var member: Int
        var work: UInt64
    }

    private let limit: Int
    /// A ring once it is full.
    private var items: [Item] = []
    /// Where the oldest stands.
    private var oldest = 0
    private var names: [String] = []
    /// By the bytes of the name, as windows are.
    private var numbers: [[UInt8]: Int] = [:]

    public init() { self.init(limit: Self.limit) }

    public init(limit: Int) { self.limit = max(limit, 1) }

    public var count: Int { items.count }

    public mutating func add(name: String, work: UInt64) {
        let member: Int
        let bytes = Array(name.utf8)
        if let known = numbers[bytes] {
            member = known
        } else {
            member = names.count
            names.append(name)
            numbers[bytes] = member
        }
        let item = Item(member: member, work: work)
        guard items.count == limit else { return items.append(item) }
        items[oldest] = item
        oldest = (oldest + 1) % limit
    }

    /// The window of the newest `size` hashes.
    ///
    /// - Parameter root: the hash of the newest share's entry.
    public func window(size: UInt64, root: Hash256) -> ShareWindow {
        var left = size
        var sums = [UInt64](repeating: 0, count: names.count)
        var place = oldest
        for _ in 0..<items.count where left > 0 {
            place = place == 0 ? items.count - 1 : place - 1
            let item = items[place]
            let counted = min(item.work, left)
            left -= counted
            // No more than `size` in all, so it fits.
            sums[item.member] += counted
        }
        var work: [[UInt8]: Int64] = [:]
        for (name, sum) in zip(names, sums) where sum > 0 {
            work[Array(name.utf8)] = Int64(clamping: sum)
        }
        return ShareWindow(root: root, work: work)
    }

    /// How many shares each member has among these, and the hashes they stand for.
    public var totals: [(name: String, shares: Int, work: UInt64)] {
        var sums = names.map { (name: $0, shares: 0, work: UInt64(0)) }
        for item in items {
            sums[item.member].shares += 1
            let (sum, overflow) = sums[item.member].work.addingReportingOverflow(item.work)
            sums[item.member].work = overflow ? .max : sum
        }
        return sums
    }

    /// The fewest hashes of a share of which as many as a window spans at most fill one for a block of
    /// these bits.
    public static func leastWork(bits: UInt32, factor: Int) -> UInt64 {
        let size = windowSize(bits: bits, factor: factor)
        return size / UInt64(limit) + (size % UInt64(limit) > 0 ? 1 : 0)
    }

    /// The size of the window for a block of these bits, in hashes.
    public static func windowSize(bits: UInt32, factor: Int) -> UInt64 {
        let (size, overflow) = ShareWork.work(bits: bits)
            .multipliedReportingOverflow(by: UInt64(max(factor, 1)))
        return overflow ? .max : size
    }
}
