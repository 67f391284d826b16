/// Finding the witness.
extension Miniscript {
    /// The best ways to satisfy and to dissatisfy a part.
    private struct Ways {
        var satisfied: WitnessChoice
        var dissatisfied: WitnessChoice

        init(_ satisfied: WitnessChoice, else dissatisfied: WitnessChoice) {
            self.satisfied = satisfied
            self.dissatisfied = dissatisfied
        }
    }

    /// The smallest witness that nobody else can change and that holds a signature; nil when there is
    /// none. The lowest element comes first.
    func satisfaction(with material: MiniscriptMaterial) -> [[UInt8]]? {
        var pieces = WitnessPieces()
        var ways: [Ways] = []
        ways.reserveCapacity(nodes.count)
        for node in nodes {
            guard !pieces.isExhausted else { return nil }
            ways.append(
                Self.ways(node, node.children.map { ways[$0] }, material, &pieces))
        }
        guard let best = ways.last?.satisfied, let piece = best.piece, best.hasSignature,
            !best.isMalleable
        else { return nil }
        return pieces.elements(of: piece)
    }

    private static func ways(
        _ node: Node, _ parts: [Ways], _ material: MiniscriptMaterial,
        _ pieces: inout WitnessPieces
    ) -> Ways {
        switch node.fragment {
        case .zero: return Ways(.impossible, else: pieces.nothing)
        case .one: return Ways(pieces.nothing, else: .impossible)
        case .older(let value):
            return Ways(material.isOlder(value) ? pieces.nothing : .impossible, else: .impossible)
        case .after(let value):
            return Ways(material.isPast(value) ? pieces.nothing : .impossible, else: .impossible)
        case .hash(let function, let hash):
            let preimage = material.preimage(function, of: hash).map { pieces.element($0) }
            // Any 32 bytes but the preimage will do.
            let other = pieces.element(Array(repeating: 0, count: 32)).malleable()
            return Ways(preimage ?? .impossible, else: other)
        case .key(let key):
            return Ways(signature(key, material, &pieces), else: pieces.element([]))
        case .keyHash(let key):
            let shown = pieces.element(key < material.keys.count ? material.keys[key] : [])
            let signature = signature(key, material, &pieces)
            let empty = pieces.element([])
            return Ways(pieces.join(signature, shown), else: pieces.join(empty, shown))
        case .multi(let required, let keys):
            return multi(required, keys, material, &pieces)
        case .multiA(let required, let keys):
            return multiA(required, keys, material, &pieces)
        case .threshold(let required): return threshold(required, parts, &pieces)
        case .wrap(let wrapper) where parts.count == 1: return wrap(wrapper, parts[0], &pieces)
        case .andOr where parts.count == 3:
            let (x, y, z) = (parts[0], parts[1], parts[2])
            return Ways(
                pieces.join(y.satisfied, x.satisfied)
                    .or(pieces.join(z.satisfied, x.dissatisfied)),
                else: pieces.join(y.dissatisfied, x.satisfied)
                    .or(pieces.join(z.dissatisfied, x.dissatisfied)))
        default:
            guard parts.count == 2 else { return Ways(.impossible, else: .impossible) }
            return pair(node.fragment, parts[0], parts[1], &pieces)
        }
    }

    private static func signature(
        _ key: Int, _ material: MiniscriptMaterial, _ pieces: inout WitnessPieces
    ) -> WitnessChoice {
        guard key < material.signatures.count, let signature = material.signatures[key] else {
            return .impossible
        }
        return pieces.element(signature, isSignature: true)
    }

    private static func wrap(
        _ wrapper: Wrapper, _ x: Ways, _ pieces: inout WitnessPieces
    ) -> Ways {
        switch wrapper {
        case .alternative, .swap, .check, .notEqual: return x
        case .verify: return Ways(x.satisfied, else: .impossible)
        case .duplicate:
            let one = pieces.element([1])
            return Ways(pieces.join(x.satisfied, one), else: pieces.element([]))
        case .nonZero:
            // Whether the part can be dissatisfied with something else than zero on top is not known;
            // if that takes no signature, somebody else may find out.
            let canBeOther = x.dissatisfied.piece != nil && !x.dissatisfied.hasSignature
            return Ways(x.satisfied, else: pieces.element([]).malleable(canBeOther))
        }
    }

