/// What the bytes of a public key look like, before any curve is asked.
enum PublicKeyEncoding {
    /// Whether the length fits the first byte, hybrid keys (06, 07) included.
    static func hasValidSize(_ key: ArraySlice<UInt8>) -> Bool {
        switch key.first {
        case 2, 3: key.count == 33
        case 4, 6, 7: key.count == 65
        default: false
        }
    }

    /// Whether this is a compressed key.
    static func isCompressed(_ key: ArraySlice<UInt8>) -> Bool {
        key.count == 33 && (key.first == 2 || key.first == 3)
    }

    /// Whether this is a compressed or an uncompressed key, but no hybrid.
    static func isStandard(_ key: ArraySlice<UInt8>) -> Bool {
        isCompressed(key) || (key.count == 65 && key.first == 4)
    }

    /// Judges a key as the flags demand.
    static func check(
        _ key: ArraySlice<UInt8>, flags: ScriptFlags, version: SignatureVersion
    ) throws(ScriptError) {
        if flags.contains(.strictEncoding), !isStandard(key) { throw .publicKeyType }
        if flags.contains(.witnessPubKeyType), version == .witnessV0, !isCompressed(key) {
            throw .witnessPublicKeyType
        }
    }
}
