import Genesis
import Keys
import Primitives

extension FuzzProperty {
    private static let networks: [Network] = [.mainnet, .regtest]

    /// A descriptor that parses has a text that parses as it, and gives the same scripts.
    public static let descriptor = FuzzProperty("descriptor") { (bytes) throws(FuzzFailure) in
        let text = String(decoding: bytes, as: UTF8.self)
        for network in networks {
            guard let all = try? Descriptor.parse(text, network: network) else { continue }
            for descriptor in all.prefix(4) { try examine(descriptor, on: network) }
        }
    }

    private static func examine(
        _ descriptor: Descriptor, on network: Network
    ) throws(FuzzFailure) {
        let text = descriptor.text(on: network)
        let again: Descriptor
        do {
            again = try Descriptor(text, network: network, requireChecksum: true)
        } catch {
            throw FuzzFailure(reason: "\(text) does not parse: \(error.message)")
        }
        try claim(again.text(on: network) == text, "\(text) is written otherwise")
        try claim(again.isRange == descriptor.isRange, "\(text) has another range")
        if let secret = descriptor.privateText(on: network) {
            guard let whole = try? Descriptor(secret, network: network, requireChecksum: true)
            else { throw FuzzFailure(reason: "the private text of \(text) does not parse") }
            try claim(
                whole.privateText(on: network) == secret, "the private text is written otherwise")
        }
        _ = (descriptor.normalizedText(on: network), descriptor.id(on: network))
        _ = (descriptor.satisfactionSize(), descriptor.addressType)
        for index: UInt32 in [0, 0x7FFF_FFFF] {
            _ = descriptor.privateKeys(at: index)
            guard let public_ = again.expand(at: index) else { continue }
            try claim(
                descriptor.expand(at: index)?.scripts == public_.scripts,
                "\(text) gives other scripts")
        }
    }

    /// A PSBT that decodes is written in a form that decodes as the same and is written alike.
    public static let psbt = FuzzProperty("psbt") { (bytes) throws(FuzzFailure) in
        let read: PSBT
        if bytes.starts(with: Array("cHNid".utf8)) {
            guard let psbt = try? PSBT(base64: String(decoding: bytes, as: UTF8.self))
            else { return }
            read = psbt
        } else {
            guard let psbt = try? PSBT(decoding: bytes) else { return }
            read = psbt
        }
        // Version 0 holds an unsigned transaction; there is one unless lock times contradict.
        let unsigned = read.unsignedTransaction
        _ = (read.identifier, read.precomputed)
        let written = read.bytes
        let again: PSBT
        do {
            again = try PSBT(decoding: written)
        } catch {
            throw FuzzFailure(reason: "what was written does not decode: \(error)")
        }
        try claim(again.bytes == written, "it is written otherwise the second time")
        try claim(again.unsignedTransaction == unsigned, "it is of another transaction")
        try claim((try? PSBT(base64: read.base64)) == again, "Base64 changes it")
        var final = again
        if final.finalize() { _ = final.extractFinal() }
        var lean = again
        lean.dropUnneededTransactions()
        _ = lean.bytes
    }

    /// Text that reads as an address, a key, a path or a phrase is written in a form that reads as
    /// the same.
    public static let address = FuzzProperty("address") { (bytes) throws(FuzzFailure) in
        let text = String(decoding: bytes, as: UTF8.self)
        for network in networks {
            switch Result(catching: { () throws(AddressError) in
                try Address(text, network: network)
            }) {
            case .success(let address):
                let written = address.text(on: network)
                try claim(
                    (try? Address(written, network: network)) == address,
                    "the address \(written) does not come back")
                try claim(Address(address.script) == address, "\(written) has another's script")
            case .failure(let error):
                let places = text.utf8.count
                try claim(error.locations.allSatisfy { (0..<places).contains($0) }, "no such place")
            }
            if let key = PrivateKey(wif: text, network: network) {
                try claim(PrivateKey(wif: key.wif(on: network), network: network) == key, "a key")
            }
            if let key = ExtendedPrivateKey(text, network: network) {
                let written = key.text(on: network)
                try claim(ExtendedPrivateKey(written, network: network) == key, "an xprv")
                _ = key.child(0x8000_0000)?.neutered
            }
            if let key = ExtendedPublicKey(text, network: network) {
                let written = key.text(on: network)
                try claim(ExtendedPublicKey(written, network: network) == key, "an xpub")
                _ = key.child(1)
            }
        }
        if let payload = Base58.decodeCheck(text, limit: 1000) {
            try claim(
                Base58.decodeCheck(Base58.encodeCheck(payload), limit: 1000) == payload,
                "Base58 does not come back")
        }
        try claim(
            Base58.decode(Base58.encode(bytes), limit: bytes.count) == bytes,
            "bytes do not come back from Base58")
        if let decoded = Bech32.decode(text) {
            let written = Bech32.encode(
                decoded.encoding, prefix: decoded.prefix, values: decoded.values)
            try claim(Bech32.decode(written) == decoded, "\(written) does not come back")
        }
        if let path = DerivationPath(text) {
            try claim(DerivationPath("m" + path.text()) == path, "a path does not come back")
        }
        if let mnemonic = try? Mnemonic(phrase: text) {
            try claim((try? Mnemonic(phrase: mnemonic.phrase)) == mnemonic, "a phrase")
            try claim((try? Mnemonic(entropy: mnemonic.entropy)) == mnemonic, "its entropy")
        }
    }
}
