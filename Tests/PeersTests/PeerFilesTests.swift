import Notation
import Peers
import Testing
import Wire

@Suite("Files of peers") struct PeerFilesTests {
    private func known(_ kind: NetworkAddress.Kind, _ first: UInt8) throws -> KnownAddress {
        let bytes = [first] + [UInt8](repeating: 7, count: kind.size - 1)
        let address = try #require(NetworkAddress(kind: kind, bytes: bytes))
        return KnownAddress(
            PeerAddress(Endpoint(address, port: 8333), services: .network, time: 1_700_000_000),
            sourceGroup: [1, 2], lastTry: 5, lastSuccess: 4, attempts: 3, isTried: true)
    }

    @Test("An address of any network comes back, though one of CJDNS looks like one of IPv6")
    func addresses() throws {
        var all: [KnownAddress] = []
        for kind in NetworkAddress.Kind.allCases { all += [try known(kind, 0xFC)] }
        let json = try JSON(parsing: PeerFiles.json(of: all).bytes())
        #expect(PeerFiles.addresses(in: json) == all)
    }

    @Test("Numbers that could overflow are bounded, and what is no address is passed over")
    func bounds() throws {
        let json: JSON = [
            "addresses": [
                [
                    "address": "1.2.3.4:8333", "services": 1, "time": -5,
                    "tried": -9_223_372_036_854_775_807, "attempts": 9_223_372_036_854_775_807,
                ],
                ["address": "1.2.3.4:0", "services": 1, "time": 5], 5, "x",
            ]
        ]
        let read = PeerFiles.addresses(in: json)
        #expect(read.count == 1)
        #expect(read.first?.attempts == 1000 && read.first?.lastTry == 0)
        #expect(read.first?.address.time == 0)
    }

    @Test("A ban comes back, and a time before 1970 is no ban")
    func bans() throws {
        let subnet = try #require(Subnet("1.2.0.0/255.255.0.0"))
        let ban = Ban(subnet: subnet, created: 5, until: 9)
        #expect(PeerFiles.bans(in: PeerFiles.json(of: [ban])) == [ban])
        let json: JSON = [
            "banned_nets": [["address": "1.2.3.4", "ban_created": -1, "banned_until": 5]]
        ]
        #expect(PeerFiles.bans(in: json).isEmpty)
    }
}
