import Consensus
import Cryptography
import Primitives
import Storage

/// What comes next in a file of coins.
enum SnapshotStep {
    case coin(OutPoint, Coin)
    case end
    /// The file is not as it should be: why, in Core's words.
    case bad(String)
}

/// Reads coins from a file in Core's form, one after the other, after its head.
struct SnapshotReader: ~Copyable {
    private let file: File
    private let size: Int
    private let baseHeight: Int
    /// A piece of the file, and how far it was read.
    private var buffer: [UInt8] = []
    private var position = 0
    /// Where the next piece begins.
    private var offset = SnapshotMetadata.encodedSize

    private let coinCount: UInt64
    private(set) var readCount: UInt64 = 0
    private var txid = Txid.zero
    /// The coins still to come of the transaction.
    private var groupCount: UInt64 = 0

    private static let pieceSize = 1 << 20
    /// No coin that can be spent takes more, with what stands before it.
    private static let longestCoin = 1 << 14

    init(
        path: String, _ metadata: SnapshotMetadata, baseHeight: Int
    ) throws(StorageError) {
        let file = try File(path, .reading)
        size = try file.size()
        self.file = file
        coinCount = metadata.coinCount
        self.baseHeight = baseHeight
    }

    /// The next coin. After the last the file must end.
    mutating func next() throws(StorageError) -> SnapshotStep {
        guard readCount < coinCount else {
            let isAtEnd = position == buffer.count && offset >= size
            return isAtEnd
                ? .end
                : .bad("Bad snapshot - coins left over after deserializing \(coinCount) coins")
        }
        try fill()
        let left = coinCount - readCount
        let index: UInt64
        let code: UInt64
        let output: TransactionOutput
        // The buffer itself may not be looked at while the rest is changed.
        let bytes = buffer
        do throws(DecodingError) {
            var reader = ByteReader(bytes.span)
            _ = try reader.readRange(count: position)
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
            position = bytes.count - reader.remaining
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

    /// Makes sure that the next coin is in the buffer, as far as there is one.
    private mutating func fill() throws(StorageError) {
        guard buffer.count - position < Self.longestCoin, offset < size else { return }
        let piece = try file.read(at: offset, count: Self.pieceSize)
        // Who cuts the file meanwhile ends it.
        guard !piece.isEmpty else {
            offset = size
            return
        }
        buffer = Array(buffer[position...]) + piece
        position = 0
        offset += piece.count
    }
}
