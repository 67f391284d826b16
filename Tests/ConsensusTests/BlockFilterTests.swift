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
        }
    }
}
