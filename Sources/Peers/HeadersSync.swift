import Consensus
import Cryptography
package import Genesis
package import Primitives

/// A chain of headers from a peer that may be too light to be kept, downloaded twice as Bitcoin
/// Core's `HeadersSyncState` does: anyone can make light headers, and we would keep them for good.
///
/// The first time (presync) the work is only added up, and one secret bit is kept of every so many
/// headers. Once there is work enough they are downloaded again, and each is given out when enough
/// of those bits have been found again above it; so a peer cannot show one chain and send another.
package struct HeadersSync: Sendable {
    /// The header that the peer's chain builds on.
    package struct Start: Hashable, Sendable {
        package var hash: BlockHash
        package var height: Int
        package var bits: UInt32
        package var chainWork: UInt256
        /// Of its time and those of the ten before it.
        package var medianTime: Int64

        package init(
            hash: BlockHash, height: Int, bits: UInt32, chainWork: UInt256, medianTime: Int64
        ) {
            self.hash = hash
            self.height = height
            self.bits = bits
            self.chainWork = chainWork
            self.medianTime = medianTime
        }
    }

    /// What only we know, so that nobody can make two chains that look alike to us.
    package struct Secret: Hashable, Sendable {
        /// The key of the hash that a bit is taken of.
        package var first: UInt64
        package var second: UInt64
        /// Which headers a bit is kept of; taken modulo the period.
        package var offset: UInt64

        package init(first: UInt64, second: UInt64, offset: UInt64) {
            self.first = first
            self.second = second
            self.offset = offset
        }
    }

    package enum Phase: String, Sendable { case presync, redownload }

    /// How it goes on after a message.
    package enum Step: Hashable {
        /// These may be kept; the headers after `lastHash` are to be asked for.
        case more([BlockHeader])
        /// These may be kept; the peer's chain is here in full, or the peer has no more of it.
        case over([BlockHeader])
        case failed(Fault, height: Int)
    }

    /// Why nothing more is taken of the chain.
    package enum Fault: String, Hashable {
        case nonContinuous = "non-continuous headers"
        case difficulty = "invalid difficulty transition"
        case tooLong = "exceeded max commitments"
        case overrun = "commitment overrun"
        case mismatch = "commitment mismatch"
    }

    package let start: Start
    private let rules: ConsensusParameters
    private let parameters: HeadersSyncParameters
    private let requiredWork: UInt256
    private let secret: Secret
    /// A chain that keeps the rule of times cannot be longer now than so many bits.
    package let commitmentLimit: Int

    package private(set) var phase = Phase.presync
    /// How far the first download has come. It stays during the second.
    package private(set) var presyncHeight: Int
    private(set) var presyncWork: UInt256
    private(set) var presyncTime: UInt32 = 0
    private var commitments = BitQueue()

    // Of the download that is under way.
    /// The newest header's; those after it are asked for.
    package private(set) var lastHash: BlockHash
    private(set) var lastHeight: Int
    private var lastBits: UInt32
    private var chainWork: UInt256

    /// Headers of the second download that are not believed yet, and the one before the first.
    private var held: [HeldHeader] = []
    private var heldParent: BlockHash
    package private(set) var isProven = false

    /// - Parameter now: seconds since 1970.
    package init(
        from start: Start, network: Network, requiredWork: UInt256, secret: Secret, at now: Int64
    ) {
        self.start = start
        rules = network.consensus
        parameters = network.headersSync
        self.requiredWork = requiredWork
        self.secret = secret
        // At most six blocks a second, for the median of times must grow.
        let seconds = max(0, now &- start.medianTime) + Self.futureLimit
        commitmentLimit = Int(clamping: 6 * Int128(seconds) / Int128(parameters.commitmentPeriod))
        presyncHeight = start.height
        presyncWork = start.chainWork
        (lastHash, lastHeight, lastBits) = (start.hash, start.height, start.bits)
        chainWork = start.chainWork
        heldParent = start.hash
    }

    /// How far ahead of the clock a header may be dated.
    private static let futureLimit: Int64 = 2 * 60 * 60

    /// What is kept of the peer's headers: bits, and headers held back.
    package var bitCount: Int { commitments.count }
    package var heldCount: Int { held.count }

    // MARK: - Taking in

    /// Takes in a message of headers, each with its hash, that follow each other and have the proof
    /// of work they claim.
    ///
    /// - Parameter isFull: whether the peer may have more.
    package mutating func take(_ headers: [(header: BlockHeader, hash: BlockHash)], isFull: Bool)
        -> Step
    {
        for (header, hash) in headers {
            let height = lastHeight + 1
            if let fault = phase == .presync ? look(at: header, hash) : hold(header, hash) {
                return .failed(fault, height: height)
            }
        }
        switch phase {
        case .presync:
            guard chainWork >= requiredWork else { return isFull ? .more([]) : .over([]) }
            phase = .redownload
            (lastHash, lastHeight, lastBits) = (start.hash, start.height, start.bits)
            chainWork = start.chainWork
            return .more([])
        case .redownload:
            let believed = release()
            return isFull && !isProven ? .more(believed) : .over(believed)
        }
    }

    /// First time: only counts, and remembers a bit now and then.
    private mutating func look(at header: BlockHeader, _ hash: BlockHash) -> Fault? {
        if let fault = follow(header, hash) { return fault }
        if isCommitted(lastHeight) {
            guard commitments.count < commitmentLimit else { return .tooLong }
            commitments.append(commitment(to: hash))
        }
        presyncHeight = lastHeight
        presyncWork = chainWork
        presyncTime = header.time
        return nil
    }

    /// Second time: compares, and holds it back.
    private mutating func hold(_ header: BlockHeader, _ hash: BlockHash) -> Fault? {
        if let fault = follow(header, hash) { return fault }
        // The peer's chain may have grown meanwhile: beyond what was asked for nothing is compared.
        if chainWork >= requiredWork { isProven = true }
        if !isProven, isCommitted(lastHeight) {
            guard let bit = commitments.popFirst() else { return .overrun }
            guard bit == commitment(to: hash) else { return .mismatch }
        }
        held.append(HeldHeader(header))
        return nil
    }

    /// Both times: the header is the next, and no harder than it can be at its height. Who packs
    /// work into few blocks may be lucky with one; so nobody may.
    private mutating func follow(_ header: BlockHeader, _ hash: BlockHash) -> Fault? {
        guard header.previous == lastHash else { return .nonContinuous }
        guard
            rules.isPermittedTransition(at: lastHeight + 1, from: lastBits, to: header.bits)
        else { return .difficulty }
        let (sum, overflow) = chainWork.addingReportingOverflow(
            ProofOfWork.work(bits: header.bits))
        chainWork = overflow ? .max : sum
        (lastHash, lastHeight, lastBits) = (hash, lastHeight + 1, header.bits)
        return nil
    }

    private func isCommitted(_ height: Int) -> Bool {
        let period = UInt64(parameters.commitmentPeriod)
        return UInt64(height) % period == secret.offset % period
    }

    private func commitment(to hash: BlockHash) -> Bool {
        SipHash24.hash(secret.first, secret.second, hash) & 1 == 1
    }

    /// Those that enough has been compared above.
    private mutating func release() -> [BlockHeader] {
        let count = isProven ? held.count : held.count - parameters.redownloadBufferSize
        guard count > 0 else { return [] }
        let believed = held.prefix(count).map { header in
            let full = header.following(heldParent)
            heldParent = full.hash
            return full
        }
        held.removeFirst(count)
        return believed
    }
}

/// A header without the hash of the one before it, which the one before it tells.
private struct HeldHeader: Sendable {
    private var merkleRoot: Hash256
    private var version: Int32
    private var time: UInt32
    private var bits: UInt32
    private var nonce: UInt32

    init(_ header: BlockHeader) {
        merkleRoot = header.merkleRoot
        version = header.version
        time = header.time
        bits = header.bits
        nonce = header.nonce
    }

    func following(_ previous: BlockHash) -> BlockHeader {
        BlockHeader(
            version: version, previous: previous, merkleRoot: merkleRoot, time: time, bits: bits,
            nonce: nonce)
    }
}
