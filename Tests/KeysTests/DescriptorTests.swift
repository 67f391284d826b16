import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Descriptors", .enabled(if: Vectors.isPresent, Vectors.hint))
struct DescriptorTests {
    @Test("Core's descriptors are read, written in each form, and come to its scripts")
    func check() throws {
        let rows = try #require(Vectors.json("core-extracted/descriptors.json")["check"].array)
        #expect(rows.count == 71)
        for row in rows {
            let privateText = try #require(row["private"].stringValue)
            let publicText = try #require(row["public"].stringValue)
            let flags = Set(row["flags"].array?.compactMap(\.stringValue) ?? [])
            let descriptor = try Descriptor(privateText, network: .mainnet)
            let watching = try Descriptor(publicText, network: .mainnet)

            #expect(body(descriptor.text(on: .mainnet)) == body(publicText))
            #expect(body(watching.text(on: .mainnet)) == body(publicText))
            #expect(descriptor.privateText(on: .mainnet).map(body) == body(privateText))
            #expect(watching.privateText(on: .mainnet) == nil)
            // The aggregate of several keys has no private key.
            let isFullyPrivate =
                !flags.contains("MISSING_PRIVKEYS") && !publicText.contains("musig(")
            #expect(descriptor.isFullyPrivate == isFullyPrivate, "\(publicText)")
            #expect(!watching.isFullyPrivate)
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
        let rows = try #require(
            Vectors.json("core-extracted/descriptors.json")["unparsable"].array)
        #expect(rows.count == 98)
        for row in rows {
            let expected = try #require(row["core_error"].stringValue)
            for form in ["private", "public"] {
                guard let text = row[form].stringValue, !text.isEmpty else { continue }
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
        let rows = try #require(
            Vectors.json("core-extracted/descriptors.json")["multipath"].array)
        #expect(rows.count == 15)
        for row in rows {
            let text = try #require(row["private"].stringValue)
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
        let rows = try lines("rpc/descriptors.main.jsonl").filter {
            $0["method"].stringValue == "getdescriptorinfo"
        }
        #expect(rows.count == 290)
        for line in rows {
            let text = try #require(line["params"][0].stringValue)
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

    @Test("deriveaddresses answers as Core")
    func addresses() throws {
        var (count, refused) = (0, 0)
        for line in try lines("rpc/descriptors.main.jsonl")
        where line["method"].stringValue == "deriveaddresses" {
            let text = try #require(line["params"][0].stringValue)
            guard let expected = line["result"].array else {
                let all = try Descriptor.parse(text, network: .mainnet, requireChecksum: true)
                let scripts = all.map { $0.expand()?.scripts }
                let reason =
                    scripts.contains(nil)
                    ? "Cannot derive script without private keys"
                    : "Descriptor does not have a corresponding address"
                #expect(line["error"]["message"].stringValue == reason, "\(text)")
                #expect(scripts.contains { $0?.contains { Address($0) == nil } ?? true })
                refused += 1
                continue
            }
            let range = line["params"][1]
            let (first, last) =
                range.array.map { ($0.first?.int ?? 0, $0.last?.int ?? 0) }
                ?? (0, range.int ?? 0)
            let all = try Descriptor.parse(text, network: .mainnet, requireChecksum: true)
            let lists = try all.map { descriptor in
                try (first...last).flatMap { index in
                    let expansion = try #require(descriptor.expand(at: UInt32(index)), "\(text)")
                    return expansion.scripts.compactMap { Address($0)?.text(on: .mainnet) }
                }
            }
            let expectedLists =
                lists.count == 1
                ? [expected.compactMap(\.stringValue)]
                : expected.map { ($0.array ?? []).compactMap(\.stringValue) }
            #expect(lists == expectedLists, "\(text)")
            count += 1
        }
        #expect(count == 126)
        #expect(refused == 31)
    }

    @Test("The descriptors and keys of bip380-390-descriptors.json are told apart")
    func bips() throws {
        let rows = try #require(Vectors.json("bips/bip380-390-descriptors.json").array)
        #expect(rows.count == 176)
        for row in rows {
            let text = try #require(row["text"].stringValue)
            // A key is known by the function that takes any.
            let isKey = row["kind"].stringValue == "key"
            let all = try? Descriptor.parse(isKey ? "pk(\(text))" : text, network: .mainnet)
            #expect((all != nil) == row["valid"].bool, "\(text)")
            guard let all else { continue }
            if let expansions = row["expands_to"].array {
                let expected = try expansions.map { expansion in
                    let text = try #require(expansion.stringValue)
                    return try Descriptor(text, network: .mainnet).text(on: .mainnet)
                }
                #expect(all.map { $0.text(on: .mainnet) } == expected, "\(text)")
            }
            guard let scripts = row["scripts"].array, all.count == 1 else { continue }
            let expected = scripts.compactMap(\.stringValue)
            let own = try (0..<(all[0].isRange ? expected.count : 1)).flatMap { index in
                try #require(all[0].expand(at: UInt32(index)), "\(text)").scripts.map(\.hex)
            }
            #expect(own == expected, "\(text)")
        }
    }

    @Test("Descriptors are found in scripts as in core-extracted/descriptors.json")
    func inference() throws {
        let rows = try #require(
            Vectors.json("core-extracted/descriptors.json")["infer"].array)
        #expect(rows.count == 6)
        for row in rows {
            var provider = SigningProvider()
            for script in row["known_scripts"].array ?? [] {
                provider.add(try #require(script.stringValue.flatMap { Script(hex: $0) }))
            }
            for pair in row["origins_path_pubkey"].array ?? [] {
                let key = try #require(pair[0].stringValue.flatMap { Hex.decode($0) })
                let parts = (pair[1].stringValue ?? "").split(separator: "/", maxSplits: 1)
                let origin: KeyOrigin? = try parts.first.map { fingerprint in
                    KeyOrigin(
                        fingerprint: try #require(UInt32(fingerprint, radix: 16)),
                        path: try #require(
                            DerivationPath(parts.count > 1 ? String(parts[1]) : "m")))
                }
                provider.add(publicKey: key, origin: origin)
            }
            let script = try #require(row["script"].stringValue.flatMap { Script(hex: $0) })
            let own = Descriptor.infer(script, provider: provider).text(on: .mainnet)
            #expect(body(own) == row["expected"].stringValue)
        }
    }

    @Test("A key is found only in bytes of a key's form: no other first byte, and no hybrid")
    func strangeKeys() throws {
        let x = try #require(
            Hex.decode("a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"))
        for first: UInt8 in [0, 1, 2, 3, 4, 5, 6, 7, 8, 0xff] {
            let key = [0x21, first] + x
            let scripts: [[UInt8]] = [
                key + [0xac], [0x51] + key + [0x51, 0xae], [0x51] + key + key + [0x52, 0xae],
                // and_v(v:pk(),older(1))
                key + [0xad, 0x51, 0xb2],
            ]
            for bytes in scripts {
                let script = Script(bytes)
                var provider = SigningProvider()
                provider.add(script)
                let program = Script.payToWitnessScriptHash(SHA256.hash(bytes.span))
                let text = Descriptor.infer(program, provider: provider).text(on: .mainnet)
                let isKey = first == 2 || first == 3
                #expect(text.hasPrefix(isKey ? "wsh(" : "addr("), "\(script.hex): \(text)")
            }
        }
    }

    @Test("A nested multi() is refused for a bad key before it is refused for how many there are")
    func nestedMultisig() {
        let key = "02a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
        let many = Array(repeating: key, count: 21).joined(separator: ",")
        let form = "A function is needed within P2WSH"
        let badKey = "key 'zz' is not valid"
        for (arguments, message) in [
            ("1,\(many)", form), ("1,\(many),zz", badKey), ("-1,\(key)", form),
            ("-1,\(key),zz", badKey), ("-01,zz", badKey), ("0,zz", badKey), ("x,zz", form),
            ("+1,zz", form), ("-,zz", form), ("99999999999999999999,zz", form),
        ] {
            let text = "wsh(and_v(v:pk(\(key)),multi(\(arguments))))"
            let error = #expect(throws: DescriptorError.self) {
                try Descriptor(text, network: .mainnet)
            }
            #expect(error?.message == message, "\(arguments)")
        }
    }

    @Test(
        "A hundred thousand paths of a multipath are told apart in no time to speak of",
        .timeLimit(.minutes(1)))
    func manyPaths() {
        let key =
            "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2"
            + "grBGRjaDMzQLcgJvLJuZZvRcEL"
        let paths = (0..<100_000).map(String.init).joined(separator: ";")
        let error = #expect(throws: DescriptorError.self) {
            try Descriptor.parse("wpkh(\(key)/<\(paths);7>)", network: .mainnet)
        }
        let reason = "Duplicated key path value 7 in multipath specifier"
        #expect(error?.message.hasSuffix(reason) == true)
    }

