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

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + spent.reduce(0) { $0 + 3 + $1.count * 40 })
        Self.append(count: spent.count, to: &bytes)
        for coins in spent {
            Self.append(count: coins.count, to: &bytes)
            for coin in coins {
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
