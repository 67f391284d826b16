import Notation
public import Primitives
public import Scripting

extension Script {
    /// A script from the assembly of Bitcoin Core's test vectors: decimal numbers, `0x` and raw
    /// bytes, `'text'` to push, names of operations with or without `OP_`.
    public init(assembly: String) throws {
        var builder = ScriptBuilder()
        for word in assembly.split(whereSeparator: { " \t\n".contains($0) }) {
            try builder.append(word: word)
        }
        self = builder.script
    }
}

extension ScriptBuilder {
    fileprivate mutating func append(word: Substring) throws {
        if let number = Int64(word), !word.hasPrefix("+") {
            append(number: number)
        } else if word.hasPrefix("0x"), let bytes = Hex.decode(word.dropFirst(2)) {
            append(raw: bytes)
        } else if word.count >= 2, word.hasPrefix("'"), word.hasSuffix("'") {
            append(push: Array(word.dropFirst().dropLast().utf8))
        } else if let opcode = opcodes[word.hasPrefix("OP_") ? String(word) : "OP_" + word] {
            append(opcode)
        } else {
            throw MalformedVector(word)
        }
    }
}

private let opcodes = Dictionary(
    uniqueKeysWithValues: Opcode.allCases.filter { $0.number == nil }.map { ($0.name, $0) })

extension ScriptFlags {
    /// Whether the flags hang together: witness needs P2SH, clean stack needs both.
    public var areConsistent: Bool {
        if contains(.cleanStack), !isSuperset(of: [.p2sh, .witness]) { return false }
        return !contains(.witness) || contains(.p2sh)
    }

    /// A random set of the flags in this one.
    public func randomSubset(using generator: inout some RandomNumberGenerator) -> ScriptFlags {
        ScriptFlags(rawValue: rawValue & UInt32.random(in: 0...UInt32.max, using: &generator))
    }
}
