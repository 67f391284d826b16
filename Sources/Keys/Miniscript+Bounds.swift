internal import Primitives
internal import Scripting

/// How large things get: bounds that hold for every way to spend.
///
/// The sums cannot overflow: parsing ends where the script gets larger than is allowed.
extension Miniscript {
    static func scriptSize(of fragment: Fragment, over parts: [Node], in context: Context) -> Int {
        let inner = parts.reduce(0) { $0 + $1.scriptSize }
        switch fragment {
        case .zero, .one: return 1
        case .key: return context == .tapscript ? 33 : 34
        case .keyHash: return 3 + 21
        case .older(let value), .after(let value): return 1 + pushSize(Int(value))
        case .hash(let function, _): return 4 + 2 + 1 + function.size
        case .multi(let required, let keys):
            return 1 + pushSize(keys.count) + pushSize(required) + 34 * keys.count
        case .multiA(let required, let keys): return 34 * keys.count + pushSize(required) + 1
        case .andV: return inner
        case .wrap(.verify): return inner + (parts.first?.type.has("x") == true ? 1 : 0)
        case .wrap(.swap), .wrap(.check), .wrap(.notEqual), .andB, .orB: return inner + 1
        case .wrap(.alternative), .orC: return inner + 2
        case .wrap(.duplicate), .orD, .orI, .andOr: return inner + 3
        case .wrap(.nonZero): return inner + 4
        case .threshold(let required): return inner + parts.count + pushSize(required)
        }
    }

    private static func pushSize(_ number: Int) -> Int {
        ScriptBuilder().adding(number: Int64(number)).bytes.count
    }

    static func operationCount(of fragment: Fragment, over parts: [Node]) -> Int {
        let inner = parts.reduce(0) { $0 + $1.operationCount }
        switch fragment {
        case .zero, .one, .key: return 0
        case .keyHash: return 3
        case .older, .after, .multi: return 1
        case .hash: return 4
        case .multiA(_, let keys): return keys.count + 1
        case .andV: return inner
        case .wrap(.verify): return inner + (parts.first?.type.has("x") == true ? 1 : 0)
        case .wrap(.swap), .wrap(.check), .wrap(.notEqual), .andB, .orB: return inner + 1
        case .wrap(.alternative), .orC: return inner + 2
        case .wrap(.duplicate), .orD, .orI, .andOr: return inner + 3
        case .wrap(.nonZero): return inner + 4
        case .threshold: return inner + parts.count
        }
    }

    static func multisigKeys(
        of fragment: Fragment, over parts: [MiniscriptBounds]
    ) -> MiniscriptBounds {
        switch fragment {
        case .zero: MiniscriptBounds(nil, 0)
        case .one, .older, .after, .hash: MiniscriptBounds(0, nil)
        case .key, .keyHash, .multiA: MiniscriptBounds(0, 0)
        case .multi(_, let keys): MiniscriptBounds(keys.count, keys.count)
        case .wrap(.duplicate), .wrap(.nonZero): MiniscriptBounds(parts[0].satisfied, 0)
        default: combined(fragment, parts)
        }
    }

    static func witness(
        of fragment: Fragment, over parts: [MiniscriptBounds], in context: Context
    ) -> MiniscriptBounds {
        // Signatures with their length: Schnorr's with a hash type, or the longest in DER.
        let signature = context == .tapscript ? 1 + 65 : 1 + 72
        let key = context == .tapscript ? 1 + 32 : 1 + 33
        switch fragment {
        case .zero: return MiniscriptBounds(nil, 0)
        case .one, .older, .after: return MiniscriptBounds(0, nil)
        case .key: return MiniscriptBounds(signature, 1)
        case .keyHash: return MiniscriptBounds(signature + key, 1 + key)
        case .hash: return MiniscriptBounds(1 + 32, nil)
        case .multi(let required, _):
            return MiniscriptBounds(required * signature + 1, required + 1)
        case .multiA(let required, let keys):
            return MiniscriptBounds(required * signature + keys.count - required, keys.count)
        case .wrap(.duplicate): return MiniscriptBounds(parts[0].satisfied.then(2), 1)
        case .wrap(.nonZero): return MiniscriptBounds(parts[0].satisfied, 1)
        // What chooses the branch: a one, or the empty element.
        case .orI:
            return MiniscriptBounds(
                parts[0].satisfied.then(2).or(parts[1].satisfied.then(1)),
                parts[0].dissatisfied.then(2).or(parts[1].dissatisfied.then(1)))
        default: return combined(fragment, parts)
        }
    }

