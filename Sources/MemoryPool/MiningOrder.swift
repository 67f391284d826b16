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

    /// A transaction of a chunk.
    package struct Member: Sendable {
        package var entry: MempoolEntry
        /// A small number that is its own as long as it is in the pool.
        package var slot: Int32
        /// The pool's transactions it spends from, by slot.
        package var parents: [Int32]
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

    /// The name of the chunk that `next` will hand out.
    package var nextID: ChunkID? { pool.order.item(at: position)?.id }

    /// The transactions of a chunk, in the order to mine them.
    public func entries(of chunk: Chunk) -> [MempoolEntry] { members(of: chunk).map(\.entry) }

    package func members(of chunk: Chunk) -> [Member] {
        guard let cluster = pool.clusters[chunk.id.cluster] else { return [] }
        return cluster.members[Int(chunk.start)..<Int(chunk.end)].map { number in
            let slot = pool.slots[Int(number)]
            return Member(entry: slot.entry, slot: number, parents: slot.parents)
        }
    }

    /// The txid of a transaction in the pool.
    package func txid(inSlot slot: Int32) -> Txid { pool.slots[Int(slot)].entry.txid }
}
