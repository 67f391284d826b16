internal import Scripting

extension DescriptorParser {
    /// `multi`, `sortedmulti`, `multi_a` and `sortedmulti_a`.
    mutating func parseMultisig(
        _ expression: DescriptorText, in context: Context
    ) throws(DescriptorError) -> DescriptorNode? {
        for (name, isTapscript, isSorted) in [
            ("multi", false, false), ("sortedmulti", false, true), ("multi_a", true, false),
            ("sortedmulti_a", true, true),
        ] {
            guard let argument = expression.argument(of: name) else { continue }
            guard isTapscript == (context == .tr), context != .wpkh else {
                throw DescriptorError(
                    isTapscript
                        ? "Can only have multi_a/sortedmulti_a inside tr()"
                        : "Can only have multi/sortedmulti at top level, in sh(), or in wsh()")
            }
            let (required, keys) = try parseMultisigArguments(argument, in: context)
            try checkMultisig(required: required, keys: keys, in: context)
            return isTapscript
                ? .multiA(required: Int(required), keys: keys, isSorted: isSorted)
                : .multi(required: Int(required), keys: keys, isSorted: isSorted)
        }
        return nil
    }

    private mutating func parseMultisigArguments(
        _ argument: DescriptorText, in context: Context
    ) throws(DescriptorError) -> (required: UInt32, keys: [DescriptorKey]) {
        var argument = argument
        let threshold = argument.takeExpression().string
        guard let required = DescriptorKeyParser.number(threshold) else {
            throw DescriptorError("Multi threshold '\(threshold)' is not valid")
        }
        var list: [DescriptorKey] = []
        while !argument.isEmpty {
            guard argument.take(",") else {
                throw DescriptorError("Multi: expected ',', got '\(argument.firstCharacter)'")
            }
            let text = argument.takeExpression()
            do {
                list.append(try keys.parse(text, in: context))
            } catch {
                throw DescriptorError("Multi: \(error.message)")
            }
        }
        return (required, list)
    }

    private func checkMultisig(
        required: UInt32, keys: [DescriptorKey], in context: Context
    ) throws(DescriptorError) {
        let limit =
            context == .tr ? Miniscript.maximumTapscriptKeys : ScriptLimits.maximumMultisigKeys
        guard (1...limit).contains(keys.count) else {
            throw DescriptorError(
                "Cannot have \(keys.count) keys in \(context == .tr ? "multi_a" : "multisig"); "
                    + "must have between 1 and \(limit) keys, inclusive")
        }
        guard required >= 1 else {
            throw DescriptorError(
                "Multisig threshold cannot be \(required), must be at least 1")
        }
        guard required <= keys.count else {
            throw DescriptorError(
                "Multisig threshold cannot be larger than the number of keys; threshold is "
                    + "\(required) but only \(keys.count) keys specified")
        }
        if context == .top, keys.count > 3 {
            throw DescriptorError(
                "Cannot have \(keys.count) pubkeys in bare multisig; only at most 3 pubkeys")
        }
        let size = keys.reduce(3) { $0 + $1.size + 1 }
        if context == .sh, size > ScriptLimits.maximumElementSize {
            throw DescriptorError(
                "P2SH script is too large, \(size) bytes is larger than "
                    + "\(ScriptLimits.maximumElementSize) bytes")
        }
        guard Self.haveOneLength(keys.map(\.alternativeCount)) else {
            throw DescriptorError("multi(): Multipath derivation paths have mismatched lengths")
        }
    }

    /// `tr(key)` and `tr(key,tree)`.
    mutating func parseTaproot(_ argument: DescriptorText) throws(DescriptorError) -> DescriptorNode
    {
        var argument = argument
        let text = argument.takeExpression()
        let key: DescriptorKey
        do {
            key = try keys.parse(text, in: .tr)
        } catch {
            throw DescriptorError("tr(): \(error.message)")
        }
        guard !argument.isEmpty else { return .tr(key, []) }
        guard argument.take(",") else {
            throw DescriptorError("tr: expected ',', got '\(argument.firstCharacter)'")
        }
        let leaves = try parseTree(&argument)
        guard argument.isEmpty else {
            throw DescriptorError("tr(): expected ')' after script expression")
        }
        let counts = leaves.map(\.node.alternativeCount)
        guard Self.haveOneLength(counts + [key.alternativeCount]) else {
            throw DescriptorError(
                Self.haveOneLength(counts)
                    && (counts.max() ?? 1) >= key.alternativeCount
                    ? "tr(): Multipath internal key mismatches multipath subscripts lengths"
                    : "tr(): Multipath subscripts have mismatched lengths")
        }
        return .tr(key, leaves)
    }

    /// Reads scripts from left to right; a loop rather than recursion, since braces nest as deep as
    /// whoever wrote them likes.
    private mutating func parseTree(
        _ text: inout DescriptorText
    ) throws(DescriptorError) -> [DescriptorNode.Leaf] {
        var leaves: [DescriptorNode.Leaf] = []
        // For each open branch, outermost first, whether we are on its right side.
        var open: [Bool] = []
        repeat {
            while text.take("{") {
                open.append(false)
                guard open.count <= TaprootTree.maximumDepth else {
                    throw DescriptorError(
                        "tr() supports at most \(TaprootTree.maximumDepth) nesting levels")
                }
            }
            var script = text.takeExpression()
            leaves.append(
                .init(depth: open.count, node: try parseScript(&script, in: .tr)))
            while open.last == true {
                guard text.take("}") else {
                    throw DescriptorError("tr(): expected '}' after script expression")
                }
                open.removeLast()
            }
            if !open.isEmpty {
                guard text.take(",") else {
                    throw DescriptorError("tr(): expected ',' after script expression")
                }
                open[open.count - 1] = true
            }
        } while !open.isEmpty
        return leaves
    }

    /// Whether all counts other than 1 are the same.
    static func haveOneLength(_ counts: [Int]) -> Bool {
        Set(counts.filter { $0 > 1 }).count <= 1
    }
}