    /// Sums over the parts that are evaluated together, the larger of those that exclude each other.
    private static func combined(
        _ fragment: Fragment, _ parts: [MiniscriptBounds]
    ) -> MiniscriptBounds {
        switch (fragment, parts.count) {
        case (.wrap(.verify), 1): return MiniscriptBounds(parts[0].satisfied, nil)
        case (.wrap, 1): return parts[0]
        case (.andV, 2):
            return MiniscriptBounds(parts[0].satisfied.then(parts[1].satisfied), nil)
        case (.andB, 2):
            return MiniscriptBounds(
                parts[0].satisfied.then(parts[1].satisfied),
                parts[0].dissatisfied.then(parts[1].dissatisfied))
        case (.orB, 2):
            return MiniscriptBounds(
                parts[0].dissatisfied.then(parts[1].satisfied)
                    .or(parts[0].satisfied.then(parts[1].dissatisfied)),
                parts[0].dissatisfied.then(parts[1].dissatisfied))
        case (.orC, 2), (.orD, 2):
            return MiniscriptBounds(
                parts[0].satisfied.or(parts[0].dissatisfied.then(parts[1].satisfied)),
                fragment == .orC ? nil : parts[0].dissatisfied.then(parts[1].dissatisfied))
        case (.orI, 2):
            return MiniscriptBounds(
                parts[0].satisfied.or(parts[1].satisfied),
                parts[0].dissatisfied.or(parts[1].dissatisfied))
        case (.andOr, 3):
            return MiniscriptBounds(
                parts[0].satisfied.then(parts[1].satisfied)
                    .or(parts[0].dissatisfied.then(parts[2].satisfied)),
                parts[0].dissatisfied.then(parts[2].dissatisfied))
        case (.threshold(let required), _):
            let satisfied = parts.map(\.satisfied)
            let dissatisfied = parts.map(\.dissatisfied)
            return MiniscriptBounds(
                .choosing(
                    required, satisfied: satisfied, dissatisfied: dissatisfied, start: 0,
                    between: 0),
                .choosing(
                    0, satisfied: satisfied, dissatisfied: dissatisfied, start: 0, between: 0))
        default: return MiniscriptBounds(nil, nil)
        }
    }
}

// MARK: The stack

extension Miniscript {
    static func stack(
        of fragment: Fragment, over parts: [MiniscriptStackBounds]
    ) -> MiniscriptStackBounds {
        let push = MiniscriptStackUse.push
        let pop = MiniscriptStackUse.pop
        switch fragment {
        case .zero: return MiniscriptStackBounds(nil, push)
        case .one, .older, .after: return MiniscriptStackBounds(push, nil)
        case .key: return MiniscriptStackBounds(push, push)
        case .keyHash:
            let use = push + push + .popTwo
            return MiniscriptStackBounds(use, use)
        case .hash: return MiniscriptStackBounds(push + push + .popTwo + push + pop, nil)
        // From a zero and the signatures, over all keys and both counts, to one result.
        case .multi(let required, let keys):
            let use = MiniscriptStackUse(net: required, peak: required + keys.count + 2)
            return MiniscriptStackBounds(use, use)
        case .multiA(_, let keys):
            let use = MiniscriptStackUse(net: keys.count - 1, peak: keys.count)
            return MiniscriptStackBounds(use, use)
        case .wrap(let wrapper) where parts.count == 1: return wrapped(wrapper, parts[0])
        case .threshold(let required):
            let satisfied = parts.map(\.satisfied)
            let dissatisfied = parts.map(\.dissatisfied)
            let end = push + pop
            return MiniscriptStackBounds(
                .choosing(
                    required, satisfied: satisfied, dissatisfied: dissatisfied, start: .nothing,
                    between: pop
                ).then(end),
                .choosing(
                    0, satisfied: satisfied, dissatisfied: dissatisfied, start: .nothing,
                    between: pop
                ).then(end))
        case .andOr where parts.count == 3:
            let (x, y, z) = (parts[0], parts[1], parts[2])
            return MiniscriptStackBounds(
                x.satisfied.then(pop).then(y.satisfied)
                    .or(x.dissatisfied.then(pop).then(z.satisfied)),
                x.dissatisfied.then(pop).then(z.dissatisfied))
        default:
            return parts.count == 2
                ? pair(fragment, parts[0], parts[1]) : MiniscriptStackBounds(nil, nil)
        }
    }

    private static func wrapped(
        _ wrapper: Wrapper, _ x: MiniscriptStackBounds
    ) -> MiniscriptStackBounds {
        let pop = MiniscriptStackUse.pop
        switch wrapper {
        case .alternative, .swap, .notEqual: return x
        case .check: return MiniscriptStackBounds(x.satisfied.then(pop), x.dissatisfied.then(pop))
        case .verify: return MiniscriptStackBounds(x.satisfied.then(pop), nil)
        case .duplicate, .nonZero:
            let test = MiniscriptStackUse.push + pop
            return MiniscriptStackBounds(Optional(test).then(x.satisfied), test)
        }
    }

    private static func pair(
        _ fragment: Fragment, _ x: MiniscriptStackBounds, _ y: MiniscriptStackBounds
    ) -> MiniscriptStackBounds {
        let push = MiniscriptStackUse.push
        let pop = MiniscriptStackUse.pop
        switch fragment {
        case .andV: return MiniscriptStackBounds(x.satisfied.then(y.satisfied), nil)
        case .andB:
            return MiniscriptStackBounds(
                x.satisfied.then(y.satisfied).then(pop),
                x.dissatisfied.then(y.dissatisfied).then(pop))
        case .orB:
            return MiniscriptStackBounds(
                x.satisfied.then(y.dissatisfied).or(x.dissatisfied.then(y.satisfied)).then(pop),
                x.dissatisfied.then(y.dissatisfied).then(pop))
        case .orC:
            return MiniscriptStackBounds(
                x.satisfied.then(pop).or(x.dissatisfied.then(pop).then(y.satisfied)), nil)
        case .orD:
            return MiniscriptStackBounds(
                x.satisfied.then(push + pop).or(x.dissatisfied.then(pop).then(y.satisfied)),
                x.dissatisfied.then(pop).then(y.dissatisfied))
        case .orI:
            return MiniscriptStackBounds(
                Optional(pop).then(x.satisfied.or(y.satisfied)),
                Optional(pop).then(x.dissatisfied.or(y.dissatisfied)))
        default: return MiniscriptStackBounds(nil, nil)
        }
    }
}
