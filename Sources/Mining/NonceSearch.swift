import Cryptography
public import Primitives

/// The search for a block's proof of work over ranges of nonces: many can run side by side on one
/// template, each with an extra nonce of its own.
public struct NonceSearch: Sendable {
    private let template: BlockTemplate
    private let coinbase: Transaction
    private let header: BlockHeader
    private let kernel: HeaderSearch

    /// How many nonces there are for one extra nonce and time.
    public static let nonces: UInt64 = 1 << 32

    /// - Parameter rolling: which bits of the version to turn, if any. A block that is signed keeps
    ///   its version, which the signature covers (BIP325).
    public init(
        _ template: BlockTemplate, extraNonce: UInt64, time: UInt32, rolling: VersionRolling? = nil
    ) {
        self.template = template
        coinbase = template.signedCoinbase(extraNonce: extraNonce, time: time)
        header = template.header(coinbase: coinbase, time: time)
        let target = UInt256.decodeCompact(template.context.bits).value
        let rolling = template.signer == nil ? rolling : nil
        kernel = HeaderSearch(
            header: header.bytes.span, versions: rolling?.versions(of: header.version) ?? [],
            target: target.hash)
    }

    /// How many headers are tried, and hashed, for each nonce.
    public var headersPerNonce: UInt32 { UInt32(kernel.versionCount) }

    /// Tries `count` nonces from `start`; the first that solves the block gives the block.
    public func run(from start: UInt32, count: UInt32) -> Block? {
        guard let solution = kernel.search(from: start, count: count) else { return nil }
        var solved = header
        solved.nonce = solution.nonce
        solved.version = solution.version
        return template.block(header: solved, coinbase: coinbase)
    }
}
