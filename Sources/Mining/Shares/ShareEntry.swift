public import Cryptography
public import Primitives

/// What shares are looked for on: a coinbase but for its extra nonce, and the way to the root.
public struct ShareJob: Sendable, Hashable {
    /// The coinbase as its txid hashes it, up to the extra nonce.
    public var prefix: [UInt8]
    /// What follows the extra nonce.
    public var suffix: [UInt8]
    /// What the coinbase's txid is hashed with, from leaf to root.
    public var branch: [Hash256]

    public init(prefix: [UInt8], suffix: [UInt8], branch: [Hash256]) {
        self.prefix = prefix
        self.suffix = suffix
        self.branch = branch
    }

    /// The job that a block was found on, and its extra nonce; nil where its coinbase has none. It is
    /// what stands in the block, whatever was put into the coinbase after its template was made.
    public static func of(_ block: Block) -> (job: ShareJob, extraNonce: [UInt8])? {
        guard let coinbase = block.transactions.first, let input = coinbase.inputs.first else {
            return nil
        }
        let length = input.script.count
        // The script's length takes one byte. Before it stand version, count and out point.
        guard length >= 8, length <= Coinbase.scriptSizes.upperBound else { return nil }
        let bytes = coinbase.strippedBytes
        let end = 4 + 1 + 36 + 1 + length
        guard bytes.count > end else { return nil }
        let txids = block.transactions.map(\.txid)
        let job = ShareJob(
            prefix: Array(bytes[..<(end - 8)]), suffix: Array(bytes[end...]),
            branch: MerkleTree.branch(txids, position: 0))
        return (job, Array(bytes[(end - 8)..<end]))
    }

    /// The root over the coinbase with that extra nonce and all other transactions.
    public func merkleRoot(extraNonce: [UInt8]) -> Hash256 {
        var stream = SHA256Stream()
        stream.update(prefix.span)
        stream.update(extraNonce.span)
        stream.update(suffix.span)
        return MerkleTree.root(from: stream.finalizeDouble(), branch: branch, position: 0)
    }
}

/// A share as the log keeps it: all that is needed to check it again.
public struct ShareProof: Sendable, Hashable {
    /// The number of the entry with its job.
    public var job: UInt64
    /// The member it is credited to.
    public var name: String
    /// Which of his machines found it; may be empty.
    public var worker: String
    /// How many hashes it stands for.
    public var work: UInt64
    public var extraNonce: [UInt8]
    public var header: BlockHeader

    public init(
        job: UInt64, name: String, worker: String, work: UInt64, extraNonce: [UInt8],
        header: BlockHeader
    ) {
        self.job = job
        self.name = name
        self.worker = worker
        self.work = work
        self.extraNonce = extraNonce
        self.header = header
    }

    /// Whether its header carries the coinbase and its hash is small enough.
    public func isProven(by job: ShareJob) -> Bool {
        header.merkleRoot == job.merkleRoot(extraNonce: extraNonce)
            && UInt256(header.hash) <= ShareWork.target(work)
    }
}

/// One entry of the share log.
public enum ShareEntry: Sendable, Hashable {
    case job(ShareJob)
    case share(ShareProof)

    /// How long an entry may be, in bytes: ten thousand payees take less than half.
    static let maximumSize = 1 << 20
    /// How long the name of a machine may be, in bytes.
    public static let maximumWorkerLength = 64
    static let maximumExtraNonceLength = 32

    func encode(to writer: inout ByteWriter) {
        switch self {
        case .job(let job):
            writer.write(UInt8(1))
            writer.writeSized(job.prefix)
            writer.writeSized(job.suffix)
            writer.writeCompactSize(job.branch.count)
            for hash in job.branch { writer.write(hash) }
        case .share(let share):
            writer.write(UInt8(2))
            writer.write(share.job)
            writer.writeSized(share.name.utf8)
            writer.writeSized(share.worker.utf8)
            writer.write(share.work)
            writer.writeSized(share.extraNonce)
            share.header.encode(to: &writer)
        }
    }

    @_lifetime(reader: copy reader)
    init(from reader: inout ByteReader) throws(DecodingError) {
        switch try reader.read(UInt8.self) {
        case 1:
            let prefix = try reader.readSizedBytes()
            let suffix = try reader.readSizedBytes()
            var branch: [Hash256] = []
            for _ in 0..<(try reader.readCount(minimumSize: 32)) {
                branch.append(try reader.readHash())
            }
            self = .job(ShareJob(prefix: prefix, suffix: suffix, branch: branch))
        case 2:
            let job = try reader.read(UInt64.self)
            let nameBytes = try reader.readSizedBytes()
            // One that were mended on reading would be another than the entry's hash commits to.
            guard nameBytes.count <= RosterDefinition.maximumNameLength,
                let name = String(validating: nameBytes, as: UTF8.self)
            else { throw .invalid("A name of a member is too long or no UTF-8") }
            let worker = try reader.readString(limit: Self.maximumWorkerLength)
            let work = try reader.read(UInt64.self)
            let extraNonce = try reader.readSizedBytes()
            guard extraNonce.count <= Self.maximumExtraNonceLength else {
                throw .invalid("An extra nonce that is too long")
            }
            self = .share(
                ShareProof(
                    job: job, name: name, worker: worker, work: work, extraNonce: extraNonce,
                    header: try BlockHeader(from: &reader)))
        default:
            throw .invalid("An entry of an unknown kind")
        }
    }
}
