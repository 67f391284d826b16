package import Primitives

/// The pool's chunks, best paying first, as a block takes them.
///
/// A snapshot: changes to the pool do not show in it.
public struct MiningOrder: Sendable, IteratorProtocol {
    /// Transactions mined together, parents before children.
    public struct Chunk: Sendable {
        public var id: ChunkID
        /// Modified fees over adjusted weights.
        public var rate: FeeFraction
        /// Where in its cluster it begins, and where the next one does.
        fileprivate var start: Int32
        fileprivate var end: Int32
    }

    private let pool: Mempool
    private var position = ChunkOrder.Position()

    public init(_ pool: Mempool) { self.pool = pool }

    /// The best chunk not handed out yet.
    public mutating func next() -> Chunk? {
        guard let item = pool.order.item(at: position) else { return nil }
        pool.order.advance(&position)
        return Chunk(
            id: item.id, rate: item.chunk.rate, start: item.chunk.start, end: item.chunk.end)
    }

    /// Whether the pool has the chunks of that name, handed out already or still to come.
    package func hasCluster(_ number: Int) -> Bool { pool.clusters[number] != nil }

    // MARK: Transactions

    /// The transactions of a chunk, in the order to mine them.
    public func entries(of chunk: Chunk) -> [MempoolEntry] {
        slots(of: chunk).map { entry(inSlot: $0) }
    }

    /// The same by their slots: small numbers that are theirs as long as they are in the pool.
    package func slots(of chunk: Chunk) -> ArraySlice<Int32> {
        guard let cluster = pool.clusters[chunk.id.cluster] else { return [] }
        return cluster.members[Int(chunk.start)..<Int(chunk.end)]
    }

    package func entry(inSlot slot: Int32) -> MempoolEntry { pool.slots[Int(slot)].entry }

    package func txid(inSlot slot: Int32) -> Txid { pool.slots[Int(slot)].entry.txid }

    /// The pool's transactions that one of them spends from.
    package func parents(ofSlot slot: Int32) -> [Int32] { pool.slots[Int(slot)].parents }
}
