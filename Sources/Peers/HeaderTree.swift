public import Cryptography
public import Primitives

/// A header as the chain judged it, as much as the peers must know.
public struct HeaderRecord: Hashable, Sendable {
    public var hash: BlockHash
    public var previous: BlockHash
    public var height: Int
    public var time: UInt32
    public var bits: UInt32
    public var chainWork: UInt256
    /// Whether the block itself is on disk.
    public var hasData: Bool
    /// Whether the block was found invalid.
    public var isInvalid: Bool
    /// Whether the block is or was on disk.
    public var wasReceived: Bool

    public init(
        hash: BlockHash, previous: BlockHash, height: Int, time: UInt32, bits: UInt32,
        chainWork: UInt256, hasData: Bool, isInvalid: Bool, wasReceived: Bool = false
    ) {
        self.hash = hash
        self.previous = previous
        self.height = height
        self.time = time
        self.bits = bits
        self.chainWork = chainWork
        self.hasData = hasData
        self.isInvalid = isInvalid
        self.wasReceived = wasReceived || hasData
    }
}

/// The peers' own picture of all headers: what was accepted, what has arrived, where the tip is.
///
/// It follows the chain by `HeaderRecord`s and judges nothing. With it, what to ask of whom is
/// decided without waiting for the chain, which may be busy.
struct HeaderTree: Sendable {
    /// The place of a header. Never reused.
    struct Node: Hashable, Sendable {
        fileprivate let index: Int32
    }

    private struct Entry: Sendable {
        var hash: BlockHash
        var chainWork: UInt256
        var parent: Int32
        var skip: Int32
        var height: Int32
        var time: UInt32
        var bits: UInt32
        var hasData: Bool
        var isInvalid: Bool
        var wasReceived: Bool
        /// The block and all before it are here, or were.
        var isConnectable: Bool
    }

    private var entries: [Entry] = []
    private var places: [BlockHash: Int32] = [:]
    /// Blocks that are here while one before them is not, by the parent they wait for.
    private var waiting: [Int32: [Int32]] = [:]
    private(set) var tip = Node(index: 0)
    /// The header of most work that is not known to be invalid.
    private(set) var best = Node(index: 0)

    /// - Parameter genesis: the first header; its block counts as present.
    init(genesis: HeaderRecord) {
        entries.append(
            Entry(
                hash: genesis.hash, chainWork: genesis.chainWork, parent: -1, skip: -1, height: 0,
                time: genesis.time, bits: genesis.bits, hasData: true, isInvalid: false,
                wasReceived: true, isConnectable: true))
        places[genesis.hash] = 0
    }

    func find(_ hash: BlockHash) -> Node? { places[hash].map(Node.init) }
    func hash(_ node: Node) -> BlockHash { self[node].hash }
    func height(_ node: Node) -> Int { Int(self[node].height) }
    func time(_ node: Node) -> UInt32 { self[node].time }
    func bits(_ node: Node) -> UInt32 { self[node].bits }
    func chainWork(_ node: Node) -> UInt256 { self[node].chainWork }
    func hasData(_ node: Node) -> Bool { self[node].hasData }
    func wasReceived(_ node: Node) -> Bool { self[node].wasReceived }
    func isInvalid(_ node: Node) -> Bool { self[node].isInvalid }
    func isConnectable(_ node: Node) -> Bool { self[node].isConnectable }

    func parent(_ node: Node) -> Node? {
        let parent = self[node].parent
        return parent < 0 ? nil : Node(index: parent)
    }

    /// The median of the header's time and those of the ten before it.
    func medianTime(_ node: Node) -> UInt32 {
        var times: [UInt32] = []
        var at: Node? = node
        while let current = at, times.count < 11 {
            times.append(time(current))
            at = parent(current)
        }
        return times.sorted()[times.count / 2]
    }

    /// The work of the block alone.
    func work(_ node: Node) -> UInt256 {
        guard let parent = parent(node) else { return chainWork(node) }
        return chainWork(node) &- chainWork(parent)
    }

    private subscript(_ node: Node) -> Entry { entries[Int(node.index)] }
}

// MARK: - Walking

extension HeaderTree {
    /// The ancestor at a height, itself included; nil above it or below 0.
    func ancestor(of node: Node, height: Int) -> Node? {
        guard height >= 0, height <= self.height(node) else { return nil }
        var at = node.index
        while true {
            let entry = entries[Int(at)]
            guard Int(entry.height) > height else { return Node(index: at) }
            let canSkip = entry.skip >= 0 && Int(entries[Int(entry.skip)].height) >= height
            at = canSkip ? entry.skip : entry.parent
        }
    }

