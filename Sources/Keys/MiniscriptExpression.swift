public import Genesis
internal import Cryptography
public import Primitives

/// A Miniscript with its keys (BIP379), and what can be told of it before anything is signed.
public struct MiniscriptExpression: Hashable, Sendable {
    /// Where the script stands.
    public enum Place: Hashable, Sendable {
        /// Behind the hash in a P2WSH output.
        case witnessScript
        /// In the tree of a taproot output.
        case leaf
    }

    private let expression: Miniscript
    private let keys: [DescriptorKey]

    /// Reads an expression; nil when the text is none. It need not be valid.
    ///
    /// - Throws: why a key in it could not be read.
    public init?(
        _ text: String, in place: Place, network: Network
    ) throws(DescriptorError) {
        var parser = MiniscriptParser(
            DescriptorText(Array(text.utf8)[...]),
            in: place == .leaf ? .tapscript : .witnessScript,
            keyParser: DescriptorKeyParser(network: network))
        guard let expression = try parser.parse() else { return nil }
        self.expression = expression
        keys = parser.keys
    }

    /// Finds the expression that a script is the form of, where all its keys stand in it.
    public init?(_ script: Script, in place: Place) {
        let context: Miniscript.Context = place == .leaf ? .tapscript : .witnessScript
        guard let (expression, scriptKeys) = MiniscriptDecoder.decode(script, in: context) else {
            return nil
        }
        self.expression = expression
        var keys: [DescriptorKey] = []
        for case .bytes(let bytes) in scriptKeys {
            let isXOnly = bytes.count == 32
            keys.append(
                DescriptorKey(
                    origin: nil,
                    source: .fixed(isXOnly ? [2] + bytes : bytes, isXOnly: isXOnly),
                    usesApostrophe: false))
        }
        guard keys.count == scriptKeys.count else { return nil }
        self.keys = keys
    }

    /// Whether its parts fit together in a script of a size that is relayed.
    public var isValid: Bool { expression.isValidAtTop }

    /// Whether it can always be satisfied in a way that nobody else can change.
    public var isNonMalleable: Bool { has("m") }

    /// Whether nobody can spend without a signature.
    public var needsSignature: Bool { has("s") }

    /// Whether some way to spend asks for blocks and seconds at once.
    public var mixesTimeLocks: Bool { !has("k") }

    /// Whether it is valid, safe, and can be spent as it reads.
    public var isSane: Bool { expression.flaw(identities: keys) == nil }

    /// The most operations that count against the limit.
    public var operations: Int? { expression.nodes.last.flatMap(Miniscript.operations) }

    /// The most elements of a witness.
    public var witnessItems: Int? { expression.nodes.last.flatMap(Miniscript.witnessItems) }

    /// The most elements there are while the script runs.
    public var runningItems: Int? { expression.nodes.last.flatMap(Miniscript.runningItems) }

    /// The most bytes of a witness without the script, each element with its length.
    public var witnessSize: Int? { expression.nodes.last?.witness.satisfied }

    /// The bytes of the script, as reckoned without making it.
    public var scriptSize: Int { expression.nodes.last?.scriptSize ?? 0 }

    /// The script at index 0; nil when that needs private keys.
    public var script: Script? {
        var pushed: [[UInt8]] = []
        for key in keys {
            guard let bytes = key.prepared(with: [:]).publicKey(at: 0, secrets: [:])?.bytes else {
                return nil
            }
            pushed.append(expression.context == .tapscript ? Array(bytes.dropFirst()) : bytes)
        }
        return expression.script(keys: pushed)
    }

    /// The expression in its usual short form.
    public func text(on network: Network) -> String? {
        expression.text(
            keys: keys.map { $0.text(.public, secrets: [:], on: network) })
    }

    private func has(_ letters: MiniscriptType) -> Bool {
        expression.nodes.last?.type.has(letters) ?? false
    }
}
