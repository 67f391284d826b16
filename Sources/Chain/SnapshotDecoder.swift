package import Consensus
import Cryptography
package import Primitives

/// What comes next in a file of coins.
package enum SnapshotStep: Hashable {
    case coin(OutPoint, Coin)
    case end
    /// The file is not as it should be: why, in Core's words.
    case bad(String)
}

/// Takes coins out of the bytes that follow the head of a file in Core's form. It is given them
/// piece by piece, whenever it is hungry.
package struct SnapshotDecoder {
    private let baseHeight: Int
    private let coinCount: UInt64
    private var readCount: UInt64 = 0
    /// What is held of the file, and how far it was read.
    private var buffer: [UInt8] = []
    private var position = 0

    private var txid = Txid.zero
    /// The coins still to come of the transaction.
    private var groupCount: UInt64 = 0

    /// No coin that can be spent takes more, with what stands before it; one that does is refused,
    /// wherever the pieces are cut.
    package static let longestCoin = 1 << 14

    package init(_ metadata: SnapshotMetadata, baseHeight: Int) {
        coinCount = metadata.coinCount
        self.baseHeight = baseHeight
    }

    /// Whether the next coin may not be here in full.
    package var isHungry: Bool { buffer.count - position < Self.longestCoin }

    package mutating func feed(_ piece: [UInt8]) {
        buffer = Array(buffer[position...]) + piece
        position = 0
    }

    /// The next coin. After the last the file must end.
    ///
    /// - Parameter isLast: whether nothing is left to be fed.
    package mutating func next(isLast: Bool) -> SnapshotStep {
        guard readCount < coinCount else {
            return position == buffer.count && isLast
                ? .end
                : .bad("Bad snapshot - coins left over after deserializing \(coinCount) coins")
        }
        let left = coinCount - readCount
        let index: UInt64
        let code: UInt64
        let output: TransactionOutput
        // The buffer itself may not be looked at while the rest is changed.
        let bytes = buffer
        let end = min(position + Self.longestCoin, bytes.count)
        do throws(DecodingError) {
            var reader = ByteReader(bytes.span.extracting(position..<end))
            while groupCount == 0 {
                txid = try reader.readHash()
                groupCount = try reader.readCompactSize()
            }
            guard groupCount <= left else {
                return .bad("Mismatch in coins count in snapshot metadata and actual snapshot data")
            }
            index = try reader.readCompactSize()
            code = try reader.readVariable()
            guard code <= UInt32.max else { throw .invalid("the height is too large") }
            output = try CoinCodec.output(from: &reader)
            position = end - reader.remaining
        } catch {
            return .bad(
                "Bad snapshot format or truncated snapshot after deserializing \(readCount) coins")
        }
        guard code >> 1 <= baseHeight, let index = UInt32(exactly: index), index < .max else {
            return .bad("Bad snapshot data after deserializing \(readCount) coins")
        }
        guard output.value.isMoney else {
            return .bad(
                "Bad snapshot data after deserializing \(readCount) coins - bad tx out value")
        }
        groupCount -= 1
        readCount += 1
        return .coin(
            OutPoint(txid: txid, index: index),
            Coin(output: output, height: Int(code >> 1), isCoinbase: code & 1 != 0))
    }
}
