import Cryptography
import Primitives
import Testing
import Wire

@Suite("Finding the transactions of a compact block") struct CompactMatchingTests {
    private func transaction(_ tag: UInt32) -> Transaction {
        Transaction(
            inputs: [TransactionInput(outPoint: OutPoint(txid: .zero, index: tag), script: [])],
            outputs: [TransactionOutput(value: Amount(satoshis: 1), script: [])])
    }

    private var header: BlockHeader {
        BlockHeader(version: 1, previous: .zero, merkleRoot: .zero, time: 0, bits: 0, nonce: 0)
    }

    /// A block of which the transactions at some places come whole.
    private func block(_ count: Int, prefilled: Set<Int>) -> CompactBlock {
        var block = CompactBlock(header: header, nonce: 3, shortIds: [], prefilled: [])
        for place in 0..<count {
            let transaction = transaction(UInt32(place))
            if prefilled.contains(place) {
                block.prefilled.append(.init(index: place, transaction: transaction))
            } else {
                block.shortIds.append(block.key.shortId(of: transaction.wtxid))
            }
        }
        return block
    }

    @Test(
        "Each is found at its place, wherever whole ones stand between",
        arguments: [[], [0], [0, 1], [2, 5], [0, 3, 9], Set(0..<10)])
    func places(_ prefilled: Set<Int>) throws {
        let block = block(10, prefilled: prefilled)
        #expect(block.isWhole)
        var matcher = try #require(CompactBlockMatcher(block))
        for place in 0..<20 {
            let transaction = transaction(UInt32(place))
            let isWanted = place < 10 && !prefilled.contains(place)
            #expect(matcher.isWanted(transaction.wtxid) == isWanted)
            matcher.take(transaction, transaction.wtxid)
        }
        let expected = (0..<10).filter { !prefilled.contains($0) }
        #expect(matcher.found.keys.sorted() == expected)
        for place in expected {
            #expect(matcher.found[place] == transaction(UInt32(place)))
        }
    }

    @Test("Of two that have one short id neither is taken, nor a third")
    func doubt() throws {
        let block = block(2, prefilled: [0])
        let transaction = transaction(1)
        var matcher = try #require(CompactBlockMatcher(block))
        matcher.take(transaction, transaction.wtxid)
        #expect(matcher.found.count == 1)
        for _ in 0..<2 {
            matcher.take(transaction, transaction.wtxid)
            #expect(matcher.found.isEmpty)
        }
    }

    @Test("A block in which two have one short id is not looked for")
    func collision() {
        var block = block(3, prefilled: [0])
        block.shortIds[1] = block.shortIds[0]
        #expect(CompactBlockMatcher(block) == nil)
    }

    @Test("A block is not whole where a place is beyond what there is, or there is nothing")
    func holes() {
        var block = block(3, prefilled: [2])
        #expect(block.isWhole)
        block.prefilled[0].index = 3
        #expect(!block.isWhole)
        block.prefilled = []
        #expect(block.isWhole)
        block.shortIds = []
        #expect(!block.isWhole)
    }
}
