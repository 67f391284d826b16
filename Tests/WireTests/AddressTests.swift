import Notation
import Primitives
import TestSupport
import Testing
import Wire

@Suite("Addresses") struct AddressTests {
    @Test(
        "BIP155 addresses decode, fail and print as in Bitcoin Core",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func bip155() throws {
        let file = try JSON(parsing: try Vectors.load("core-extracted/addrv2.json"))
        let rows = try #require(file["netaddr_v2"]?.array)
        #expect(rows.count == 20)
        for row in rows {
            let bytes = try #require(Hex.decode(row["addr_entry_hex"]?.stringValue ?? "-"))
            var reader = ByteReader(bytes.span)
            do {
                let address = try NetworkAddress.read(from: &reader)
                #expect(row["decodes"] == .bool(true))
                #expect(.bool(address?.isValid ?? false) == row["valid"], "\(row)")
                if row["valid"] == .bool(true) {
                    let text = try #require(row["text"]?.stringValue)
                    #expect(address?.description == text)
                    if let address, address.kind != .cjdns {
                        #expect(NetworkAddress(text) == address)
                    }
                }
            } catch {
                #expect(row["decodes"] == .bool(false))
                if let words = row["error"]?.stringValue, words != "end of data" {
                    #expect("\(error)" == words)
                }
            }
        }
    }

    @Test(
        "Vectors of addresses read and write in either format",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func vectors() throws {
        let file = try JSON(parsing: try Vectors.load("core-extracted/addrv2.json"))
        for (key, command) in [("caddress_vector_v1", "addr"), ("caddress_vector_v2", "addrv2")] {
            let bytes = try #require(Hex.decode(file[key]?.stringValue ?? "-"))
            let message = try Message(command: command, payload: bytes)
            #expect(message.payload == bytes)
            switch message {
            case .addresses(let list), .addressesV2(let list): #expect(list.count == 3)
            default: Issue.record("\(message)")
            }
        }
    }

    @Test(
        "Text and address are one another's inverse",
        arguments: [
            "1.2.3.4", "127.0.0.1", "::1", "::", "2001:db8::1", "fe80::1:0:0:1",
            "102:304:506:708:90a:b0c:d0e:f10", "1:0:0:2::3",
        ])
    func text(_ text: String) {
        #expect(NetworkAddress(text)?.description == text)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "+1.2.3.4", ":::", "1::2::3", "12345::",
            "a.b.c.d",
            "localhost", "1:2:3:4:5:6:7:8:9", "x.onion", "[::1",
        ])
    func noAddress(_ text: String) {
        #expect(NetworkAddress(text) == nil)
    }

    @Test("A host is parted from its port")
    func ports() {
        #expect(Endpoint("1.2.3.4:99", defaultPort: 1)?.description == "1.2.3.4:99")
        #expect(Endpoint("1.2.3.4", defaultPort: 1)?.description == "1.2.3.4:1")
        #expect(Endpoint("[::1]:5", defaultPort: 1)?.description == "[::1]:5")
        #expect(Endpoint("::1", defaultPort: 7)?.description == "[::1]:7")
        #expect(Endpoint("1.2.3.4:0", defaultPort: 1) == nil)
        #expect(Endpoint("1.2.3.4:65536", defaultPort: 1) == nil)
    }

    @Test("Private and loopback ranges are no part of the internet")
    func ranges() {
        for text in [
            "10.0.0.1", "192.168.3.4", "172.16.0.1", "127.0.0.1", "::1", "fe80::1", "fd00::1",
        ] {
            #expect(NetworkAddress(text)?.isRoutable == false, "\(text)")
        }
        for text in ["8.8.8.8", "172.32.0.1", "2a00::1"] {
            #expect(NetworkAddress(text)?.isRoutable == true, "\(text)")
        }
    }

    @Test("SHA3-256 gives the published digests")
    func sha3() {
        #expect(
            Hex.encode(SHA3.hash256([]))
                == "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a")
        #expect(
            Hex.encode(SHA3.hash256(Array("abc".utf8)))
                == "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532")
    }
}
