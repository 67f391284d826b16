internal import Scripting

/// Whether an expression can be relied on to be spent as it reads.
extension Miniscript {
    /// What is wrong with an expression, the worst first.
    enum Flaw: Hashable {
        /// The parts do not fit together, or the script is too large.
        case invalid
        /// Others could change the witness.
        case malleable
        /// Some witness holds no signature, so that anyone may spend.
        case needsNoSignature
        /// Blocks and seconds are asked for at once, which no transaction can tell.
        case mixesTimeLocks
        case repeatsKeys
        /// A witness may run into a limit.
        case exceedsLimits
        /// Not sane by reason of a part that is no longer to be found.
        case other
        case unsatisfiable
    }

    /// The first part that is not sane though all within it is, and what is wrong; nil when all is well.
    ///
    /// - Parameter identities: one for each key; keys that are the same have the same.
    func flaw(identities: [some Hashable]) -> (node: Int, flaw: Flaw)? {
        guard let whole = nodes.last else { return (0, .invalid) }
        let repeats = repetitions(identities)
        let faulty = nodes.indices.first { !isSaneInside($0, repeats: repeats) }
        let isSane =
            isValidAtTop && whole.type.has("s") && isSaneInside(root, repeats: repeats)
        guard !isSane || !isSatisfiable else { return nil }
        let place = faulty ?? root
        let node = nodes[place]
        let flaw: Flaw =
            if !isValid(node) {
                .invalid
            } else if isSane {
                .unsatisfiable
            } else if !node.type.has("m") {
                .malleable
            } else if place == root, !node.type.has("s") {
                .needsNoSignature
            } else if !node.type.has("k") {
                .mixesTimeLocks
            } else if repeats[place] {
                .repeatsKeys
            } else if !staysInLimits(node) {
                .exceedsLimits
            } else {
                .other
            }
        return (place, flaw)
    }

    /// Whether it is a script on its own, though perhaps no wise one.
    var isValidAtTop: Bool {
        guard let whole = nodes.last else { return false }
        return isValid(whole) && whole.type.has("B")
    }

    /// Whether some way to spend exists.
    var isSatisfiable: Bool { nodes.last?.stack.satisfied != nil }

    /// Whether the parts of a node fit together in a script that is not too large.
    func isValid(_ node: Node) -> Bool {
        !node.type.isEmpty && node.scriptSize <= maximumScriptSize
    }

    private func isSaneInside(_ number: Int, repeats: [Bool]) -> Bool {
        let node = nodes[number]
        return isValid(node) && staysInLimits(node) && node.type.has("mk")
            && !repeats[number]
    }

    /// Which nodes hold a key more than once.
    private func repetitions(_ identities: [some Hashable]) -> [Bool] {
        // The nodes of a part stand side by side, so a repetition lies within it if the earlier of
        // the two is not before its first node.
        var first = Array(nodes.indices)
        var repeated = Array(repeating: -1, count: nodes.count)
        var seen: [AnyHashable: Int] = [:]
        for (number, node) in nodes.enumerated() {
            for child in node.children {
                first[number] = min(first[number], first[child])
                repeated[number] = max(repeated[number], repeated[child])
            }
            for key in node.fragment.keys {
                guard key < identities.count else { continue }
                let earlier = seen.updateValue(number, forKey: AnyHashable(identities[key]))
                repeated[number] = max(repeated[number], earlier ?? -1)
            }
        }
        return nodes.indices.map { repeated[$0] >= first[$0] }
    }
}

// MARK: Limits of a witness

extension Miniscript {
    /// Items that may be on the stack of a witness script at first, by policy.
    static let maximumWitnessItems = 100

    /// The most operations counted against the limit of a witness script; nil where none can be spent.
    static func operations(of node: Node) -> Int? {
        node.multisigKeys.satisfied.map { node.operationCount + $0 }
    }

    /// The most elements that a witness has.
    static func witnessItems(of node: Node) -> Int? {
        node.stack.satisfied.map { $0.net + resultCount(of: node) }
    }

    /// The most elements there are while the script runs.
    static func runningItems(of node: Node) -> Int? {
        node.stack.satisfied.map { $0.peak + resultCount(of: node) }
    }

    /// What is left on the stack: nothing by a `V`.
    private static func resultCount(of node: Node) -> Int {
        node.type.isDisjoint(with: "BKW") ? 0 : 1
    }

    private func staysInLimits(_ node: Node) -> Bool {
        switch context {
        case .witnessScript:
            (Self.operations(of: node) ?? 0) <= ScriptLimits.maximumOperations
                && (Self.witnessItems(of: node) ?? 0) <= Self.maximumWitnessItems
        // There operations are not counted, but the stack is limited while the script runs.
        case .tapscript: (Self.runningItems(of: node) ?? 0) <= ScriptLimits.maximumStackSize
        }
    }
}
