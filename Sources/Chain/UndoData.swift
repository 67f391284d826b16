package import Consensus
package import Primitives

/// The coins a block spent, by which it is taken back: one list for each transaction but the
/// coinbase, one coin for each input. The form is that of Core's `rev` files.
package struct UndoData: Equatable {
    package var spent: [[Coin]]

    package init(spent: [[Coin]]) { self.spent = spent }

    package init(decoding bytes: [UInt8]) throws(DecodingError) {
        var reader = ByteReader(bytes.span)
        spent = []
        for _ in 0..<(try reader.readCount()) {
            var coins: [Coin] = []
            for _ in 0..<(try reader.readCount(minimumSize: 3)) {
                coins.append(try Self.coin(from: &reader))
            }
            spent.append(coins)
        }
        try reader.finish()
    }

    private static func coin(from reader: inout ByteReader) throws(DecodingError) -> Coin {
        let code = try reader.readVariable()
        // Where a version number stood in older files, there is now always a zero.
        if code >> 1 > 0 { _ = try reader.readVariable() }
        return Coin(
            output: try CoinCodec.output(from: &reader), height: Int(clamping: code >> 1),
            isCoinbase: code & 1 != 0)
    }

    package var bytes: [UInt8] { Self.bytes(counts: spent.map { $0.count }, coins: spent.joined()) }

    /// The undo data of a block as bytes, its coins in the order of `spentOutPoints`.
    static func bytes(of block: Block, spent: [Coin]) -> [UInt8] {
        bytes(counts: block.transactions.dropFirst().map { $0.inputs.count }, coins: spent)
    }

    private static func bytes(counts: [Int], coins: some Sequence<Coin>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + counts.reduce(0) { $0 + 3 + $1 * 48 })
        append(count: counts.count, to: &bytes)
        var iterator = coins.makeIterator()
        for count in counts {
            append(count: count, to: &bytes)
            for _ in 0..<count {
                guard let coin = iterator.next() else { preconditionFailure("a coin an input") }
                Variable.append(CoinCodec.code(coin), to: &bytes)
                if coin.height > 0 { bytes.append(0) }
                CoinCodec.append(output: coin.output, to: &bytes)
            }
        }
        return bytes
    }

    private static func append(count: Int, to bytes: inout [UInt8]) {
        if count < 253 { return bytes.append(UInt8(count)) }
        var writer = ByteWriter(capacity: 9)
        writer.writeCompactSize(count)
        bytes += writer.bytes
    }
}
