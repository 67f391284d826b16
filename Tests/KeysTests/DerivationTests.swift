import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Keys grown from seeds", .enabled(if: Vectors.isPresent, Vectors.hint))
struct DerivationTests {
    @Test("Chains of keys grow from the seeds of BIP32")
    func chains() throws {
        let rows = try Vectors.json("bips/bip32.json").member("valid").elements()
        #expect(rows.count == 4)
        for row in rows {
            let seed = try #require(row["seed"].stringValue.flatMap { Hex.decode($0) })
            let root = try #require(ExtendedPrivateKey(seed: seed))
            for chain in try #require(row["chains"].array) {
                let path = try #require(chain["path"].stringValue.flatMap { DerivationPath($0) })
                let key = try #require(root.derive(path))
                let (xprv, xpub) = (key.text(on: .mainnet), key.neutered.text(on: .mainnet))
                #expect(xprv == chain["xprv"].stringValue)
                #expect(xpub == chain["xpub"].stringValue)
                #expect(ExtendedPrivateKey(xprv, network: .mainnet) == key)
                #expect(ExtendedPublicKey(xpub, network: .mainnet) == key.neutered)
                #expect(ExtendedPublicKey(xpub, network: .regtest) == nil)
                // The public key leads to the same children, as long as they are not hardened.
                #expect(key.neutered.child(7) == key.child(7)?.neutered)
                #expect(key.neutered.child(7 | DerivationPath.hardened) == nil)
            }
        }
    }

    @Test("The damaged keys of BIP32 are refused")
    func invalid() throws {
        let rows = try Vectors.json("bips/bip32.json").member("invalid").elements()
        #expect(rows.count == 16)
        for row in rows {
            let text = try #require(row["key"].stringValue)
            #expect(ExtendedPrivateKey(text, network: .mainnet) == nil, "\(row["reason"])")
            #expect(ExtendedPublicKey(text, network: .mainnet) == nil, "\(row["reason"])")
        }
    }

    @Test("At depth 255 a tree ends")
    func depth() throws {
        var key = try #require(ExtendedPrivateKey(seed: [UInt8](repeating: 1, count: 32)))
        for _ in 0..<255 { key = try #require(key.child(0)) }
        #expect(key.child(0) == nil)
        #expect(key.neutered.child(0) == nil)
    }

    @Test("The words of BIP39 stand for their entropy and seed")
    func mnemonics() throws {
        let file = try Vectors.json("bips/bip39-vectors.json")
        let passphrase = try #require(file["passphrase"].stringValue)
        let rows = try file.member("english").elements()
        #expect(rows.count == 24)
        for row in rows {
            let entropy = try #require(row["entropy"].stringValue.flatMap { Hex.decode($0) })
            let mnemonic = try Mnemonic(entropy: entropy)
            let phrase = try #require(row["mnemonic"].stringValue)
            #expect(mnemonic.phrase == phrase)
            #expect(try Mnemonic(phrase: phrase) == mnemonic)
            let seed = try mnemonic.seed(passphrase: passphrase)
            #expect(Hex.encode(seed) == row["seed"].stringValue)
            let root = try #require(ExtendedPrivateKey(seed: seed))
            #expect(root.text(on: .mainnet) == row["xprv"].stringValue)
        }
    }

    @Test("A phrase with a wrong word, count or checksum is refused")
    func damagedPhrases() {
        let eleven = Array(repeating: "abandon", count: 11)
        #expect(throws: MnemonicError.wordCount(11)) {
            try Mnemonic(phrase: eleven.joined(separator: " "))
        }
        #expect(throws: MnemonicError.checksum) {
            try Mnemonic(phrase: (eleven + ["abandon"]).joined(separator: " "))
        }
        #expect(throws: MnemonicError.unknownWord("warden")) {
            try Mnemonic(phrase: (eleven + ["warden"]).joined(separator: " "))
        }
        #expect(throws: MnemonicError.entropySize(15)) {
            try Mnemonic(entropy: [UInt8](repeating: 0, count: 15))
        }
    }

    /// The seed from which BIP49, 84 and 86 derive their examples.
    private func exampleRoot() throws -> ExtendedPrivateKey {
        let words = Array(repeating: "abandon", count: 11) + ["about"]
        let seed = try Mnemonic(phrase: words.joined(separator: " ")).seed()
        return try #require(ExtendedPrivateKey(seed: seed))
    }

    @Test("Native SegWit accounts are those of BIP84")
    func bip84() throws {
        var network = Network.mainnet
        network.addresses.extendedSecretKey = [0x04, 0xb2, 0x43, 0x0c]
        network.addresses.extendedPublicKey = [0x04, 0xb2, 0x47, 0x46]
        let root = try exampleRoot()
        let sections = try Vectors.json("bips/bip84.json").member("sections").elements()
        #expect(sections.count == 5)
        for section in sections {
            let path = DerivationPath(section["path"].stringValue ?? "m")
            let key = try #require(path.flatMap { root.derive($0) })
            for name in ["rootpriv", "xpriv"] {
                guard let expected = section[name].stringValue else { continue }
                #expect(key.text(on: network) == expected)
            }
            guard let expected = section["address"].stringValue else { continue }
            let publicKey = key.secret.publicKey.compressed
            #expect(Hex.encode(publicKey) == section["pubkey"].stringValue)
            #expect(PrivateKey(key.secret).wif(on: network) == section["privkey"].stringValue)
            let address = Address.witnessPubKeyHash(.hash(publicKey.span))
            #expect(address.text(on: network) == expected)
            try expectAccount(.bech32, key, at: try #require(path), on: network, gives: expected)
        }
    }

    @Test("Taproot accounts are those of BIP86")
    func bip86() throws {
        let root = try exampleRoot()
        let sections = try Vectors.json("bips/bip86.json").member("sections").elements()
        #expect(sections.count == 5)
        for section in sections {
            let path = try #require(DerivationPath(section["path"].stringValue ?? "m"))
            let key = try #require(root.derive(path))
            if let expected = section["xprv"].stringValue {
                #expect(key.text(on: .mainnet) == expected)
            }
            if let expected = section["address"].stringValue {
                try expectAccount(.bech32m, key, at: path, on: .mainnet, gives: expected)
            }
        }
    }

    @Test("Wrapped SegWit accounts are those of BIP49")
    func bip49() throws {
        let sections = try Vectors.json("bips/bip49.json").member("sections").elements()
        #expect(sections.count == 5)
        let path = try #require(DerivationPath("m/49h/1h/0h/0/0"))
        let key = try #require(exampleRoot().derive(path))
        for section in sections {
            if let expected = section["address"].stringValue {
                try expectAccount(.p2shSegwit, key, at: path, on: .testnet3, gives: expected)
            }
            if let expected = section["account0recvPrivateKey"].stringValue {
                #expect(PrivateKey(key.secret).wif(on: .testnet3) == expected)
            }
        }
    }

    private func expectAccount(
        _ type: AddressType, _ key: ExtendedPrivateKey, at path: DerivationPath,
        on network: Network, gives expected: String
    ) throws {
        let account = DerivationPath(Array(path.steps.prefix(3)))
        let descriptor = Descriptor.account(
            type, root: try exampleRoot(), account: account, chain: path.steps[3])
        #expect(descriptor.addressType == type)
        let expansion = try #require(descriptor.expand(at: path.steps[4]))
        #expect(expansion.scripts.compactMap { Address($0)?.text(on: network) } == [expected])
        let keys = descriptor.privateKeys(at: path.steps[4])
        #expect(keys.map(\.secret) == [key.secret])
    }
}
