import Cryptography
package import Genesis
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
    package static let encodedSize = countOffset + 8

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

    /// Reads the head of a file for a network.
    package init(decoding bytes: [UInt8], network: Network) throws(SnapshotMetadataError) {
        do {
            var reader = ByteReader(bytes.span)
            guard try reader.readBytes(count: Self.magic.count) == Self.magic else {
                throw SnapshotMetadataError.foreignFile
            }
            let version: UInt16 = try reader.read()
            guard version == Self.version else {
                throw SnapshotMetadataError.unknownVersion(version)
            }
            let magic = try reader.readBytes(count: 4)
            guard magic == network.magic else {
                let other = Network.all.first { $0.magic == magic }
                throw SnapshotMetadataError.foreignNetwork(
                    other?.chainName, ours: network.chainName)
            }
            base = try reader.readHash()
            coinCount = try reader.read()
        } catch let error as SnapshotMetadataError {
            throw error
        } catch {
            throw .truncated
        }
    }
}

/// Why the head of a file of coins is not for us.
package enum SnapshotMetadataError: Error, Hashable, CustomStringConvertible {
    case truncated
    case foreignFile
    case unknownVersion(UInt16)
    /// With its name, where it is one we know.
    case foreignNetwork(String?, ours: String)

    /// In Core's words, to which its streams add what kind of error it is.
    package var description: String { words + ": iostream error" }

    private var words: String {
        switch self {
        case .truncated: "AutoFile::read: end of file"
        case .foreignFile:
            "Invalid UTXO set snapshot magic bytes. Please check if this is indeed a snapshot file "
                + "or if you are using an outdated snapshot format."
        case .unknownVersion(let version):
            "Version of snapshot \(version) does not match any of the supported versions."
        case .foreignNetwork(let name?, let ours):
            "The network of the snapshot (\(name)) does not match the network of this node (\(ours))."
        case .foreignNetwork(nil, _):
            "This snapshot has been created for an unrecognized network. This could be a custom "
                + "signet, a new testnet or possibly caused by data corruption."
        }
    }
}