    @Test("An older() that loses bits is warned of, one that does not is not")
    func unsafeLocks() throws {
        let key = "03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
        let height = "height-based relative locktime: older(65536) > 65535 blocks is unsafe"
        let time =
            "time-based relative locktime: older(4259840) > (65535 * 512) seconds is unsafe"
        for (lock, warnings) in [
            (65535, []), (65536, [height]), (4_259_839, []), (4_259_840, [time]),
        ] {
            let script = "and_v(v:pk(\(key)),older(\(lock)))"
            let tree = "{pk(\(key)),\(script)}"
            for text in ["wsh(\(script))", "sh(wsh(\(script)))", "tr(\(key),\(tree))"] {
                #expect(try Descriptor(text, network: .mainnet).warnings == warnings, "\(text)")
            }
        }
        #expect(try Descriptor("pk(\(key))", network: .mainnet).hasScripts)
        let root =
            "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2"
            + "grBGRjaDMzQLcgJvLJuZZvRcEL"
        #expect(try !Descriptor("unused(\(root))", network: .mainnet).hasScripts)
    }

    @Test("What a descriptor makes is found again in its scripts")
    func roundTrip() throws {
        var count = 0
        for row in try #require(Vectors.json("core-extracted/descriptors.json")["check"].array) {
            let text = try #require(row["public"].stringValue)
            let descriptor = try Descriptor(text, network: .mainnet)
            // What hides keys behind hashes or in aggregates is found in another form.
            guard !text.contains("musig("), !text.contains("combo("),
                let expansion = descriptor.expand(), let script = expansion.scripts.first
            else { continue }
            let found = Descriptor.infer(script, provider: expansion.provider)
            #expect(found.isSolvable == descriptor.isSolvable, "\(text)")
            #expect(found.expand()?.scripts == [script], "\(text)")
            count += 1
        }
        #expect(count > 30)
    }

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
