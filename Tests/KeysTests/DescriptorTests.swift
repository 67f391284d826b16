import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Descriptors", .enabled(if: Vectors.isPresent, Vectors.hint))
struct DescriptorTests {
    @Test("Core's descriptors are read, written in each form, and come to its scripts")
    func check() throws {
        for row in try #require(Vectors.json("core-extracted/descriptors.json")["check"].array) {
            let privateText = try #require(row["private"].stringValue)
            let publicText = try #require(row["public"].stringValue)
            guard isSupported(publicText) else { continue }
            let flags = Set(row["flags"].array?.compactMap(\.stringValue) ?? [])
            let descriptor = try Descriptor(privateText, network: .mainnet)
            let watching = try Descriptor(publicText, network: .mainnet)

            #expect(body(descriptor.text(on: .mainnet)) == body(publicText))
            #expect(body(watching.text(on: .mainnet)) == body(publicText))
            if !flags.contains("MISSING_PRIVKEYS"), descriptor.hasPrivateKeys {
                let text = try #require(descriptor.privateText(on: .mainnet))
                #expect(body(text) == body(privateText))
            }
            let normalized = try #require(row["normalized"].stringValue)
            #expect(
                descriptor.normalizedText(on: .mainnet).map(body) == body(normalized),
                "\(publicText)")
            #expect(descriptor.isRange == flags.contains("RANGE"))
            #expect(descriptor.isSolvable != flags.contains("UNSOLVABLE"))
            if let id = row["descriptor_id"].stringValue {
                #expect(descriptor.id(on: .mainnet).displayHex == id)
            }
            #expect(
                descriptor.addressType == row["output_type"].stringValue.flatMap(type(named:)))
            for (index, scripts) in try #require(row["scripts"].array).enumerated() {
                let expected = scripts.array?.compactMap(\.stringValue)
                let expansion = try #require(descriptor.expand(at: UInt32(index)))
                #expect(expansion.scripts.map(\.hex) == expected, "\(publicText)")
                if flags.contains("HARDENED") {
                    #expect(watching.expand(at: UInt32(index)) == nil)
                } else {
                    #expect(watching.expand(at: UInt32(index))?.scripts.map(\.hex) == expected)
                }
            }
        }
    }

    @Test("What Core cannot read is refused in its words")
    func unparsable() throws {
        let rows = try Vectors.json("core-extracted/descriptors.json")["unparsable"].array
        for row in try #require(rows) {
            let expected = try #require(row["core_error"].stringValue)
            for form in ["private", "public"] {
                guard let text = row[form].stringValue, isSupported(text) else { continue }
                let error = #expect(throws: DescriptorError.self, "\(text)") {
                    try Descriptor.parse(text, network: .mainnet)
                }
                // The texts name the key, which differs in the private form.
                if form == "public" { #expect(error?.message == expected, "\(text)") }
            }
        }
    }

    @Test("A multipath descriptor stands for several")
    func multipath() throws {
        let rows = try Vectors.json("core-extracted/descriptors.json")["multipath"].array
        for row in try #require(rows) {
            let text = try #require(row["private"].stringValue)
            guard isSupported(text) else { continue }
            let all = try Descriptor.parse(text, network: .mainnet)
            for (form, own) in [
                ("expanded_private", all.map { $0.privateText(on: .mainnet) }),
                ("expanded_public", all.map { $0.text(on: .mainnet) }),
                ("expanded_normalized", all.map { $0.normalizedText(on: .mainnet) }),
            ] {
                let expected = row[form].array?.compactMap(\.stringValue)
                #expect(own.map { $0.map(body) } == expected?.map(body), "\(text)")
            }
        }
    }

    @Test("getdescriptorinfo answers as Core")
    func information() throws {
        for line in try lines("rpc/descriptors.main.jsonl")
        where line["method"].stringValue == "getdescriptorinfo" {
            let text = try #require(line["params"][0].stringValue)
            guard isSupported(text) else { continue }
            let result = line["result"]
            do {
                let all = try Descriptor.parse(text, network: .mainnet)
                #expect(
                    all.first?.text(on: .mainnet) == result["descriptor"].stringValue, "\(text)")
                #expect(all.first?.isRange == result["isrange"].bool, "\(text)")
                #expect(all.first?.isSolvable == result["issolvable"].bool, "\(text)")
                #expect(all.first?.hasPrivateKeys == result["hasprivatekeys"].bool, "\(text)")
                if let expansions = result["multipath_expansion"].array {
                    #expect(
                        all.map { $0.text(on: .mainnet) }
                            == expansions.compactMap(\.stringValue))
                }
            } catch {
                #expect(line["error"]["message"].stringValue == error.message, "\(text)")
            }
        }
    }

    @Test("The descriptors and keys of BIP380 to 389 are told apart")
    func bips() throws {
        for row in try #require(Vectors.json("bips/bip380-390-descriptors.json").array) {
            let text = try #require(row["text"].stringValue)
            guard row["kind"].stringValue == "descriptor", isSupported(text) else { continue }
            let all = try? Descriptor.parse(text, network: .mainnet)
            #expect((all != nil) == row["valid"].bool, "\(text)")
        }
    }

    /// MuSig2 keys are not understood yet.
    private func isSupported(_ text: String) -> Bool { !text.contains("musig(") }

    private func body(_ text: String) -> String {
        String(text.prefix { $0 != "#" })
    }

    private func type(named name: String) -> AddressType? {
        switch name {
        case "LEGACY": .legacy
        case "P2SH_SEGWIT": .p2shSegwit
        case "BECH32": .bech32
        case "BECH32M": .bech32m
        default: nil
        }
    }
}