    func isAncestor(_ node: Node, of other: Node) -> Bool {
        ancestor(of: other, height: height(node)) == node
    }

    /// Whether the block is part of the chain that is in force.
    func isActive(_ node: Node) -> Bool { isAncestor(node, of: tip) }

    func lastCommonAncestor(_ left: Node, _ right: Node) -> Node {
        let height = min(self.height(left), self.height(right))
        var low = 0
        var high = height
        // The chains agree up to a height and nowhere above it.
        while low < high {
            let middle = (low + high + 1) / 2
            if ancestor(of: left, height: middle) == ancestor(of: right, height: middle) {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return ancestor(of: left, height: low) ?? Node(index: 0)
    }

    /// Hashes from a header back to the first, dense at first and then ever thinner.
    func locator(from node: Node) -> [BlockHash] {
        var hashes: [BlockHash] = []
        var at: Node? = node
        var step = 1
        while let current = at {
            hashes.append(hash(current))
            guard height(current) > 0 else { break }
            at = ancestor(of: current, height: max(height(current) - step, 0))
            if hashes.count > 10 { step *= 2 }
        }
        return hashes
    }
}

// MARK: - Following the chain

extension HeaderTree {
    /// Takes over what the chain knows of a header. Parents come first; a header whose parent is
    /// not known is left out.
    mutating func update(_ record: HeaderRecord) {
        if let place = places[record.hash] {
            let isReceived = record.wasReceived && !entries[Int(place)].wasReceived
            let turnsInvalid = record.isInvalid && !entries[Int(place)].isInvalid
            let turnsValid = !record.isInvalid && entries[Int(place)].isInvalid
            entries[Int(place)].hasData = record.hasData
            if record.wasReceived { entries[Int(place)].wasReceived = true }
            entries[Int(place)].isInvalid = record.isInvalid
            if isReceived { connect(from: place) }
            if turnsInvalid || turnsValid { chooseBest() }
            return
        }
        guard let parent = places[record.previous] else { return }
        let place = Int32(entries.count)
        let height = entries[Int(parent)].height + 1
        entries.append(
            Entry(
                hash: record.hash, chainWork: record.chainWork, parent: parent,
                skip: ancestor(
                    of: Node(index: parent), height: Self.skipHeight(Int(height)))?.index ?? -1,
                height: height, time: record.time, bits: record.bits, hasData: record.hasData,
                isInvalid: record.isInvalid || entries[Int(parent)].isInvalid,
                wasReceived: record.wasReceived, isConnectable: false))
        places[record.hash] = place
        if record.wasReceived { connect(from: place) }
        if !entries[Int(place)].isInvalid, record.chainWork > chainWork(best) {
            best = Node(index: place)
        }
    }

    mutating func setTip(_ hash: BlockHash) {
        guard let node = find(hash) else { return }
        tip = node
        if chainWork(tip) > chainWork(best) { best = tip }
    }

    /// Blocks may come before their parents: what waited for this one is connectable now.
    private mutating func connect(from place: Int32) {
        let parent = entries[Int(place)].parent
        guard parent < 0 || entries[Int(parent)].isConnectable else {
            waiting[parent, default: []].append(place)
            return
        }
        var queue = [place]
        while let next = queue.popLast() {
            entries[Int(next)].isConnectable = true
            queue += waiting.removeValue(forKey: next) ?? []
        }
    }

    private mutating func chooseBest() {
        best = tip
        for index in entries.indices {
            let parent = entries[index].parent
            if parent >= 0, entries[Int(parent)].isInvalid { entries[index].isInvalid = true }
            if !entries[index].isInvalid, entries[index].chainWork > chainWork(best) {
                best = Node(index: Int32(index))
            }
        }
    }

    /// Any height below will do; this one lets a walk end after about 2 log n steps, as in
    /// Bitcoin Core.
    private static func skipHeight(_ height: Int) -> Int {
        guard height >= 2 else { return 0 }
        func withoutLowestBit(_ number: Int) -> Int { number & (number - 1) }
        return height & 1 == 1
            ? withoutLowestBit(withoutLowestBit(height - 1)) + 1 : withoutLowestBit(height)
    }
}
