import Chain
import Consensus
import Primitives

/// What the disk holds is read without a trap however it was damaged, and what reads is written
/// in a form that reads as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = bytes.first else { return 0 }
    let content = Array(bytes.dropFirst())
    switch kind & 3 {
    case 0: coin(content)
    case 1: undo(content)
    case 2: record(content)
    default: mempool(content)
    }
    return 0
}

/// What no chain can hold is read, as Core reads it, but need not come back: the compressed form of
/// an amount is made for money alone.
private func isPossible(_ coin: Coin) -> Bool {
    coin.output.value.isMoney && coin.height <= Int(Int32.max)
}

private func coin(_ bytes: [UInt8]) {
    guard let coin = try? CoinCodec.coin(decoding: bytes.span), isPossible(coin) else { return }
    var written: [UInt8] = []
    CoinCodec.append(coin, to: &written)
    let again = try? CoinCodec.coin(decoding: written.span)
    precondition(again == coin, "a coin does not come back")
}

private func undo(_ bytes: [UInt8]) {
    guard let undo = try? UndoData(decoding: bytes), undo.spent.joined().allSatisfy(isPossible)
    else { return }
    precondition((try? UndoData(decoding: undo.bytes)) == undo, "undo data does not come back")
}

private func record(_ bytes: [UInt8]) {
    guard let record = try? BlockRecordCodec.decode(bytes.span) else { return }
    let written = BlockRecordCodec.encode(record)
    guard let again = try? BlockRecordCodec.decode(written.span) else {
        preconditionFailure("a block record that was written does not read")
    }
    precondition(again.header == record.header, "another header")
    precondition(BlockRecordCodec.encode(again) == written, "a block record is written otherwise")
}

private func mempool(_ bytes: [UInt8]) {
    // The bound on the count of transactions leaves no room for such as have no input.
    guard let file = try? MempoolFile(decoding: bytes),
        file.entries.allSatisfy({ !$0.transaction.inputs.isEmpty })
    else { return }
    let key = [UInt8](repeating: 0x5A, count: 8)
    let written = file.encoded(key: key)
    guard let again = try? MempoolFile(decoding: written) else {
        preconditionFailure("a mempool file that was written does not read")
    }
    precondition(again.encoded(key: key) == written, "a mempool file is written otherwise")
}
