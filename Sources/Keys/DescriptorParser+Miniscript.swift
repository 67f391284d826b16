internal import Genesis

extension DescriptorParser {
    /// A Miniscript expression; nil when it is none.
    mutating func parseMiniscript(
        _ expression: DescriptorText, in context: Context
    ) throws(DescriptorError) -> DescriptorNode? {
        var parser = MiniscriptParser(
            expression, in: context == .wsh ? .witnessScript : .tapscript, keyParser: keys)
        guard let script = try parser.parse() else { return nil }
        guard context == .wsh || context == .tr else {
            throw DescriptorError("Miniscript expressions can only be used in wsh or tr.")
        }
        let list = parser.keys
        if let (node, flaw) = script.flaw(identities: list.map(\.identity)) {
            let text = script.text(
                of: node,
                keys: list.map { key in
                    key.choosing(0).text(.public, secrets: [:], on: network)
                })
            throw DescriptorError((text ?? "") + flaw.words)
        }
        guard Self.haveOneLength(list.map(\.alternativeCount)) else {
            throw DescriptorError(
                "Miniscript: Multipath derivation paths have mismatched lengths")
        }
        keys = parser.keyParser
        return .miniscript(script, keys: list)
    }
}

extension DescriptorKey {
    /// What keys are told apart by in one script: the first public key of the first alternative, nil
    /// where private keys would be needed.
    fileprivate var identity: [UInt8]? {
        choosing(0).prepared(with: [:]).publicKey(at: 0, secrets: [:])?.bytes
    }
}

extension Miniscript.Flaw {
    /// Core's words, to follow the expression.
    fileprivate var words: String {
        switch self {
        case .invalid: " is invalid"
        case .malleable: " is not sane: malleable witnesses exist"
        case .needsNoSignature: " is not sane: witnesses without signature exist"
        case .mixesTimeLocks:
            " is not sane: contains mixes of timelocks expressed in blocks and seconds"
        case .repeatsKeys: " is not sane: contains duplicate public keys"
        case .exceedsLimits: " is not sane: needs witnesses that may exceed resource limits"
        case .other: " is not sane"
        case .unsatisfiable: " is not satisfiable"
        }
    }
}
