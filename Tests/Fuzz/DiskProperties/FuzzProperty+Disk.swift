import Chain
import Consensus
public import FuzzProperties
import Primitives

extension FuzzProperty {
    /// Those of what the disk holds, by the name of their fuzzer.
    public static let ofDisk: [FuzzProperty] = [.disk, .snapshot]

    /// What the disk holds is read without a trap however it was damaged, and what reads is written
    /// in a form that reads as the same.
    ///
    /// The first byte chooses: a coin, undo data, a block's record, a mempool file, a coin as it is
    /// counted, what a block did to the ledger, why it did nothing, how an index stands.
    public static let disk = FuzzProperty("disk") { (bytes) throws(FuzzFailure) in
        guard let kind = bytes.first else { return }
        let content = Array(bytes.dropFirst())
        switch kind & 7 {
        case 0: try coin(content)
        case 1: try undo(content)
        case 2: try record(content)
        case 3: try mempool(content)
        case 4: try count(content)
        case 5: try change(content)
        case 6: try flaw(content)
        default: try index(content)
        }
    }

    /// What no chain can hold is read, as Core reads it, but need not come back: the compressed form
    /// of an amount is made for money alone.
    static func isPossible(_ coin: Coin) -> Bool {
        coin.output.value.isMoney && coin.height <= Int(Int32.max)
    }

    private static func coin(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let coin = try? CoinCodec.coin(decoding: bytes.span), isPossible(coin) else { return }
        var written: [UInt8] = []
        CoinCodec.append(coin, to: &written)
        let again = try? CoinCodec.coin(decoding: written.span)
        try claim(again == coin, "a coin does not come back")
    }

    private static func undo(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let undo = try? UndoData(decoding: bytes),
            undo.spent.joined().allSatisfy(isPossible)
        else { return }
        let again = try? UndoData(decoding: undo.bytes)
        try claim(again == undo, "undo data does not come back")
    }

    private static func record(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let record = try? BlockRecordCodec.decode(bytes.span) else { return }
        let written = BlockRecordCodec.encode(record)
        guard let again = try? BlockRecordCodec.decode(written.span) else {
            throw FuzzFailure(reason: "a block record that was written does not read")
        }
        try claim(again.header == record.header, "another header")
        try claim(
            BlockRecordCodec.encode(again) == written, "a block record is written otherwise")
    }

    private static func mempool(_ bytes: [UInt8]) throws(FuzzFailure) {
        // The bound on the count of transactions leaves no room for such as have no input.
        guard let file = try? MempoolFile(decoding: bytes),
            file.entries.allSatisfy({ !$0.transaction.inputs.isEmpty })
        else { return }
        let key = [UInt8](repeating: 0x5A, count: 8)
        let written = file.encoded(key: key)
        guard let again = try? MempoolFile(decoding: written) else {
            throw FuzzFailure(reason: "a mempool file that was written does not read")
        }
        try claim(again.encoded(key: key) == written, "a mempool file is written otherwise")
    }
}
