internal import Cryptography
internal import Genesis
internal import Notation
internal import Primitives

/// The expression of a descriptor as a tree.
indirect enum DescriptorNode: Hashable, Sendable {
    /// A script of a `tr()`, and how many braces it stands in.
    struct Leaf: Hashable, Sendable {
        let depth: Int
        let node: DescriptorNode
    }

    case pk(DescriptorKey, isXOnly: Bool)
    case pkh(DescriptorKey)
    case wpkh(DescriptorKey)
    case combo(DescriptorKey)
    case multi(required: Int, keys: [DescriptorKey], isSorted: Bool)
    case multiA(required: Int, keys: [DescriptorKey], isSorted: Bool)
    case sh(DescriptorNode)
    case wsh(DescriptorNode)
    case tr(DescriptorKey, [Leaf])
    case rawtr(DescriptorKey)
    case addr(Address)
    case raw(Script)
    case unused(DescriptorKey)
    /// A script of a `wsh()` or `tr()`, whose keys stand in the order of their numbers.
    case miniscript(Miniscript, keys: [DescriptorKey])

    /// The keys of this expression, not of those within it.
    var ownKeys: [DescriptorKey] {
        switch self {
        case .pk(let key, _), .pkh(let key), .wpkh(let key), .combo(let key), .tr(let key, _),
            .rawtr(let key), .unused(let key):
            [key]
        case .multi(_, let keys, _), .multiA(_, let keys, _), .miniscript(_, let keys): keys
        case .sh, .wsh, .addr, .raw: []
        }
    }

    /// The expressions within this one.
    var children: [DescriptorNode] {
        switch self {
        case .sh(let node), .wsh(let node): [node]
        case .tr(_, let leaves): leaves.map(\.node)
        default: []
        }
    }

    /// Every key, in the order of the text.
    var keys: [DescriptorKey] { ownKeys + children.flatMap(\.keys) }

    var isRange: Bool { keys.contains(where: \.isRange) }

    /// How many descriptors the text stands for.
    var alternativeCount: Int { keys.map(\.alternativeCount).max() ?? 1 }

    var isSolvable: Bool {
        switch self {
        case .addr, .raw: false
        default: children.allSatisfy(\.isSolvable)
        }
    }

    /// The same tree with every key replaced.
    func mapKeys(_ transform: (DescriptorKey) -> DescriptorKey) -> DescriptorNode {
        switch self {
        case .pk(let key, let isXOnly): .pk(transform(key), isXOnly: isXOnly)
        case .pkh(let key): .pkh(transform(key))
        case .wpkh(let key): .wpkh(transform(key))
        case .combo(let key): .combo(transform(key))
        case .multi(let required, let keys, let isSorted):
            .multi(required: required, keys: keys.map(transform), isSorted: isSorted)
        case .multiA(let required, let keys, let isSorted):
            .multiA(required: required, keys: keys.map(transform), isSorted: isSorted)
        case .sh(let node): .sh(node.mapKeys(transform))
        case .wsh(let node): .wsh(node.mapKeys(transform))
        case .tr(let key, let leaves):
            .tr(
                transform(key),
                leaves.map { Leaf(depth: $0.depth, node: $0.node.mapKeys(transform)) })
        case .rawtr(let key): .rawtr(transform(key))
        case .unused(let key): .unused(transform(key))
        case .miniscript(let script, let keys): .miniscript(script, keys: keys.map(transform))
        case .addr, .raw: self
        }
    }

    /// Which kind of address it makes; nil where there is none, or more than one.
    var addressType: AddressType? {
        switch self {
        case .pkh: .legacy
        case .wpkh, .wsh: .bech32
        case .sh(let node): node.addressType == .bech32 ? .p2shSegwit : .legacy
        case .tr, .rawtr: .bech32m
        case .addr(let address): AddressType(address)
        case .raw(let script): Address(script).flatMap(AddressType.init)
        case .pk, .combo, .multi, .multiA, .unused, .miniscript: nil
        }
    }
}

// MARK: Text

extension DescriptorNode {
    /// The expression as text; nil when the form needs a private key that is not known.
    func text(
        _ form: DescriptorForm, secrets: [Hash160: PrivateKey], on network: Network
    ) -> String? {
        func join(_ keys: [DescriptorKey]) -> String? {
            var texts: [String] = []
            for key in keys {
                guard let text = key.text(form, secrets: secrets, on: network) else { return nil }
                texts.append(text)
            }
            return texts.joined(separator: ",")
        }
        if case .miniscript(let script, let keys) = self {
            return script.text(
                keys: keys.map { $0.text(form, secrets: secrets, on: network) })
        }
        let argument: String? =
            switch self {
            case .pk, .pkh, .wpkh, .combo, .rawtr, .unused: join(ownKeys)
            case .multi(let required, let keys, _), .multiA(let required, let keys, _):
                join(keys).map { "\(required),\($0)" }
            case .sh(let node), .wsh(let node): node.text(form, secrets: secrets, on: network)
            case .tr(let key, let leaves):
                join([key]).flatMap { key in
                    leaves.isEmpty
                        ? key
                        : Self.text(leaves, form, secrets, network).map { "\(key),\($0)" }
                }
            case .addr(let address): address.text(on: network)
            case .raw(let script): Hex.encode(script.bytes)
            case .miniscript: nil
            }
        return argument.map { "\(name)(\($0))" }
    }

    private var name: String {
        switch self {
        case .pk: "pk"
        case .pkh: "pkh"
        case .wpkh: "wpkh"
        case .combo: "combo"
        case .multi(_, _, let isSorted): isSorted ? "sortedmulti" : "multi"
        case .multiA(_, _, let isSorted): isSorted ? "sortedmulti_a" : "multi_a"
        case .sh: "sh"
        case .wsh: "wsh"
        case .tr: "tr"
        case .rawtr: "rawtr"
        case .addr: "addr"
        case .raw: "raw"
        case .unused: "unused"
        // It is written by itself.
        case .miniscript: ""
        }
    }

    /// The scripts of a `tr()` in their braces.
    private static func text(
        _ leaves: [Leaf], _ form: DescriptorForm, _ secrets: [Hash160: PrivateKey],
        _ network: Network
    ) -> String? {
        var text = ""
        // For each open branch, outermost first, whether its left side is done; the first is the root.
        var open: [Bool] = []
        for (number, leaf) in leaves.enumerated() {
            if number > 0 { text += "," }
            while open.count <= leaf.depth {
                if !open.isEmpty { text += "{" }
                open.append(false)
            }
            guard let script = leaf.node.text(form, secrets: secrets, on: network) else {
                return nil
            }
            text += script
            while open.last == true {
                if open.count > 1 { text += "}" }
                open.removeLast()
            }
            if !open.isEmpty { open[open.count - 1] = true }
        }
        return text
    }
}
