public import Cryptography
public import Genesis
public import Primitives

/// The tree of all headers we know, the chain in it that is active, and the tips that could be.
///
/// It holds no file: whoever persists it asks for what has changed. Nodes stand in one array in the
/// order in which they came, parents before children, and are addressed by their place in it.
public struct BlockIndex: Sendable {
    static let sequenceOfBestChain: Int32 = 0
    static let sequenceFromDisk: Int32 = 1

    var nodes: [BlockNode] = []
    var places: [BlockHash: BlockID] = [:]

    /// The active chain, by height.
    var activeChain: [BlockID] = []
    /// Tips with all their transactions and at least the work of the active one; the best is last.
    var candidates: [BlockID] = []
    /// Blocks whose transactions came before their parent's, by parent.
    var unlinked: [BlockID: [BlockID]] = [:]
    /// The header with the most work that is not known to be invalid.
    public internal(set) var bestHeader = BlockID(rawValue: 0)
    /// The invalid block with the most work.
    public internal(set) var bestInvalid: BlockID?
    /// The block whose coins are taken on trust while the blocks up to it are still being checked.
    /// Only what builds on it can become active.
    public internal(set) var assumedBase: BlockID?

    var changed: Set<BlockID> = []
    var nextSequence: Int32 = sequenceFromDisk + 1
    var preciousSequence: Int32 = -1
    var lastPreciousWork = UInt256.zero
    var versionBits = VersionBitsCache()
    private var lastWork: (bits: UInt32, work: UInt256) = (0, .zero)

    /// An index that holds the network's genesis header and nothing else.
    public init(network: Network) {
        let genesis = network.genesis
        _ = insert(genesis.header, hash: genesis.hash, parent: nil)
    }

    init() {}
}

// MARK: Looking up

extension BlockIndex {
    /// How many headers there are.
    public var count: Int { nodes.count }

    /// The first block.
    public var genesis: BlockID { BlockID(rawValue: 0) }

    /// All places, parents before children.
    public var ids: some RandomAccessCollection<BlockID> {
        (0..<Int32(nodes.count)).lazy.map(BlockID.init(rawValue:))
    }

    public subscript(id: BlockID) -> BlockNode {
        nodes[Int(id.rawValue)]
    }

    public func find(_ hash: BlockHash) -> BlockID? { places[hash] }

    public func contains(_ hash: BlockHash) -> Bool { places[hash] != nil }

    public func node(_ hash: BlockHash) -> BlockNode? {
        find(hash).map { self[$0] }
    }

    public func hash(of id: BlockID) -> BlockHash { nodes[Int(id.rawValue)].hash }
    public func height(of id: BlockID) -> Int { nodes[Int(id.rawValue)].height }
    public func parent(of id: BlockID) -> BlockID? { nodes[Int(id.rawValue)].parent }
    public func time(of id: BlockID) -> Int64 { Int64(nodes[Int(id.rawValue)].time) }
    public func bits(of id: BlockID) -> UInt32 { nodes[Int(id.rawValue)].bits }
    public func status(of id: BlockID) -> BlockStatus { nodes[Int(id.rawValue)].status }
    public func chainWork(of id: BlockID) -> UInt256 { nodes[Int(id.rawValue)].chainWork }

    public func header(_ id: BlockID) -> BlockHeader {
        let node = self[id]
        return BlockHeader(
            version: node.version, previous: node.parent.map(hash(of:)) ?? .zero,
            merkleRoot: node.merkleRoot, time: node.time, bits: node.bits, nonce: node.nonce)
    }

    /// What is to be kept of the block on disk.
    public func record(_ id: BlockID) -> BlockRecord {
        let node = self[id]
        return BlockRecord(
            header: header(id), height: node.height, status: node.status,
            transactionCount: node.transactionCount, file: node.file,
            dataPosition: node.dataPosition, undoPosition: node.undoPosition)
    }
}

// MARK: Adding and changing

extension BlockIndex {
    /// Adds a header whose parent is known. A header that is there already stays as it is.
    ///
    /// Nothing is checked here: see `accept(_:in:at:workChecked:)`.
    package mutating func insert(
        _ header: BlockHeader, hash: BlockHash, parent: BlockID?
    ) -> BlockID {
        if let id = places[hash] { return id }
        let id = BlockID(rawValue: Int32(nodes.count))
        var work = work(of: header.bits)
        var height = 0
        var maximumTime = header.time
        var skip: BlockID?
        if let parent {
            let node = self[parent]
            work = work &+ node.chainWork
            height = node.height + 1
            maximumTime = max(maximumTime, node.maximumTime)
            skip = ancestor(of: parent, at: Self.skipHeight(height))
        }
        var status = BlockStatus(rawValue: 0)
        status.validity = .tree
        nodes.append(
            BlockNode(
                hash: hash, header: header, parent: parent, skip: skip, height: height,
                chainWork: work, maximumTime: maximumTime, status: status))
        places[hash] = id
        changed.insert(id)
        if work > chainWork(of: bestHeader) { bestHeader = id }
        return id
    }

    /// Neighbours mostly have the same bits, and the work behind them costs a long division.
    private mutating func work(of bits: UInt32) -> UInt256 {
        if lastWork.bits != bits { lastWork = (bits, ProofOfWork.work(bits: bits)) }
        return lastWork.work
    }

    /// Changes a node, and remembers that it was changed.
    mutating func update(_ id: BlockID, _ change: (inout BlockNode) -> Void) {
        change(&nodes[Int(id.rawValue)])
        changed.insert(id)
    }

    /// The blocks that were added or changed since this was last asked, parents before children:
    /// what has to be written with the next batch.
    public mutating func takeChanged() -> [BlockID] {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.sorted()
    }

    /// Whether a write is due.
    public var hasChanged: Bool { !changed.isEmpty }

    /// Notes where the undo data of a block lies, in the undo file beside its block file.
    public mutating func setUndo(_ id: BlockID, position: UInt32) {
        update(id) { node in
            node.undoPosition = position
            node.status.hasUndo = true
        }
    }

    /// Notes that the data or undo data of a block is no longer kept.
    public mutating func dropData(_ id: BlockID) {
        update(id) { node in
            node.status.hasData = false
            node.status.hasUndo = false
            node.file = 0
            node.dataPosition = 0
            node.undoPosition = 0
        }
    }

    /// Notes that a block was checked as far as `validity`, unless it is known to be invalid.
    public mutating func raiseValidity(_ id: BlockID, to validity: BlockStatus.Validity) {
        let status = status(of: id)
        guard !status.isFailed, status.validity < validity else { return }
        update(id) { $0.status.validity = validity }
    }
}
