import Cryptography
import Primitives
import Wire

extension Swarm {
    /// Filters sent in answer to one question (Core's MAX_GETCFILTERS_SIZE).
    static let filterLimit = 1000
    /// Hashes of filters sent in answer to one question (Core's MAX_GETCFHEADERS_SIZE).
    static let filterHeaderLimit = 2000
    /// Blocks from one checkpoint to the next.
    static let checkpointInterval = 1000

    /// Passes a question about filters on, if it is one that an honest peer asks. Core leaves
    /// others without a word.
    mutating func serveFilters(_ request: FilterRequest, to id: PeerID) {
        guard settings.services.contains(.compactFilters),
            request.filterType == FilterRequest.basicType
        else {
            leave(id, "peer requested unsupported block filter type: \(request.filterType)")
            return
        }
        guard let stop = tree.find(request.stop), mayServe(stop) else {
            leave(id, "peer requested invalid block hash: \(request.stop.displayHex)")
            return
        }
        let (start, end) = (Int(request.startHeight), tree.height(stop))
        guard start <= end else {
            leave(
                id,
                "peer sent invalid getcfilters/getcfheaders with start height \(start) and stop "
                    + "height \(end)")
            return
        }
        if let limit = Self.limit(of: request.kind), end - start >= limit {
            leave(
                id,
                "peer requested too many cfilters/cfheaders: \(end - start + 1) / \(limit)")
            return
        }
        ask(.serveFilters(request, of: blocks(for: request, start, stop)), for: id)
    }

    private static func limit(of kind: FilterRequest.Kind) -> Int? {
        switch kind {
        case .filters: filterLimit
        case .headers: filterHeaderLimit
        case .checkpoints: nil
        }
    }

    /// The blocks whose filters are asked for, in order. For headers the block before comes first,
    /// where there is one.
    private func blocks(
        for request: FilterRequest, _ start: Int, _ stop: HeaderTree.Node
    ) -> [BlockHash] {
        let end = tree.height(stop)
        switch request.kind {
        case .filters:
            return path(to: stop, from: start, count: end - start + 1).map(tree.hash)
        case .headers:
            let first = max(start - 1, 0)
            return path(to: stop, from: first, count: end - first + 1).map(tree.hash)
        case .checkpoints:
            let heights = stride(
                from: Self.checkpointInterval, through: end, by: Self.checkpointInterval)
            return heights.compactMap { tree.ancestor(of: stop, height: $0).map(tree.hash) }
        }
    }
}
