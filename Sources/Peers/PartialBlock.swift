package import Primitives
package import Wire

/// A block that came in compact form, of which some transactions may still be missing.
package struct PartialBlock: Sendable {
    package let header: BlockHeader
    private var transactions: [Transaction?]

    /// - Parameters:
    ///   - block: one that is whole.
    ///   - found: the transactions that were at hand, by their places.
    package init(_ block: CompactBlock, _ found: [Int: Transaction]) {
        header = block.header
        transactions = Array(repeating: nil, count: block.count)
        for (place, transaction) in found where transactions.indices.contains(place) {
            transactions[place] = transaction
        }
        for item in block.prefilled where transactions.indices.contains(item.index) {
            transactions[item.index] = item.transaction
        }
    }

    /// The places of what is missing, rising.
    package var missing: [Int] { transactions.indices.filter { transactions[$0] == nil } }

    /// The block with what was missing; nil where that is not as much as was, or the whole is more
    /// than any block may be.
    package func completed(by rest: [Transaction]) -> Block? {
        var rest = rest[...]
        var writer = ByteWriter()
        header.encode(to: &writer)
        writer.writeCompactSize(transactions.count)
        for transaction in transactions {
            guard let next = transaction ?? rest.popFirst() else { return nil }
            guard writer.bytes.count + next.totalSize <= WireLimits.maximumPayload else {
                return nil
            }
            writer.write(next.bytes)
        }
        // All parts came from outside: nothing says that together they can be read.
        return rest.isEmpty ? try? Block(decoding: writer.bytes) : nil
    }
}
