import Cryptography
package import Mining
package import Primitives

/// The payout ledger as of a block, in a file of its own beside the coins as of that block.
package struct LedgerSnapshot: Hashable {
    package var base: BlockHash
    package var ledger: PayoutLedger

    package init(base: BlockHash, ledger: PayoutLedger) {
        self.base = base
        self.ledger = ledger
    }

    private static let magic: [UInt8] = Array("payout".utf8) + [0xFF]
    private static let version: UInt16 = 1

    /// Where the file stands that goes with a file of coins.
    package static func path(beside coins: String) -> String { coins + ".payouts" }

    package func encoded(networkMagic: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(networkMagic)
        writer.write(base)
        writer.writeSized(ledger.encoded)
        let bytes = writer.bytes
        return bytes + SHA256.doubleHash(bytes.span).bytes
    }

    package init(decoding bytes: [UInt8], networkMagic: [UInt8]) throws(DecodingError) {
        guard bytes.count > 32 else { throw .truncated(needed: 32, remaining: bytes.count) }
        let body = Array(bytes.dropLast(32))
        guard SHA256.doubleHash(body.span).bytes.elementsEqual(bytes.suffix(32)) else {
            throw .invalid("the checksum is wrong")
        }
        var reader = ByteReader(body.span)
        guard try reader.readBytes(count: Self.magic.count) == Self.magic else {
            throw .invalid("this is no file of payouts")
        }
        guard try reader.read(UInt16.self) == Self.version else {
            throw .invalid("unknown version")
        }
        guard try reader.readBytes(count: networkMagic.count) == networkMagic else {
            throw .invalid("it is of another network")
        }
        base = try reader.readHash()
        ledger = try PayoutLedger(decoding: try reader.readSizedBytes())
        try reader.finish()
    }
}
