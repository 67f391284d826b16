import Chain
import Cryptography
public import Genesis
import Primitives
import Storage

/// What a chain costs a node that keeps it on the disk: taking it in, bringing it to the disk,
/// starting with it, hashing its coins, taking blocks back and connecting them again.
public struct ChainBenchmark: Sendable {
    /// One thing that was timed.
    public struct Step: Sendable {
        public var name: String
        public var measure: Measure
    }

    private let path: String
    private let directory: String
    private let network: Network
    /// What the coin cache and the store's own may take, in bytes.
    public var databaseCacheBytes = 450 << 20
    /// Threads for scripts; 0 is one for each processor.
    public var threads = 0
    /// How many of the last blocks are taken back and connected again.
    public var reorganisedBlocks = 100

    /// - Parameters:
    ///   - path: a file of blocks as `-loadblock` knows it.
    ///   - directory: a folder of its own, which the caller removes.
    public init(importing path: String, of network: Network, into directory: String) {
        self.path = path
        self.network = network
        self.directory = directory
    }

    /// Takes all steps in turn, and tells of each as it is done.
    public func run(_ report: (Step) -> Void) async throws {
        var configuration = Validator.Configuration(network: network, directory: directory)
        configuration.databaseCacheBytes = databaseCacheBytes
        configuration.scriptThreads = threads
        configuration.minimumChainWork = .zero
        // Every script is run, whatever the network takes on trust.
        configuration.assumeValid = .zero
        configuration.loadBlocks = [path]
        let importing = configuration
        try await step("import, flush included", report) {
            try await Validator.open(importing, clock: SystemClock()).close()
        }

        configuration.loadBlocks = []
        let plain = configuration
        var opened: Validator?
        try await step("start", report) {
            opened = try await Validator.open(plain, clock: SystemClock())
        }
        guard let validator = opened else { return }
        try await step("hash_serialized_3", report) {
            _ = try await validator.utxoSetInfo(.serialized3)
        }
        try await step("muhash", report) { _ = try await validator.utxoSetInfo(.muhash) }

        try await reorganise(validator, report)
        try await validator.close()

        configuration.reindex = .chainstate
        let rebuilding = configuration
        try await step("reindex-chainstate", report) {
            try await Validator.open(rebuilding, clock: SystemClock()).close()
        }
        configuration.reindex = .everything
        let reindexing = configuration
        try await step("reindex", report) {
            try await Validator.open(reindexing, clock: SystemClock()).close()
        }
    }

    /// Takes the last blocks back and connects them again, each by itself, and then goes over from
    /// them to blocks that differ in their headers alone.
    private func reorganise(_ validator: Validator, _ report: (Step) -> Void) async throws {
        let height = validator.tip.height
        let first = max(1, height - reorganisedBlocks + 1)
        guard let hash = await validator.hash(height: first) else { return }
        let count = height - first + 1
        try await step("take back \(count) blocks", report) {
            _ = try await validator.invalidate(hash)
        }
        try await step("connect \(count) blocks again", report) {
            _ = try await validator.reconsider(hash)
        }
        guard let rival = try await addRival(of: first...height, to: validator) else { return }
        try await step("go over to \(count) others", report) {
            _ = try await validator.precious(rival)
        }
        guard validator.tip.hash == rival else { throw Failure.staysOnBranch }
    }

    /// Gives the validator a branch with the transactions of another, and tells its last block; nil
    /// where the proof of work takes more than a moment.
    private func addRival(
        of heights: ClosedRange<Int>, to validator: Validator
    ) async throws -> BlockHash? {
        guard var previous = await validator.hash(height: heights.lowerBound - 1) else {
            return nil
        }
        for height in heights {
            guard let hash = await validator.hash(height: height),
                let block = try await validator.block(hash)
            else { return nil }
            var header = block.header
            header.previous = previous
            let target = UInt256.decodeCompact(header.bits).value.hash
            // The first of them must differ from the block whose place it takes.
            guard
                let solution = HeaderSearch(header: header.bytes.span, target: target)
                    .search(from: header.nonce &+ 1, count: 1 << 20)
            else { return nil }
            header.nonce = solution.nonce
            let rival = Block(header: header, transactions: block.transactions)
            guard case .stored = try await validator.submit(block: rival) else {
                throw Failure.refusesBranch
            }
            previous = rival.hash
        }
        return previous
    }

    enum Failure: Error, CustomStringConvertible {
        case refusesBranch
        case staysOnBranch

        var description: String {
            switch self {
            case .refusesBranch: "the chain does not keep a branch made of its own blocks"
            case .staysOnBranch: "the chain does not go over to a branch as good as its own"
            }
        }
    }

    private func step(
        _ name: String, _ report: (Step) -> Void, _ body: () async throws -> Void
    ) async throws {
        report(Step(name: name, measure: try await Measure.of(body)))
    }
}
