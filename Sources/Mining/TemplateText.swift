import Cryptography
import Notation
import Primitives

/// A template's transactions as `getblocktemplate` tells them: a JSON array.
///
/// Kept, it is made anew by writing only what was not there before.
public struct TemplateText: Sendable {
    /// What was written of one page.
    private struct Section: Sendable {
        var page: TemplatePage
        var text: [UInt8] = []
        /// Where in it each transaction's text ends, the comma before it being its own.
        var ends: [Int] = []

        func text(of index: Int) -> ArraySlice<UInt8> {
            text[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
        }
    }

    private var sections: [Section] = []
    /// By how much the cost of signature operations is divided: 4 where there are no witnesses.
    public let scale: Int

    public init(scale: Int = 1) { self.scale = scale }

    /// The array's text.
    public var pieces: [[UInt8]] {
        [[UInt8(ascii: "[")]] + sections.map(\.text) + [[UInt8(ascii: "]")]]
    }

    // MARK: Writing

    public mutating func renew(_ transactions: TemplateTransactions) {
        let pages = transactions.pages
        sections.removeLast(max(sections.count - pages.count, 0))
        for (number, page) in pages.enumerated() {
            if number == sections.count {
                sections.append(section(page, number, after: nil))
            } else if sections[number].page !== page {
                sections[number] = section(page, number, after: sections[number])
            }
        }
    }

    private func section(_ page: TemplatePage, _ number: Int, after before: Section?) -> Section {
        var made = Section(page: page)
        // Two digits a byte, and the rest of the members.
        made.text.reserveCapacity(
            page.transactions.reduce(0) { $0 + 2 * $1.transaction.totalSize + 256 })
        made.ends.reserveCapacity(page.transactions.count)
        for (index, chosen) in page.transactions.enumerated() {
            if let before, index < before.ends.count,
                Self.isSame(chosen, before.page.transactions[index])
            {
                made.text += before.text(of: index)
            } else {
                if number + index > 0 { made.text.append(UInt8(ascii: ",")) }
                write(chosen, to: &made.text)
            }
            made.ends.append(made.text.count)
        }
        return made
    }

    private static func isSame(_ one: TemplateTransaction, _ other: TemplateTransaction) -> Bool {
        one.transaction.wtxid == other.transaction.wtxid && one.depends == other.depends
    }

    private func write(_ chosen: TemplateTransaction, to text: inout [UInt8]) {
        let transaction = chosen.transaction
        text += #"{"data":""#.utf8
        Hex.append(transaction.bytes, to: &text)
        text += #"","txid":""#.utf8
        text += transaction.txid.displayHex.utf8
        text += #"","hash":""#.utf8
        text += transaction.wtxid.displayHex.utf8
        text += #"","depends":["#.utf8
        for (index, place) in chosen.depends.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text += String(place).utf8
        }
        text += #"],"fee":"#.utf8
        text += String(chosen.fee.satoshis).utf8
        text += #","sigops":"#.utf8
        text += String(chosen.sigOpCost / scale).utf8
        text += #","weight":"#.utf8
        text += String(transaction.weight.units).utf8
        text.append(UInt8(ascii: "}"))
    }
}
