internal import Scripting

/// How the type of an expression follows from those of its parts. The tables are BIP379's.
extension Miniscript {
    static func type(
        of fragment: Fragment, over parts: [MiniscriptType], in context: Context
    ) -> MiniscriptType {
        let type: MiniscriptType =
            switch fragment {
            case .zero: "Bzudemsxk"
            case .one: "Bzufmxk"
            case .key: "Konudemsxk"
            case .keyHash: "Knudemsxk"
            case .older(let value): value & secondsFlag != 0 ? "Bzfmxkg" : "Bzfmxkh"
            case .after(let value):
                value >= ScriptLimits.lockTimeThreshold ? "Bzfmxki" : "Bzfmxkj"
            case .hash: "Bonudmk"
            case .multi: "Bnudemsk"
            case .multiA: "Budemsk"
            case .wrap(let wrapper): wrapped(wrapper, part(0, of: parts), in: context)
            case .andV: andV(part(0, of: parts), part(1, of: parts))
            case .andB: andB(part(0, of: parts), part(1, of: parts))
            case .orB: orB(part(0, of: parts), part(1, of: parts))
            case .orC: orC(part(0, of: parts), part(1, of: parts))
            case .orD: orD(part(0, of: parts), part(1, of: parts))
            case .orI: orI(part(0, of: parts), part(1, of: parts))
            case .andOr: andOr(part(0, of: parts), part(1, of: parts), part(2, of: parts))
            case .threshold(let required): threshold(required, parts)
            }
        // Without a basic type the parts do not fit together, and the rest says nothing.
        return type.isDisjoint(with: "BVKW") ? [] : type
    }

    /// The bit of a relative lock that makes it one of seconds (BIP68).
    private static let secondsFlag: UInt32 = 1 << 22

    private static func part(_ number: Int, of parts: [MiniscriptType]) -> MiniscriptType {
        number < parts.count ? parts[number] : []
    }

    private static func wrapped(
        _ wrapper: Wrapper, _ x: MiniscriptType, in context: Context
    ) -> MiniscriptType {
        let locks = x.only("ghijk")
        switch wrapper {
        case .alternative: return ["x", locks, x.only("udfems"), .given(x.has("B"), "W")]
        case .swap: return [locks, x.only("udfemsx"), .given(x.has("Bo"), "W")]
        case .check: return ["us", locks, x.only("ondfem"), .given(x.has("K"), "B")]
        case .duplicate:
            // Only in tapscript does a rule of consensus leave no other true value than 1.
            return [
                "ndx", locks, x.only("ms"), .given(context == .tapscript, "u"),
                .given(x.has("Vz"), "B"), .given(x.has("z"), "o"), .given(x.has("f"), "e"),
            ]
        case .verify: return ["fx", locks, x.only("zonms"), .given(x.has("B"), "V")]
        case .nonZero:
            return [
                "ndx", locks, x.only("oums"), .given(x.has("Bn"), "B"),
                .given(x.has("f"), "e"),
            ]
        case .notEqual: return ["ux", locks, x.only("Bzondfems")]
        }
    }

    // MARK: And

    private static func andV(_ x: MiniscriptType, _ y: MiniscriptType) -> MiniscriptType {
        let (both, any) = (x.intersection(y), x.union(y))
        return [
            .given(x.has("V"), y.only("BKV")), x.only("n"), .given(x.has("z"), y.only("n")),
            oneInput(x, y), both.only("mz"), any.only("s"), y.only("ux"),
            .given(y.has("f") || x.has("s"), "f"), locksOfBoth(x, y, both),
        ]
    }

    private static func andB(_ x: MiniscriptType, _ y: MiniscriptType) -> MiniscriptType {
        let (both, any) = (x.intersection(y), x.union(y))
        return [
            "ux", .given(y.has("W"), x.only("B")), oneInput(x, y), x.only("n"),
            .given(x.has("z"), y.only("n")), .given(both.has("s"), both.only("e")),
            both.only("dzm"), .given(both.has("f") || x.has("sf") || y.has("sf"), "f"),
            any.only("s"), locksOfBoth(x, y, both),
        ]
    }

