import Notation
import Peers
import TestSupport
import Testing
import Wire

@Suite("Autonomous systems", .enabled(if: Vectors.isPresent, Vectors.hint)) struct ASMapTests {
    private static let file = "core-extracted/asmap.json"

    @Test("Every address of Core's map leads to the system that Core finds")
    func lookups() throws {
        let json = try Vectors.json(Self.file)
        let map = try #require(ASMap(json.member("asmap_hex").bytes()))
        let rows = try json.member("lookups").elements()
        #expect(rows.count == 19)
        for row in rows {
            let text = try row.member("ip").text()
            let address = try #require(NetworkAddress(text))
            #expect(
                try Int64(map.system(of: address)) == row.member("asn").integer(), "\(text)")
        }
    }

    @Test("Core's small file is a map; an address of another network is in no system")
    func smallFile() throws {
        let map = try #require(ASMap(Vectors.load("core/asmap.raw")))
        let i2p = try #require(NetworkAddress(kind: .i2p, bytes: [UInt8](repeating: 1, count: 32)))
        #expect(map.system(of: i2p) == 0)
    }

    @Test("A map that is cut short, padded by a byte or that stops halfway is refused")
    func unsound() throws {
        let bytes = try Vectors.load("core/asmap.raw")
        for count in 0..<bytes.count { #expect(ASMap(Array(bytes[..<count])) == nil, "\(count)") }
        #expect(ASMap(bytes + [0]) == nil)
        #expect(ASMap([UInt8](repeating: 0xFF, count: 64)) == nil)
    }

    @Test("No bytes whatever stop the reader")
    func noise() throws {
        let bytes = try Vectors.load("core/asmap.raw")
        var random = SeededGenerator(seed: 6)
        let address = NetworkAddress.ipv4(8, 8, 8, 8)
        for _ in 0..<2000 {
            var changed = bytes
            for _ in 0..<3 {
                changed[Int.random(in: changed.indices, using: &random)] =
                    .random(in: 0...255, using: &random)
            }
            _ = ASMap(changed)?.system(of: address)
        }
    }
}
