import Cryptography
package import Primitives

/// The head of a file of coins, in the form of Core's `node/utxo_snapshot.h`.
package struct SnapshotMetadata: Hashable, Sendable {
    /// The block as of which the coins stand.
    package var base: BlockHash
    package var coinCount: UInt64

    package init(base: BlockHash, coinCount: UInt64) {
        self.base = base
        self.coinCount = coinCount
    }

    private static let magic: [UInt8] = Array("utxo".utf8) + [0xFF]
    private static let version: UInt16 = 2
    /// Where the count stands, in bytes.
    static let countOffset = 5 + 2 + 4 + 32
    static let encodedSize = countOffset + 8

    /// - Parameter networkMagic: the four bytes that begin the network's messages.
    package func encoded(networkMagic: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: Self.encodedSize)
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(networkMagic)
        writer.write(base)
        writer.write(coinCount)
        return writer.bytes
    }
}
