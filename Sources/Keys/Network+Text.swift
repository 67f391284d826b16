internal import Genesis

/// What a Base58 text of a network can stand for, each under version bytes of its own.
enum TextKind {
    case pubKeyHash
    case scriptHash
    case privateKey
    case extendedPublicKey
    case extendedPrivateKey
}

extension Network {
    func text(_ payload: [UInt8], under kind: TextKind) -> String {
        Base58.encodeCheck(version(of: kind) + payload)
    }

    /// What follows the version bytes of a text of this kind, or nil when it is none.
    func payload(of text: String, under kind: TextKind) -> ArraySlice<UInt8>? {
        guard let bytes = Base58.decodeCheck(text, limit: 78) else { return nil }
        let version = version(of: kind)
        return bytes.starts(with: version) ? bytes.dropFirst(version.count) : nil
    }
}

extension Network {
    fileprivate func version(of kind: TextKind) -> [UInt8] {
        switch kind {
        case .pubKeyHash: [addresses.pubKeyHash]
        case .scriptHash: [addresses.scriptHash]
        case .privateKey: [addresses.secretKey]
        case .extendedPublicKey: addresses.extendedPublicKey
        case .extendedPrivateKey: addresses.extendedSecretKey
        }
    }
}