    private static func pair(
        _ fragment: Fragment, _ x: Ways, _ y: Ways, _ pieces: inout WitnessPieces
    ) -> Ways {
        switch fragment {
        case .andV:
            return Ways(
                pieces.join(y.satisfied, x.satisfied),
                else: pieces.join(y.dissatisfied, x.satisfied))
        case .andB:
            let neither = pieces.join(y.dissatisfied, x.dissatisfied)
            let onlySecond = pieces.join(y.satisfied, x.dissatisfied).malleable()
            let onlyFirst = pieces.join(y.dissatisfied, x.satisfied).malleable()
            return Ways(
                pieces.join(y.satisfied, x.satisfied), else: neither.or(onlySecond).or(onlyFirst))
        case .orB:
            let onlyFirst = pieces.join(y.dissatisfied, x.satisfied)
            let onlySecond = pieces.join(y.satisfied, x.dissatisfied)
            let both = pieces.join(y.satisfied, x.satisfied).malleable()
            return Ways(
                onlyFirst.or(onlySecond).or(both),
                else: pieces.join(y.dissatisfied, x.dissatisfied))
        case .orC:
            return Ways(
                x.satisfied.or(pieces.join(y.satisfied, x.dissatisfied)), else: .impossible)
        case .orD:
            return Ways(
                x.satisfied.or(pieces.join(y.satisfied, x.dissatisfied)),
                else: pieces.join(y.dissatisfied, x.dissatisfied))
        case .orI:
            let one = pieces.element([1])
            let zero = pieces.element([])
            return Ways(
                pieces.join(x.satisfied, one).or(pieces.join(y.satisfied, zero)),
                else: pieces.join(x.dissatisfied, one).or(pieces.join(y.dissatisfied, zero)))
        default: return Ways(.impossible, else: .impossible)
        }
    }

    // MARK: So many of several

    private static func multi(
        _ required: Int, _ keys: [Int], _ material: MiniscriptMaterial,
        _ pieces: inout WitnessPieces
    ) -> Ways {
        // The operation takes one element too many, ever since the first release.
        let empty = pieces.element([])
        var best = [empty]
        for key in keys {
            let signature = signature(key, material, &pieces)
            best = advance(
                best, with: signature, without: pieces.nothing, limit: required, &pieces)
        }
        var none = empty
        for _ in 0..<required { none = pieces.join(none, empty) }
        return Ways(required < best.count ? best[required] : .impossible, else: none)
    }

    private static func multiA(
        _ required: Int, _ keys: [Int], _ material: MiniscriptMaterial,
        _ pieces: inout WitnessPieces
    ) -> Ways {
        let empty = pieces.element([])
        var best = [pieces.nothing]
        // The first key takes the top of the stack.
        for key in keys.reversed() {
            let signature = signature(key, material, &pieces)
            best = advance(best, with: signature, without: empty, limit: required, &pieces)
        }
        return Ways(required < best.count ? best[required] : .impossible, else: best[0])
    }

    private static func threshold(
        _ required: Int, _ parts: [Ways], _ pieces: inout WitnessPieces
    ) -> Ways {
        var best = [pieces.nothing]
        for part in parts.reversed() {
            best = advance(
                best, with: part.satisfied, without: part.dissatisfied, limit: parts.count,
                &pieces)
        }
        var none = WitnessChoice.impossible
        for (count, choice) in best.enumerated() where count != required {
            // Too few or too many: another number would do as well.
            none = none.or(count == 0 ? choice : choice.malleable())
        }
        return Ways(required < best.count ? best[required] : .impossible, else: none)
    }

    /// From the best stacks for each number of parts satisfied, those with one part more.
    private static func advance(
        _ best: [WitnessChoice], with satisfied: WitnessChoice,
        without dissatisfied: WitnessChoice, limit: Int, _ pieces: inout WitnessPieces
    ) -> [WitnessChoice] {
        var next = (0...min(best.count, limit)).map { count in
            let without =
                count < best.count ? pieces.join(best[count], dissatisfied) : .impossible
            let with = count > 0 ? pieces.join(best[count - 1], satisfied) : .impossible
            return without.or(with)
        }
        // Numbers that cannot be reached are not carried on: there may be very many parts.
        while next.count > 1, next.last?.piece == nil { next.removeLast() }
        return next
    }
}
