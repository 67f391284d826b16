import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Addresses and keys as text", .enabled(if: Vectors.isPresent, Vectors.hint))
struct TextFormTests {
    @Test("Base58 reads and writes as Core does")
    func base58() throws {
        let rows = try Vectors.rows("core/base58_encode_decode.json")
        #expect(rows.count == 21)
        for row in rows {
            let bytes = try #require(row[0].stringValue.flatMap { Hex.decode($0) })
            let text = try #require(row[1].stringValue)
            #expect(Base58.encode(bytes) == text)
            #expect(Base58.decode(text, limit: 256) == bytes)
            if !bytes.isEmpty { #expect(Base58.decode(text, limit: bytes.count - 1) == nil) }
        }
    }

    @Test("Core's valid addresses and private keys are read, and written alike")
    func valid() throws {
        let rows = try Vectors.rows("core/key_io_valid.json")
        #expect(rows.count == 70)
        for row in rows {
            let text = try #require(row[0].stringValue)
            let payload = try #require(row[1].stringValue)
            let chain = try #require(row[2]["chain"].stringValue)
            let network = try #require(Network.named(chain))
            if row[2]["isPrivkey"].bool == true {
                let key = try #require(PrivateKey(wif: text, network: network))
                #expect(Hex.encode(key.secret.bytes) == payload)
                #expect(key.isCompressed == row[2]["isCompressed"].bool)
                #expect(key.wif(on: network) == text)
                #expect(throws: AddressError.self) { try Address(text, network: network) }
            } else {
                let address = try Address(text, network: network)
                #expect(address.script.hex == payload)
                #expect(address.text(on: network) == text)
                #expect(Address(address.script) == address)
                #expect(PrivateKey(wif: text, network: network) == nil)
                let flipped = try? Address(text.uppercased(), network: network)
                #expect((flipped != nil) == (row[2]["tryCaseFlip"].bool == true))
            }
        }
    }

    @Test("What is neither an address nor a key on any chain is refused")
    func invalid() throws {
        let rows = try Vectors.rows("core/key_io_invalid.json")
        #expect(rows.count == 70)
        for row in rows {
            let text = try #require(row[0].stringValue)
            for network in Network.all {
                #expect(throws: AddressError.self) { try Address(text, network: network) }
                #expect(PrivateKey(wif: text, network: network) == nil)
            }
        }
    }

    @Test("The Bech32 strings of BIP173 and BIP350 are told apart", arguments: [173, 350])
    func bech32(_ bip: Int) throws {
        let vectors = try Vectors.json("bips/bip\(bip).json")
        let valid = try vectors.member("valid_strings").elements()
        let invalid = try vectors.member("invalid_strings").elements()
        #expect([valid.count, invalid.count] == (bip == 173 ? [7, 12] : [7, 14]))
        for string in valid {
            let text = try #require(string.stringValue)
            let decoded = try #require(Bech32.decode(text))
            #expect(decoded.encoding == (bip == 173 ? .bech32 : .bech32m))
            let again = Bech32.encode(
                decoded.encoding, prefix: decoded.prefix, values: decoded.values)
            #expect(again == text.lowercased())
        }
        for row in invalid {
            let bytes = try #require(row["hex"].stringValue.flatMap { Hex.decode($0) })
            let decoded = Bech32.decode(String(decoding: bytes, as: UTF8.self))
            #expect(decoded?.encoding != (bip == 173 ? .bech32 : .bech32m))
        }
    }

    @Test("The SegWit addresses of BIP350 are told apart")
    func segwitAddresses() throws {
        let vectors = try Vectors.json("bips/bip350.json")
        let valid = try vectors.member("valid_addresses").elements()
        let invalid = try vectors.member("invalid_addresses").elements()
        #expect([valid.count, invalid.count] == [8, 15])
        for row in valid {
            let text = try #require(row["address"].stringValue)
            let network: Network = text.lowercased().hasPrefix("bc") ? .mainnet : .testnet3
            let address = try Address(text, network: network)
            #expect(address.script.hex == row["scriptPubKey"].stringValue)
            #expect(address.text(on: network) == text.lowercased())
        }
        for row in invalid {
            let text = try #require(row["address"].stringValue)
            for network in [Network.mainnet, .testnet3] {
                #expect(throws: AddressError.self) { try Address(text, network: network) }
            }
        }
    }

    @Test("The SegWit addresses of BIP173 are told apart, but for versions that BIP350 took over")
    func oldSegwitAddresses() throws {
        let vectors = try Vectors.json("bips/bip173.json")
        let valid = try vectors.member("valid_addresses").elements()
        let invalid = try vectors.member("invalid_addresses").elements()
        #expect([valid.count, invalid.count] == [6, 10])
        var superseded = 0
        for row in valid {
            let text = try #require(row["address"].stringValue)
            let script = try #require(row["scriptPubKey"].stringValue)
            let network: Network = text.lowercased().hasPrefix("bc") ? .mainnet : .testnet3
            let decoded = try #require(Bech32.decode(text))
            #expect(decoded.encoding == .bech32)
            if script.hasPrefix("00") {
                let address = try Address(text, network: network)
                #expect(address.script.hex == script)
                #expect(address.text(on: network) == text.lowercased())
            } else {
                #expect(throws: AddressError.self) { try Address(text, network: network) }
                // The same data in the newer form is that very program.
                let newer = Bech32.encode(
                    .bech32m, prefix: decoded.prefix, values: decoded.values)
                #expect(try Address(newer, network: network).script.hex == script)
                superseded += 1
            }
        }
        #expect(superseded == 3)
        for row in invalid {
            let text = try #require(row["address"].stringValue)
            for network in [Network.mainnet, .testnet3] {
                #expect(throws: AddressError.self) { try Address(text, network: network) }
            }
        }
    }

    @Test("validateaddress gives Core's words and places for each address")
    func validateAddress() throws {
        let lines = try lines("rpc/validateaddress.main.jsonl")
        #expect(lines.count == 173)
        for line in lines {
            let text = try #require(line["params"][0].stringValue)
            let result = line["result"]
            do {
                let address = try Address(text, network: .mainnet)
                #expect(result["isvalid"].bool == true, "\(text)")
                #expect(address.script.hex == result["scriptPubKey"].stringValue)
                #expect(address.text(on: .mainnet) == result["address"].stringValue)
                #expect(address.isScript == result["isscript"].bool)
                #expect(address.isWitness == result["iswitness"].bool)
                #expect(address.witnessVersion.map(Int64.init) == result["witness_version"].int)
                #expect(
                    address.witnessProgram.map { Hex.encode($0) }
                        == result["witness_program"].stringValue)
            } catch {
                #expect(result["error"].stringValue == error.message, "\(text)")
                let places = result["error_locations"].array?.map(\.int)
                #expect(places == error.locations.map(Int64.init), "\(text)")
            }
        }
    }
}

/// The lines of a file of vectors, each of them JSON.
func lines(_ name: String) throws -> [JSON] {
    try Vectors.load(name).split(separator: UInt8(ascii: "\n")).map {
        try JSON(parsing: Array($0))
    }
}
