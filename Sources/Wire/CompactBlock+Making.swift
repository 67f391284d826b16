public import Cryptography
public import Primitives

extension CompactBlock {
    /// Makes the compact form of a block: the coinbase comes whole, which nobody else can have.
    ///
    /// - Parameter nonce: drawn at random, so that colliding short ids cannot be prepared.
    public init(_ block: Block, nonce: UInt64) {
        header = block.header
        self.nonce = nonce
        let key = Self.key(header: header, nonce: nonce)
        shortIds = []
        prefilled = []
        for (index, transaction) in block.transactions.enumerated() {
            if index == 0 {
                prefilled.append(Prefilled(index: 0, transaction: transaction))
            } else {
                shortIds.append(key.shortId(of: transaction.wtxid))
            }
        }
    }

    /// The keys of the short ids.
    public struct Key: Sendable {
        let k0: UInt64
        let k1: UInt64

        /// Six bytes that stand for a transaction in this block.
        public func shortId(of wtxid: Wtxid) -> UInt64 {
            SipHash24.hash(k0, k1, wtxid) & 0xFFFF_FFFF_FFFF
        }
    }

    public var key: Key { Self.key(header: header, nonce: nonce) }

    private static func key(header: BlockHeader, nonce: UInt64) -> Key {
        var writer = ByteWriter(capacity: 88)
        header.encode(to: &writer)
        writer.write(nonce)
        let words = SHA256.hash(writer.bytes.span).words
        return Key(k0: words.0, k1: words.1)
    }
}
