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

    public init(_ template: BlockTemplate, extraNonce: UInt64, time: UInt32) {
        self.template = template
        coinbase = template.signedCoinbase(extraNonce: extraNonce, time: time)
        header = template.header(coinbase: coinbase, time: time)
        let target = UInt256.decodeCompact(template.context.bits).value
        kernel = HeaderSearch(header: header.bytes.span, target: target.hash)
    }

    /// Tries `count` nonces from `start`; the first that solves the block gives the block.
    public func run(from start: UInt32, count: UInt32) -> Block? {
        guard let nonce = kernel.search(from: start, count: count) else { return nil }
        var solved = header
        solved.nonce = nonce
        return template.block(header: solved, coinbase: coinbase)
    }
}