    private static func andOr(
        _ x: MiniscriptType, _ y: MiniscriptType, _ z: MiniscriptType
    ) -> MiniscriptType {
        let isSure = x.has("s") || y.has("f")
        let branches = y.intersection(z)
        let all = x.intersection(branches)
        let isSafe = x.union(y).union(z).has("s")
        return [
            "x", .given(x.has("Bdu"), branches.only("BKV")), all.only("z"),
            oneInput(x, branches), branches.only("u"), .given(isSure, z.only("fe")),
            z.only("d"), .given(x.has("e") && isSafe, all.only("m")),
            z.intersection(x.union(y)).only("s"), z.only("ghij"), locksOfBoth(x, y, all),
        ]
    }

    /// `o` where one part takes one input and the other none.
    private static func oneInput(_ x: MiniscriptType, _ y: MiniscriptType) -> MiniscriptType {
        let any = x.union(y)
        return .given(any.has("z"), any.only("o"))
    }

    /// The locks of parts that are satisfied together; `all` tells whether each is free of a mix.
    private static func locksOfBoth(
        _ x: MiniscriptType, _ y: MiniscriptType, _ all: MiniscriptType
    ) -> MiniscriptType {
        [x.union(y).only("ghij"), .given(all.has("k") && !mixes(x, y), "k")]
    }

    private static func mixes(_ x: MiniscriptType, _ y: MiniscriptType) -> Bool {
        (x.has("g") && y.has("h")) || (x.has("h") && y.has("g"))
            || (x.has("i") && y.has("j")) || (x.has("j") && y.has("i"))
    }

    // MARK: Or

    private static func orB(_ x: MiniscriptType, _ y: MiniscriptType) -> MiniscriptType {
        let (both, any) = (x.intersection(y), x.union(y))
        return [
            "dux", .given(x.has("Bd") && y.has("Wd"), "B"), oneInput(x, y),
            .given(any.has("s") && both.has("e"), both.only("m")), both.only("zse"),
            locksOfEither(x, y),
        ]
    }

    private static func orC(_ x: MiniscriptType, _ y: MiniscriptType) -> MiniscriptType {
        ["fx", .given(x.has("Bdu"), y.only("V")), orElse(x, y)]
    }

    private static func orD(_ x: MiniscriptType, _ y: MiniscriptType) -> MiniscriptType {
        ["x", .given(x.has("Bdu"), y.only("B")), orElse(x, y), y.only("ufde")]
    }

    /// What `or_c` and `or_d` have in common: the second part is looked at only if the first is false.
    private static func orElse(_ x: MiniscriptType, _ y: MiniscriptType) -> MiniscriptType {
        let both = x.intersection(y)
        return [
            .given(y.has("z"), x.only("o")),
            .given(x.has("e") && x.union(y).has("s"), both.only("m")), both.only("zs"),
            locksOfEither(x, y),
        ]
    }

    private static func orI(_ x: MiniscriptType, _ y: MiniscriptType) -> MiniscriptType {
        let (both, any) = (x.intersection(y), x.union(y))
        return [
            "x", both.only("VBKufs"), .given(both.has("z"), "o"),
            .given(any.has("f"), any.only("e")), .given(any.has("s"), both.only("m")),
            any.only("d"), locksOfEither(x, y),
        ]
    }

    private static func locksOfEither(
        _ x: MiniscriptType, _ y: MiniscriptType
    ) -> MiniscriptType {
        [x.union(y).only("ghij"), x.intersection(y).only("k")]
    }

    // MARK: Thresholds

    private static func threshold(
        _ required: Int, _ parts: [MiniscriptType]
    ) -> MiniscriptType {
        var inputs = 0
        var safe = 0
        var common: MiniscriptType = "em"
        var locks: MiniscriptType = "k"
        for (number, part) in parts.enumerated() {
            guard part.has(number == 0 ? "Bdu" : "Wdu") else { return [] }
            common.formIntersection(part)
            if part.has("s") { safe += 1 }
            inputs += part.has("z") ? 0 : part.has("o") ? 1 : 2
            let isFreeOfMix =
                locks.has("k") && part.has("k")
                && (required <= 1 || !mixes(locks, part))
            locks = locks.union(part).only("ghij")
            if isFreeOfMix { locks.formUnion("k") }
        }
        return [
            "Bdu", .given(inputs == 0, "z"), .given(inputs == 1, "o"),
            .given(common.has("e") && safe == parts.count, "e"),
            .given(common.has("em") && safe >= parts.count - required, "m"),
            .given(safe >= parts.count - required + 1, "s"), locks,
        ]
    }
}
