internal import Cryptography
internal import Genesis
internal import Notation

/// Reads key expressions, and keeps the private keys it meets.
struct DescriptorKeyParser {
    let network: Network
    private(set) var secrets: [Hash160: PrivateKey] = [:]

    init(network: Network) { self.network = network }

    /// Reads `[origin]key/path`.
    mutating func parse(
        _ text: DescriptorText, in context: DescriptorParser.Context
    ) throws(DescriptorError) -> DescriptorKey {
        if text.starts(with: "musig(") {
            return try parseGroup(text, in: context)
        }
        let parts = text.split("]")
        guard parts.count <= 2 else {
            throw DescriptorError("Multiple ']' characters found for a single pubkey")
        }
        var apostrophe = false
        guard parts.count == 2 else {
            return try parseKey(parts[0], in: context, origin: nil, &apostrophe)
        }
        guard parts[0].starts(with: "[") else {
            let found = parts[0].isEmpty ? "]" : parts[0].firstCharacter
            throw DescriptorError(
                "Key origin start '[ character expected but not found, got '\(found)' instead")
        }
        let steps = DescriptorText(parts[0].bytes.dropFirst()).split("/")
        let digits = steps[0].string
        guard steps[0].bytes.count == 8 else {
            throw DescriptorError(
                "Fingerprint is not 4 bytes (\(steps[0].bytes.count) characters "
                    + "instead of 8 characters)")
        }
        guard let bytes = Hex.decode(digits) else {
            throw DescriptorError("Fingerprint '\(digits)' is not hex")
        }
        let path = try parsePath(
            steps.dropFirst(), allowsAlternatives: false, &apostrophe)
        let origin = KeyOrigin(
            fingerprint: bytes.reduce(0) { $0 << 8 | UInt32($1) }, path: path[0])
        return try parseKey(parts[1], in: context, origin: origin, &apostrophe)
    }

    private mutating func parseKey(
        _ text: DescriptorText, in context: DescriptorParser.Context, origin: KeyOrigin?,
        _ apostrophe: inout Bool
    ) throws(DescriptorError) -> DescriptorKey {
        var steps = text.split("/")
        let key = steps[0].string
        guard let first = steps[0].bytes.first, let last = steps[0].bytes.last else {
            throw DescriptorError("No key provided")
        }
        guard !Self.isSpace(first), !Self.isSpace(last) else {
            throw DescriptorError("Key '\(key)' is invalid due to whitespace")
        }
        if steps.count == 1, let source = try parseFixed(key, in: context) {
            return DescriptorKey(origin: origin, source: source, usesApostrophe: apostrophe)
        }

        let secret = ExtendedPrivateKey(key, network: network)
        guard let root = secret?.neutered ?? ExtendedPublicKey(key, network: network) else {
            throw DescriptorError("key '\(key)' is not valid")
        }
        var wildcard = DescriptorKey.Wildcard.none
        switch steps[steps.count - 1].string {
        case "*": wildcard = .unhardened
        case "*'": (wildcard, apostrophe) = (.hardened, true)
        case "*h": (wildcard, apostrophe) = (.hardened, false)
        default: break
        }
        if wildcard != .none { steps.removeLast() }
        let paths = try parsePath(steps.dropFirst(), allowsAlternatives: true, &apostrophe)
        if let secret {
            secrets[Hash160.hash(root.key.compressed.span)] = PrivateKey(secret.secret)
        }
        return DescriptorKey(
            origin: origin,
            source: .branch(
                .init(
                    root: root, path: paths[0], alternatives: paths.count > 1 ? paths : [],
                    wildcard: wildcard, parent: nil)),
            usesApostrophe: apostrophe)
    }

    /// Reads a public key in hex or a private key in WIF; nil when it looks like neither.
    private mutating func parseFixed(
        _ text: String, in context: DescriptorParser.Context
    ) throws(DescriptorError) -> DescriptorKey.Source? {
        if !text.isEmpty, let bytes = Hex.decode(text) {
            let isHybrid = bytes.count == 65 && (bytes[0] == 6 || bytes[0] == 7)
            guard !isHybrid else { throw DescriptorError("Hybrid public keys are not allowed") }
            if [33, 65].contains(bytes.count), PublicKey(bytes.span) != nil {
                guard bytes.count == 33 || context.permitsUncompressed else {
                    throw DescriptorError("Uncompressed keys are not allowed")
                }
                return .fixed(bytes, isXOnly: false)
            }
            if bytes.count == 32, context == .tr, PublicKey(([2] + bytes).span) != nil {
                return .fixed([2] + bytes, isXOnly: true)
            }
            throw DescriptorError("Pubkey '\(text)' is invalid")
        }
        guard let secret = PrivateKey(wif: text, network: network) else { return nil }
        guard secret.isCompressed || context.permitsUncompressed else {
            throw DescriptorError("Uncompressed keys are not allowed")
        }
        let bytes = secret.publicKeyBytes
        secrets[Hash160.hash(bytes.span)] = secret
        return .fixed(bytes, isXOnly: context == .tr)
    }

    /// Reads steps, one of which may be `<0;1>`; the paths that come of it, at least one.
    func parsePath(
        _ steps: some Collection<DescriptorText>, allowsAlternatives: Bool,
        _ apostrophe: inout Bool
    ) throws(DescriptorError) -> [DerivationPath] {
        var path: [UInt32] = []
        var alternatives: (place: Int, values: [UInt32])?
        for step in steps {
            let bytes = step.bytes
            guard bytes.first == UInt8(ascii: "<"), bytes.last == UInt8(ascii: ">") else {
                path.append(try parseStep(step, &apostrophe))
                continue
            }
            guard allowsAlternatives else {
                throw DescriptorError(
                    "Key path value '\(step.string)' specifies multipath in a section "
                        + "where multipath is not allowed")
            }
            guard alternatives == nil else {
                throw DescriptorError("Multiple multipath key path specifiers found")
            }
            let parts = DescriptorText(bytes.dropFirst().dropLast()).split(";")
            guard parts.count >= 2 else {
                throw DescriptorError(
                    "Multipath key path specifiers must have at least two items")
            }
            var values: [UInt32] = []
            var known: Set<UInt32> = []
            for part in parts {
                let value = try parseStep(part, &apostrophe)
                guard known.insert(value).inserted else {
                    throw DescriptorError(
                        "Duplicated key path value \(value) in multipath specifier")
                }
                values.append(value)
            }
            alternatives = (path.count, values)
            path.append(0)
        }
        guard let alternatives else { return [DerivationPath(path)] }
        return alternatives.values.map { value in
            var branch = path
            branch[alternatives.place] = value
            return DerivationPath(branch)
        }
    }

    private func parseStep(
        _ text: DescriptorText, _ apostrophe: inout Bool
    ) throws(DescriptorError) -> UInt32 {
        var digits = text.bytes
        var isHardened = false
        if let last = digits.last, last == UInt8(ascii: "'") || last == UInt8(ascii: "h") {
            digits = digits.dropLast()
            isHardened = true
            apostrophe = last == UInt8(ascii: "'")
        }
        let string = String(decoding: digits, as: UTF8.self)
        guard let number = Self.number(string) else {
            throw DescriptorError("Key path value '\(string)' is not a valid uint32")
        }
        guard number < DerivationPath.hardened else {
            throw DescriptorError("Key path value \(number) is out of range")
        }
        return isHardened ? number | DerivationPath.hardened : number
    }

    /// A decimal number without sign or space.
    static func number(_ text: String) -> UInt32? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt32(text)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte)
    }
}
