import Consensus
import Cryptography
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Block filters (BIP158)", .enabled(if: Vectors.isPresent, Vectors.hint))
struct BlockFilterTests {
    @Test("The BIP's blocks have the filters and headers that it gives")
    func published() throws {
        let rows = try Vectors.rows("core/blockfilters.json").dropFirst()
        #expect(rows.count == 10)
        for row in rows {
            let block = try Block(decoding: row.element(2).bytes())
            #expect(try block.hash.displayHex == row.element(1).text())
            let scripts = try row.element(3).elements().map { Script(try $0.bytes()) }
            let filter = BlockFilter(of: block, spentScripts: scripts)
            #expect(try Hex.encode(filter.bytes) == row.element(5).text())
            let previous = try #require(Hash256(displayHex: row.element(4).text()))
            #expect(try filter.header(after: previous).displayHex == row.element(6).text())
            expectMatches(filter, block, scripts)
        }
    }

    @Test("Real blocks have the filters that were computed of them elsewhere")
    func realBlocks() throws {
        let rows = try Vectors.rows("blocks/bip158_basic_filters.json")
        #expect(rows.count == 12)
        for row in rows {
            let file = try row.member("file").text()
            let block = try Block(decoding: Vectors.load("blocks/" + file))
            let spent = try Vectors.json("blocks/\(file.dropLast(4)).spent.json")
            let scripts = try spent.member("spent").elements().flatMap { row in
                try row.element(1).elements().map { Script(try $0.element(1).bytes()) }
            }
            let filter = BlockFilter(of: block, spentScripts: scripts)
            #expect(try Hex.encode(filter.bytes) == row.member("filter_hex").text(), "\(file)")
            #expect(try filter.hash.displayHex == row.member("filter_hash").text(), "\(file)")
            expectMatches(filter, block, scripts)
        }
    }

    /// A filter matches all that went into it, each alone and among others, and nearly nothing else.
    private func expectMatches(_ filter: BlockFilter, _ block: Block, _ spent: [Script]) {
        let encoded = BlockFilter.Encoded(filter.bytes, of: block.hash)
        let paid = block.transactions.flatMap { $0.outputs.map(\.script) }
            .filter { $0.bytes.first.map { $0 != 0x6A } ?? false }
        let others = (0..<200).map { Script([0x51, UInt8($0), 0xAB]) }
        let members = paid + spent.filter { !$0.isEmpty }
        #expect(members.allSatisfy { encoded.matchesAny([$0]) })
        if let last = members.last { #expect(encoded.matchesAny(others + [last])) }
        #expect(!encoded.matchesAny(others))
        #expect(!encoded.matchesAny([Script]()))
        for size in 0..<min(filter.bytes.count, 64) {
            _ = BlockFilter.Encoded(Array(filter.bytes[..<size]), of: block.hash)
                .matchesAny(others)
        }
    }
}
