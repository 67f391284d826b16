import Cryptography
package import Primitives

/// The keys of the store, told apart by their first byte.
package enum StoreKey {
    static let coinPrefix = UInt8(ascii: "C")
    static let blockPrefix = UInt8(ascii: "b")
    static let ledgerPrefix = UInt8(ascii: "l")
    /// What the rows of transactions began with while this store held them.
    static let transactionPrefix = UInt8(ascii: "t")

    /// The block as of which the coins stand.
    static let bestBlock: [UInt8] = [UInt8(ascii: "B")]
    /// The payout ledger as of the best block.
    static let ledger: [UInt8] = [UInt8(ascii: "L")]
    /// The payout ledger that came with coins from outside, until the blocks below are checked.
    static let givenLedger: [UInt8] = [UInt8(ascii: "G")]
    /// Present while the block files are being read anew: nothing, or the number of the first file
    /// that is still to be read, in four bytes, the highest first.
    static let reindexing: [UInt8] = [UInt8(ascii: "R")]
    /// Present when the store once held all of them, and while they were being filled in.
    static let formerTransactionKeys: [[UInt8]] = [[UInt8(ascii: "T")], [UInt8(ascii: "U")]]
    /// Present once coins from outside, in a store of their own, were found to be right.
    static let confirmed: [UInt8] = [UInt8(ascii: "A")]
    /// Where coins are being made anew, the block as of which those before them stood. All blocks up
    /// to its height were on the disk then.
    static let formerBest: [UInt8] = [UInt8(ascii: "K")]
    /// Present once block files were given up.
    static let hasPruned: [UInt8] = [UInt8(ascii: "P")]
    /// The form of the store, so that a later one can be told from this.
    static let version: [UInt8] = [UInt8(ascii: "V")]

    package static func append(coin point: OutPoint, to bytes: inout [UInt8]) {
        bytes.append(coinPrefix)
        point.txid.append(to: &bytes)
        Variable.append(UInt64(point.index), to: &bytes)
    }

    static func block(_ hash: BlockHash) -> [UInt8] { key(blockPrefix, hash) }
    static func ledger(_ hash: BlockHash) -> [UInt8] { key(ledgerPrefix, hash) }
    /// Why the ledger did not follow a block; beside what it did, so that both go together.
    static func flaw(_ hash: BlockHash) -> [UInt8] { ledger(hash) + [UInt8(ascii: "v")] }
    static func isFlaw(_ key: Span<UInt8>) -> Bool { key.count == 34 }

    /// The block of one of these two keys.
    static func ledgerHash(_ key: Span<UInt8>) -> BlockHash? {
        guard key.count == 33 || isFlaw(key) else { return nil }
        return Hash256(key.extracting(1..<33))
    }

    private static func key(_ prefix: UInt8, _ hash: Hash256) -> [UInt8] {
        var bytes = [prefix]
        bytes.reserveCapacity(33)
        hash.append(to: &bytes)
        return bytes
    }

    /// A number as some values are, in four bytes, the highest first.
    static func bytes(_ number: Int) -> [UInt8] {
        let number = UInt32(clamping: number)
        return (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }

    /// Such a number; nil for bytes that are none.
    static func number(_ bytes: [UInt8]?) -> Int? {
        guard let bytes, bytes.count == 4 else { return nil }
        return bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    /// The out point of a coin's key.
    package static func outPoint(_ key: Span<UInt8>) -> OutPoint? {
        var reader = ByteReader(key)
        do {
            guard try reader.read(UInt8.self) == coinPrefix else { return nil }
            let txid = try reader.readHash()
            guard let index = UInt32(exactly: try reader.readVariable()) else { return nil }
            return OutPoint(txid: txid, index: index)
        } catch {
            return nil
        }
    }
}
