public import Genesis
internal import Cryptography
internal import Notation
internal import Primitives
internal import Scripting

extension Descriptor {
    /// Reads a descriptor; several come of one with multipath (`<0;1>`, BIP389). A checksum is checked
    /// if it is there.
    public static func parse(
        _ text: String, network: Network, requireChecksum: Bool = false
    ) throws(DescriptorError) -> [Descriptor] {
        let body = try checkingChecksum(Array(text.utf8)[...], isRequired: requireChecksum)
        var parser = DescriptorParser(network: network)
        var rest = DescriptorText(body)
        let node = try parser.parseScript(&rest, in: .top)
        guard rest.isEmpty else { throw DescriptorError("") }
        let secrets = parser.keys.secrets
        return (0..<node.alternativeCount).map { number in
            Descriptor(node.mapKeys { $0.choosing(number) }, secrets: secrets)
        }
    }

    /// Reads a text that stands for a single descriptor.
    public init(
        _ text: String, network: Network, requireChecksum: Bool = false
    ) throws(DescriptorError) {
        let all = try Self.parse(text, network: network, requireChecksum: requireChecksum)
        guard all.count == 1 else { throw DescriptorError("Descriptor is multipath") }
        self = all[0]
    }

    private static func checkingChecksum(
        _ text: ArraySlice<UInt8>, isRequired: Bool
    ) throws(DescriptorError) -> ArraySlice<UInt8> {
        let parts = DescriptorText(text).split("#")
        guard parts.count <= 2 else { throw DescriptorError("Multiple '#' symbols") }
        guard parts.count == 2 || !isRequired else { throw DescriptorError("Missing checksum") }
        if parts.count == 2, parts[1].bytes.count != 8 {
            throw DescriptorError(
                "Expected 8 character checksum, not \(parts[1].bytes.count) characters")
        }
        guard let checksum = DescriptorChecksum.compute(parts[0].bytes) else {
            throw DescriptorError("Invalid characters in payload")
        }
        if parts.count == 2, !parts[1].bytes.elementsEqual(checksum.utf8) {
            throw DescriptorError(
                "Provided checksum '\(parts[1].string)' does not match computed checksum "
                    + "'\(checksum)'")
        }
        return parts[0].bytes
    }
}

/// Reads script expressions.
struct DescriptorParser {
    /// What an expression stands in, which decides what it may be.
    enum Context {
        case top
        case sh
        case wpkh
        case wsh
        case tr
        /// Among those who sign as one.
        case musig

        var permitsUncompressed: Bool { self == .top || self == .sh }
    }

    let network: Network
    var keys: DescriptorKeyParser

    init(network: Network) {
        self.network = network
        keys = DescriptorKeyParser(network: network)
    }

    mutating func parseScript(
        _ text: inout DescriptorText, in context: Context
    ) throws(DescriptorError) -> DescriptorNode {
        let expression = text.takeExpression()
        let isLegacyOrWSH = context == .top || context == .sh || context == .wsh
        if let argument = expression.argument(of: "pk") {
            return .pk(try parseKey(argument, in: context, of: "pk"), isXOnly: context == .tr)
        }
        if isLegacyOrWSH, let argument = expression.argument(of: "pkh") {
            return .pkh(try parseKey(argument, in: context, of: "pkh"))
        }
        if let argument = expression.argument(of: "combo") {
            guard context == .top else {
                throw DescriptorError("Can only have combo() at top level")
            }
            return .combo(try parseKey(argument, in: context, of: "combo"))
        }
        if let node = try parseMultisig(expression, in: context) { return node }
        if let argument = expression.argument(of: "wpkh") {
            guard context == .top || context == .sh else {
                throw DescriptorError("Can only have wpkh() at top level or inside sh()")
            }
            return .wpkh(try parseKey(argument, in: .wpkh, of: "wpkh"))
        }
        if let node = try parseWrapper(expression, in: context) { return node }
        if let node = try parseTopLevel(expression, in: context) { return node }
        if let node = try parseMiniscript(expression, in: context) { return node }
        switch context {
        case .sh: throw DescriptorError("A function is needed within P2SH")
        case .wsh: throw DescriptorError("A function is needed within P2WSH")
        default:
            throw DescriptorError("'\(expression.string)' is not a valid descriptor function")
        }
    }

    private mutating func parseKey(
        _ text: DescriptorText, in context: Context, of function: String
    ) throws(DescriptorError) -> DescriptorKey {
        do {
            return try keys.parse(text, in: context)
        } catch {
            throw DescriptorError("\(function)(): \(error.message)")
        }
    }

    /// `sh()` and `wsh()`.
    private mutating func parseWrapper(
        _ expression: DescriptorText, in context: Context
    ) throws(DescriptorError) -> DescriptorNode? {
        if var argument = expression.argument(of: "sh") {
            guard context == .top else {
                throw DescriptorError("Can only have sh() at top level")
            }
            let node = try parseScript(&argument, in: .sh)
            guard argument.isEmpty else { throw DescriptorError("") }
            return .sh(node)
        }
        if var argument = expression.argument(of: "wsh") {
            guard context == .top || context == .sh else {
                throw DescriptorError("Can only have wsh() at top level or inside sh()")
            }
            let node = try parseScript(&argument, in: .wsh)
            guard argument.isEmpty else { throw DescriptorError("") }
            return .wsh(node)
        }
        return nil
    }

    /// Expressions that only stand alone.
    private mutating func parseTopLevel(
        _ expression: DescriptorText, in context: Context
    ) throws(DescriptorError) -> DescriptorNode? {
        if let argument = expression.argument(of: "addr") {
            guard context == .top else {
                throw DescriptorError("Can only have addr() at top level")
            }
            guard let address = try? Address(argument.string, network: network) else {
                throw DescriptorError("Address is not valid")
            }
            return .addr(address)
        }
        if let argument = expression.argument(of: "tr") {
            guard context == .top else { throw DescriptorError("Can only have tr at top level") }
            return try parseTaproot(argument)
        }
        if var argument = expression.argument(of: "rawtr") {
            guard context == .top else {
                throw DescriptorError("Can only have rawtr at top level")
            }
            let key = argument.takeExpression()
            guard argument.isEmpty else {
                throw DescriptorError("rawtr(): only one key expected.")
            }
            return .rawtr(try parseKey(key, in: .tr, of: "rawtr"))
        }
        if var argument = expression.argument(of: "unused") {
            guard context == .top else {
                throw DescriptorError("Can only have unused at top level")
            }
            let text = argument.takeExpression()
            guard argument.isEmpty else {
                throw DescriptorError("unused(): only one key expected")
            }
            let key = try keys.parse(text, in: context)
            guard !key.isRange else { throw DescriptorError("unused(): key cannot be ranged") }
            return .unused(key)
        }
        if let argument = expression.argument(of: "raw") {
            guard context == .top else {
                throw DescriptorError("Can only have raw() at top level")
            }
            guard !argument.isEmpty, let bytes = Hex.decode(argument.string) else {
                throw DescriptorError("Raw script is not hex")
            }
            return .raw(Script(bytes))
        }
        return nil
    }
}
