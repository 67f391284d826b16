internal import Notation

extension Miniscript {
    /// A step of writing: a part, or text that stands beside it.
    private enum TextStep {
        case node(Int, isWrapped: Bool)
        case text(String)
    }

    /// The expression, or the part with this number, in its usual short form. The texts of the keys
    /// are given; nil when one that is needed is not there.
    func text(of number: Int? = nil, keys: [String?]) -> String? {
        var text = ""
        var steps = [TextStep.node(number ?? root, isWrapped: false)]
        while let step = steps.popLast() {
            switch step {
            case .text(let part): text += part
            case .node(let number, let isWrapped):
                let node = nodes[number]
                if let letter = letter(of: node) {
                    text.unicodeScalars.append(Unicode.Scalar(letter.letter))
                    steps.append(.node(letter.child, isWrapped: true))
                    continue
                }
                if isWrapped { text += ":" }
                guard let (name, arguments) = function(node, keys) else { return nil }
                text += name
                guard !arguments.isEmpty else { continue }
                text += "("
                steps.append(.text(")"))
                for (place, argument) in arguments.enumerated().reversed() {
                    steps.append(argument)
                    if place > 0 { steps.append(.text(",")) }
                }
            }
        }
        return text
    }

    /// The letter that stands for a wrapper, and what it wraps.
    private func letter(of node: Node) -> (letter: UInt8, child: Int)? {
        switch node.fragment {
        case .wrap(.check) where keyName(of: node) != nil: nil
        case .wrap(let wrapper): (wrapper.rawValue, node.children[0])
        case .andV where nodes[node.children[1]].fragment == .one:
            (UInt8(ascii: "t"), node.children[0])
        case .orI where nodes[node.children[0]].fragment == .zero:
            (UInt8(ascii: "l"), node.children[1])
        case .orI where nodes[node.children[1]].fragment == .zero:
            (UInt8(ascii: "u"), node.children[0])
        default: nil
        }
    }

    /// `pk` or `pkh`, short for `c:pk_k` and `c:pk_h`.
    private func keyName(of node: Node) -> (name: String, key: Int)? {
        guard node.fragment == .wrap(.check), let child = node.children.first else { return nil }
        return switch nodes[child].fragment {
        case .key(let key): ("pk", key)
        case .keyHash(let key): ("pkh", key)
        default: nil
        }
    }

    private func function(
        _ node: Node, _ keys: [String?]
    ) -> (name: String, arguments: [TextStep])? {
        if let (name, key) = keyName(of: node) {
            return Self.texts(of: [key], in: keys).map { (name, $0) }
        }
        let parts = node.children.map { TextStep.node($0, isWrapped: false) }
        switch node.fragment {
        case .zero: return ("0", [])
        case .one: return ("1", [])
        case .key(let key): return Self.texts(of: [key], in: keys).map { ("pk_k", $0) }
        case .keyHash(let key): return Self.texts(of: [key], in: keys).map { ("pk_h", $0) }
        case .older(let value): return ("older", [.text(String(value))])
        case .after(let value): return ("after", [.text(String(value))])
        case .hash(let function, let hash):
            return (function.rawValue, [.text(Hex.encode(hash))])
        case .andV: return ("and_v", parts)
        case .andB: return ("and_b", parts)
        case .orB: return ("or_b", parts)
        case .orC: return ("or_c", parts)
        case .orD: return ("or_d", parts)
        case .orI: return ("or_i", parts)
        case .andOr where node.children.last.map({ nodes[$0].fragment }) == .zero:
            return ("and_n", Array(parts.dropLast()))
        case .andOr: return ("andor", parts)
        case .threshold(let required): return ("thresh", [.text(String(required))] + parts)
        case .multi(let required, let list):
            return Self.texts(of: list, in: keys).map {
                ("multi", [.text(String(required))] + $0)
            }
        case .multiA(let required, let list):
            return Self.texts(of: list, in: keys).map {
                ("multi_a", [.text(String(required))] + $0)
            }
        // A letter stands for it.
        case .wrap: return nil
        }
    }

    private static func texts(of list: [Int], in keys: [String?]) -> [TextStep]? {
        var texts: [TextStep] = []
        for key in list {
            guard key < keys.count, let text = keys[key] else { return nil }
            texts.append(.text(text))
        }
        return texts
    }
}
