import Chain
import Consensus
import Cryptography
public import Genesis
import Primitives
import Scripting

/// How long blocks take to verify, beside what their signatures alone take in libsecp256k1.
///
/// Verifying is all that a node does but the disk: parsing, hashing, every rule, every script. The
/// coins lie ready.
public struct ValidationBenchmark {
    private let work: [BlockWork]
    private let floor = SignatureFloor()
    /// All inputs but those of coinbases.
    public let inputCount: Int
    public var blockCount: Int { work.count }
    public var signatureCount: Int { floor.count }

    /// One round: the floor, then the whole.
    public struct Round: Sendable {
        public var floor: Measure
        public var whole: Measure
        public var ratio: Double { whole.wall / floor.wall }
        public var processorRatio: Double { whole.processor / floor.processor }
    }

    /// Reads the blocks and finds out which signatures they hold; each must be valid.
    ///
    /// - Parameter path: a folder of published blocks with an `index.json`, or a file of a chain.
    public init(reading path: String, network: Network) throws {
        let isChain = path.hasSuffix(".dat")
        work =
            try isChain
            ? BlockWork.chain(in: path, of: network) : BlockWork.published(in: path)
        inputCount = work.reduce(0) { $0 + $1.coins.count }
        for item in work {
            let block = try Block(decoding: item.bytes)
            for check in try Self.connect(block, item).checks { try check.run(verifier: floor) }
        }
    }

    /// Times both on so many threads, one after the other.
    public func round(threads: Int) throws -> Round {
        Round(floor: floor.run(threads: threads), whole: try whole(threads: threads))
    }

    /// Times all of it alone.
    public func whole(threads: Int) throws -> Measure {
        let pool = ScriptPool(threads: threads)
        let cache = VerificationCache(capacityInBytes: 1 << 20)
        return try Measure.of {
            // As the node does: the scripts of some blocks run while the next is looked at.
            var jobs: [ScriptJob] = []
            for item in work {
                let block = try Block(decoding: item.bytes)
                let checks = try Self.connect(block, item).checks
                jobs.append(pool.begin(checks, cache: cache))
                if jobs.count > 16, let failure = pool.finish(jobs.removeFirst()) { throw failure }
            }
            for job in jobs {
                if let failure = pool.finish(job) { throw failure }
            }
        }
    }

    private static func connect(_ block: Block, _ item: BlockWork) throws -> BlockConnection {
        try block.check(in: item.network)
        return try block.connect(at: item.height, in: item.network, spending: item.coins)
    }
}
