import Cryptography
import Notation
import Primitives

/// A template's transactions as `getblocktemplate` tells them: a JSON array.
///
/// Kept, it is made anew by writing only what was not there before.
public struct TemplateText: Sendable {
    /// Where a transaction's text lies, and the list of what it depends on within it.
    private struct Piece: Sendable {
        var wtxid: Wtxid
        var depends: [Int]
        var start: Int
        var listStart: Int
        var listEnd: Int
        var end: Int
    }

    /// The array's text.
    public private(set) var bytes: [UInt8] = [UInt8(ascii: "["), UInt8(ascii: "]")]
    private var pieces: [Piece] = []
    /// By how much the cost of signature operations is divided: 4 where there are no witnesses.
    public let scale: Int

    public init(scale: Int = 1) { self.scale = scale }

    public mutating func renew(_ transactions: [TemplateTransaction]) {
        var same = 0
        while same < min(pieces.count, transactions.count),
            pieces[same].wtxid == transactions[same].transaction.wtxid,
            pieces[same].depends == transactions[same].depends
        {
            same += 1
        }
        if same == pieces.count, same == transactions.count { return }
        let old = bytes
        let others = pieces[same...]
        var known = [Wtxid: Int](minimumCapacity: others.count)
        for index in others.indices { known[others[index].wtxid] = index }

        var written: [UInt8] = []
        // Two digits a byte, and the rest of the members.
        let room = transactions.reduce(0) { $0 + 2 * $1.transaction.totalSize + 256 }
        written.reserveCapacity(room)
        written += old[..<(same > 0 ? pieces[same - 1].end : 1)]
        var made = Array(pieces[..<same])
        made.reserveCapacity(transactions.count)
        for transaction in transactions[same...] {
            if !made.isEmpty { written.append(UInt8(ascii: ",")) }
            var piece = Piece(
                wtxid: transaction.transaction.wtxid, depends: transaction.depends,
                start: written.count, listStart: 0, listEnd: 0, end: 0)
            if let index = known[piece.wtxid] {
                let before = pieces[index]
                written += old[before.start..<before.listStart]
                piece.listStart = written.count
                Self.write(piece.depends, to: &written)
                piece.listEnd = written.count
                written += old[before.listEnd..<before.end]
            } else {
                write(transaction, &piece, to: &written)
            }
            piece.end = written.count
            made.append(piece)
        }
        written.append(UInt8(ascii: "]"))
        bytes = written
        pieces = made
    }

    private func write(
        _ chosen: TemplateTransaction, _ piece: inout Piece, to text: inout [UInt8]
    ) {
        let transaction = chosen.transaction
        text += #"{"data":""#.utf8
        Hex.append(transaction.bytes, to: &text)
        text += #"","txid":""#.utf8
        text += transaction.txid.displayHex.utf8
        text += #"","hash":""#.utf8
        text += transaction.wtxid.displayHex.utf8
        text += #"","depends":["#.utf8
        piece.listStart = text.count
        Self.write(piece.depends, to: &text)
        piece.listEnd = text.count
        text += #"],"fee":"#.utf8
        text += String(chosen.fee.satoshis).utf8
        text += #","sigops":"#.utf8
        text += String(chosen.sigOpCost / scale).utf8
        text += #","weight":"#.utf8
        text += String(transaction.weight.units).utf8
        text.append(UInt8(ascii: "}"))
    }

    private static func write(_ depends: [Int], to text: inout [UInt8]) {
        for (index, place) in depends.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text += String(place).utf8
        }
    }
}
