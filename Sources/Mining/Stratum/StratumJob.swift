import Cryptography
import Notation
public import Primitives

/// One thing to search on, as Stratum clients are told it.
public struct StratumJob: Sendable {
    /// What decides which coinbase a client searches on.
    public struct Key: Sendable, Hashable {
        /// The member to be paid as finder; nil where that makes no difference.
        public var finder: String?
        public var sizeClass: CoinbaseSizeClass

        public init(finder: String?, sizeClass: CoinbaseSizeClass) {
            self.finder = finder
            self.sizeClass = sizeClass
        }
    }

    /// Tells it from all others of this node since it started.
    public let number: UInt64
    public let template: BlockTemplate
    ///
    /// The sequence number of the coinbase's input follows the extra nonce, and each offer has another:
    /// it counts as the end of the extra nonce, so that the share log has one job for all of them.
    public let share: ShareJob
    /// The hashes a block takes.
    public let blockWork: UInt64
    let blockTarget: UInt256
    /// The parameters of `mining.notify` between the job's id and the flag, before the sequence number
    /// and after it.
    private let opening: [UInt8]
    private let ending: [UInt8]

    public init(number: UInt64, template: BlockTemplate) {
        self.number = number
        self.template = template
        let context = template.context
        let whole = template.shareJob
        share = ShareJob(
            prefix: whole.prefix, suffix: Array(whole.suffix.dropFirst(Self.sequenceLength)),
            branch: whole.branch)
        blockWork = ShareWork.work(bits: context.bits)
        let target = UInt256.decodeCompact(context.bits)
        blockTarget = target.isNegative || target.isOverflow ? .zero : target.value
        let branch = share.branch.map { "\"\($0.hex)\"" }.joined(separator: ",")
        let texts = [
            "\(Hex.encode(share.suffix))\"", "[\(branch)]",
            "\"\(UInt32(bitPattern: context.version).eightDigits)\"",
            "\"\(context.bits.eightDigits)\"",
            "\"\(UInt32(clamping: context.time).eightDigits)\"",
        ]
        let previous = Self.swappedWords(context.previous.bytes)
        opening = Array("\"\(previous)\",\"\(Hex.encode(share.prefix))\",\"".utf8)
        ending = Array(texts.joined(separator: ",").utf8)
    }

    /// The bytes of a sequence number.
    static let sequenceLength = 4

    /// The parameters of `mining.notify` between the job's id and the flag.
    func parameters(sequence: [UInt8]) -> [UInt8] {
        opening + Array(Hex.encode(sequence).utf8) + ending
    }

    /// Stratum shows the previous hash as eight words, each with its bytes reversed.
    private static func swappedWords(_ bytes: [UInt8]) -> String {
        Hex.encode(bytes.indices.map { bytes[$0 / 4 * 4 + 3 - $0 % 4] })
    }
}

/// A share that was accepted: proven, and not seen before.
public struct StratumShare: Sendable {
    public var job: StratumJob
    public var name: String
    public var worker: String
    /// The hashes it is credited for.
    public var work: UInt64
    /// The server's part, the client's, and the coinbase's sequence number behind them.
    public var extraNonce: [UInt8]
    public var header: BlockHeader
    public var isBlock: Bool

    /// Whether it is hard enough to be credited.
    var isCredited: Bool { isBlock || UInt256(header.hash) <= ShareWork.target(work) }

    /// The whole block, where the share is one.
    public var block: Block {
        let sequence = extraNonce.suffix(StratumJob.sequenceLength)
        return job.template.block(
            header: header,
            coinbase: job.template.coinbase(
                extraNonce: Self.number(extraNonce.prefix(8)),
                sequence: UInt32(truncatingIfNeeded: Self.number(sequence))))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
