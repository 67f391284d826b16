import Cryptography
public import Indexes
import Logging
import Peers
import Primitives
import Wire

extension PeerNetwork {
    /// Answers questions about filters from here on.
    public func use(filters: BlockFilterIndex?) { self.filters = filters }

    /// Sends what a peer asked for of the filters; nothing where any of it is missing, as Core does.
    func serve(
        _ request: FilterRequest, of blocks: [BlockHash], to id: PeerID
    ) async throws {
        guard let filters else { return }
        _ = try await filters.caughtUp()
        switch request.kind {
        case .filters:
            guard let found = try await filters.filters(of: blocks) else {
                return missing(request)
            }
            for (block, bytes) in zip(blocks, found) {
                send(.filterAnswer(.filter(bytes, block: block)), to: id)
            }
        case .headers:
            var blocks = blocks[...]
            var previous = Hash256.zero
            if request.startHeight > 0, let parent = blocks.popFirst() {
                guard let header = try await filters.headers(of: [parent])?.first else {
                    return missing(request)
                }
                previous = header
            }
            guard let hashes = try await filters.hashes(of: Array(blocks)) else {
                return missing(request)
            }
            send(
                .filterAnswer(.headers(previous: previous, hashes: hashes, stop: request.stop)),
                to: id)
        case .checkpoints:
            guard let headers = try await filters.headers(of: blocks) else {
                return missing(request)
            }
            send(.filterAnswer(.checkpoints(headers, stop: request.stop)), to: id)
        }
    }

    private func missing(_ request: FilterRequest) {
        logger.debug(
            "Failed to find block filter in index: start_height=\(request.startHeight), stop_hash=\(request.stop.displayHex)"
        )
    }
}
