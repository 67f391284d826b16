internal import Cryptography
internal import Primitives
internal import Scripting

/// Finds the Miniscript that a script is the form of, reading it from its end. Like the parser it keeps
/// a list of what is still to be done.
struct MiniscriptDecoder {
    /// What a script tells of a key.
    enum ScriptKey: Hashable, Sendable {
        case bytes([UInt8])
        case hash(Hash160)
    }

    /// An operation; those with `VERIFY` in their name are taken apart. Small numbers are data, too.
    private struct Piece {
        let opcode: UInt8
        let data: ArraySlice<UInt8>

        func `is`(_ other: Opcode) -> Bool { opcode == other.rawValue }

        /// The number that is pushed, if it is one.
        var number: Int? {
            if self.is(.op0) { return 0 }
            guard !data.isEmpty else { return nil }
            return ScriptNumber(data, requiringMinimal: true).map { Int($0.value) }
        }
    }

    private enum Step {
        /// A `B`, `K` or `V` that is no `and_v`.
        case single
        /// The same, or several of them joined by `and_v`.
        case joined
        /// A `W`.
        case beside
        /// `and_v` with what stands before, if something can.
        case maybeAnd
        /// A node over the last so many, the last one first.
        case node(Miniscript.Fragment, over: Int)
        /// A `W` that the next operation makes one.
        case wrapped(Miniscript.Wrapper, after: Opcode)
        case andOr
        case thresholdPart(required: Int, parts: Int)
        case threshold(required: Int, parts: Int)
        case conditional
        case conditionalElse
        case conditionalNot
    }

    private var pieces: ArraySlice<Piece>
    private var script: Miniscript
    private var open: [Int] = []
    private var steps: [Step] = [.joined]
    private var keys: [ScriptKey] = []

    private init(_ pieces: [Piece], in context: Miniscript.Context) {
        self.pieces = pieces[...]
        script = Miniscript(context: context)
    }

    /// The expression and its keys in their order; nil when the script has not this form, or when the
    /// parts do not fit together.
    static func decode(
        _ script: Script, in context: Miniscript.Context
    ) -> (script: Miniscript, keys: [ScriptKey])? {
        guard script.count <= Miniscript.maximumScriptSize(in: context),
            let pieces = takeApart(script)
        else { return nil }
        var decoder = MiniscriptDecoder(pieces, in: context)
        guard let root = decoder.decode(), decoder.pieces.isEmpty else { return nil }
        let (ordered, keys) = decoder.script.ordered(under: root, keys: decoder.keys)
        return ordered.isValidAtTop ? (ordered, keys) : nil
    }

    /// The operations from the last to the first; nil where one is not in its shortest form.
    private static func takeApart(_ script: Script) -> [Piece]? {
        var reader = InstructionReader(script.bytes)
        var pieces: [Piece] = []
        while !reader.isAtEnd {
            guard let step = reader.next(), step.isMinimalPush else { return nil }
            if let plain = step.opcode?.withoutVerify {
                pieces.append(Piece(opcode: plain.rawValue, data: []))
                pieces.append(Piece(opcode: Opcode.verify.rawValue, data: []))
                continue
            }
            if step.opcode == .verify, let last = pieces.last,
                Opcode(rawValue: last.opcode)?.hasVerifyForm == true
            {
                return nil
            }
            let small = step.opcode?.number.flatMap { $0 > 0 ? [UInt8($0)] : nil }
            pieces.append(Piece(opcode: step.byte, data: small.map { $0[...] } ?? step.data))
        }
        return pieces.reversed()
    }

    private mutating func decode() -> Int? {
        while let step = steps.popLast() {
            if let last = open.last, !script.isValid(script.nodes[last]) { return nil }
            guard take(step) else { return nil }
        }
        return open.count == 1 ? open[0] : nil
    }

    // MARK: Steps

    private func piece(_ offset: Int) -> Piece? {
        let place = pieces.startIndex + offset
        return place < pieces.endIndex ? pieces[place] : nil
    }

    private func isNext(_ opcode: Opcode, at offset: Int = 0) -> Bool {
        piece(offset)?.is(opcode) == true
    }

    private mutating func drop(_ count: Int) { pieces = pieces.dropFirst(count) }

    private mutating func takeNext(_ opcode: Opcode) -> Bool {
        guard isNext(opcode) else { return false }
        drop(1)
        return true
    }

    private mutating func add(_ fragment: Miniscript.Fragment, taking count: Int) -> Bool {
        drop(count)
        open.append(script.add(fragment))
        return true
    }

    /// A node over the last so many, which were met from right to left.
    private mutating func close(_ fragment: Miniscript.Fragment, over count: Int) -> Bool {
        guard open.count >= count else { return false }
        let children = Array(open.suffix(count).reversed())
        open.removeLast(count)
        open.append(script.add(fragment, over: children))
        return true
    }

    private mutating func take(_ step: Step) -> Bool {
        switch step {
        case .single: return takeSingle()
        case .joined:
            steps += [.maybeAnd, .single]
            return true
        case .beside:
            guard !pieces.isEmpty else { return false }
            let isAlternative = takeNext(.fromAltStack)
            steps += [
                isAlternative
                    ? .wrapped(.alternative, after: .toAltStack) : .wrapped(.swap, after: .swap),
                .joined,
            ]
            return true
        case .maybeAnd:
            // No expression ends in these.
            let barred: [Opcode] = [.if, .else, .notIf, .toAltStack, .swap]
            if let next = piece(0), !barred.contains(where: { next.is($0) }) {
                steps += [.node(.andV, over: 2), .joined]
            }
            return true
        case .node(let fragment, let count): return close(fragment, over: count)
        case .wrapped(let wrapper, let opcode):
            return takeNext(opcode) && close(.wrap(wrapper), over: 1)
        case .andOr:
            // Met in the order Y, Z, X.
            guard open.count >= 3 else { return false }
            let (y, z, x) = (open[open.count - 3], open[open.count - 2], open[open.count - 1])
            open.removeLast(3)
            open.append(script.add(.andOr, over: [x, y, z]))
            return true
        case .thresholdPart(let required, let parts):
            guard !pieces.isEmpty else { return false }
            if takeNext(.add) {
                steps += [.thresholdPart(required: required, parts: parts + 1), .beside]
            } else {
                steps += [.threshold(required: required, parts: parts + 1), .single]
            }
            return true
        case .threshold(let required, let parts):
            return required <= parts && close(.threshold(required), over: parts)
        case .conditional, .conditionalElse, .conditionalNot: return takeConditional(step)
        }
    }

    /// What stands before an `ENDIF` and the expression that was read before it.
    private mutating func takeConditional(_ step: Step) -> Bool {
        switch step {
        case .conditional:
            if takeNext(.else) {
                steps += [.conditionalElse, .joined]
            } else if isNext(.if), isNext(.dup, at: 1) {
                drop(2)
                steps.append(.node(.wrap(.duplicate), over: 1))
            } else if isNext(.if), isNext(.zeroNotEqual, at: 1), isNext(.size, at: 2) {
                drop(3)
                steps.append(.node(.wrap(.nonZero), over: 1))
            } else if takeNext(.notIf) {
                steps.append(.conditionalNot)
            } else {
                return false
            }
            return true
        case .conditionalNot:
            guard !pieces.isEmpty else { return false }
            steps += [.node(takeNext(.ifDup) ? .orD : .orC, over: 2), .single]
            return true
        default:
            if takeNext(.if) { return close(.orI, over: 2) }
            guard takeNext(.notIf) else { return false }
            steps += [.andOr, .single]
            return true
        }
    }

    // MARK: Expressions

    private mutating func takeSingle() -> Bool {
        guard let first = piece(0) else { return false }
        if first.is(.op1) { return add(.one, taking: 1) }
        if first.is(.op0) { return add(.zero, taking: 1) }
        if first.data.count == 32 || first.data.count == 33 {
            return addKey(.bytes(Array(first.data))).map { add(.key($0), taking: 1) } ?? false
        }
        if let isTaken = takeHashOrLock() { return isTaken }
        if first.is(.checkMultiSig), pieces.count >= 3 { return takeMultisig() }
        if first.is(.numEqual), pieces.count >= 4 { return takeTapscriptMultisig() }
        // These let an `and_v` stand outside of them: what it joins comes to the same script.
        for (opcode, wrapper) in Self.suffixes where takeNext(opcode) {
            steps += [.node(.wrap(wrapper), over: 1), .single]
            return true
        }
        if first.is(.equal), pieces.count >= 3, let required = piece(1)?.number {
            guard required >= 1 else { return false }
            drop(2)
            steps.append(.thresholdPart(required: required, parts: 0))
            return true
        }
        if takeNext(.endIf) {
            steps += [.conditional, .joined]
            return true
        }
        for (opcode, fragment) in [(Opcode.boolAnd, Miniscript.Fragment.andB), (.boolOr, .orB)]
        where takeNext(opcode) {
            steps += [.node(fragment, over: 2), .single, .beside]
            return true
        }
        return false
    }

    private static let suffixes: [(Opcode, Miniscript.Wrapper)] = [
        (.checkSig, .check), (.verify, .verify), (.zeroNotEqual, .notEqual),
    ]

    private mutating func addKey(_ key: ScriptKey) -> Int? {
        if case .bytes(let bytes) = key {
            guard bytes.count == (script.context == .tapscript ? 32 : 33) else { return nil }
        }
        keys.append(key)
        return keys.count - 1
    }

    /// A key hash, a lock, or the hash of a preimage; nil when it is none of these.
    private mutating func takeHashOrLock() -> Bool? {
        if isNext(.verify), isNext(.equal, at: 1), isNext(.hash160, at: 3), isNext(.dup, at: 4),
            let hash = piece(2).flatMap({ Hash160(bytes: $0.data) })
        {
            return addKey(.hash(hash)).map { add(.keyHash($0), taking: 5) } ?? false
        }
        for isRelative in [true, false]
        where isNext(isRelative ? .checkSequenceVerify : .checkLockTimeVerify) {
            guard let number = piece(1)?.number else { continue }
            guard (1..<Miniscript.lockLimit).contains(number) else { return false }
            return add(isRelative ? .older(UInt32(number)) : .after(UInt32(number)), taking: 2)
        }
        guard isNext(.equal), isNext(.verify, at: 3), isNext(.equal, at: 4),
            piece(5)?.number == 32, isNext(.size, at: 6), let hash = piece(1)?.data
        else { return nil }
        for function in Miniscript.HashFunction.allCases
        where isNext(function.opcode, at: 2) && hash.count == function.size {
            return add(.hash(function, Array(hash)), taking: 7)
        }
        return nil
    }

    private mutating func takeMultisig() -> Bool {
        guard script.context == .witnessScript, let count = piece(1)?.number,
            (1...ScriptLimits.maximumMultisigKeys).contains(count),
            let required = piece(2 + count)?.number, (1...count).contains(required)
        else { return false }
        var list: [Int] = []
        for offset in 0..<count {
            guard let bytes = piece(2 + offset)?.data, let key = addKey(.bytes(Array(bytes)))
            else { return false }
            list.append(key)
        }
        return add(.multi(required: required, keys: list.reversed()), taking: 3 + count)
    }

    private mutating func takeTapscriptMultisig() -> Bool {
        guard script.context == .tapscript, let required = piece(1)?.number,
            (1...Miniscript.maximumTapscriptKeys).contains(required)
        else { return false }
        var list: [Int] = []
        var isFirst = false
        while !isFirst {
            let offset = 2 + 2 * list.count
            isFirst = isNext(.checkSig, at: offset)
            guard isFirst || isNext(.checkSigAdd, at: offset),
                list.count < Miniscript.maximumTapscriptKeys,
                let bytes = piece(offset + 1)?.data, let key = addKey(.bytes(Array(bytes)))
            else { return false }
            list.append(key)
        }
        guard required <= list.count else { return false }
        return add(
            .multiA(required: required, keys: list.reversed()), taking: 2 + 2 * list.count)
    }
}

extension Miniscript {
    /// The nodes under `root` in the order of the text, and the keys in theirs.
    fileprivate func ordered(
        under root: Int, keys: [MiniscriptDecoder.ScriptKey]
    ) -> (Miniscript, [MiniscriptDecoder.ScriptKey]) {
        var result = Miniscript(context: context)
        var ordered: [MiniscriptDecoder.ScriptKey] = []
        func renumbered(_ list: [Int]) -> [Int] {
            list.map { key in
                ordered.append(keys[key])
                return ordered.count - 1
            }
        }
        var open: [Int] = []
        var steps = [(number: root, isExpanded: false)]
        while let (number, isExpanded) = steps.popLast() {
            let node = nodes[number]
            guard isExpanded || node.children.isEmpty else {
                steps.append((number, true))
                steps += node.children.reversed().map { ($0, false) }
                continue
            }
            let fragment: Fragment =
                switch node.fragment {
                case .key(let key): .key(renumbered([key])[0])
                case .keyHash(let key): .keyHash(renumbered([key])[0])
                case .multi(let required, let list):
                    .multi(required: required, keys: renumbered(list))
                case .multiA(let required, let list):
                    .multiA(required: required, keys: renumbered(list))
                default: node.fragment
                }
            let children = Array(open.suffix(node.children.count))
            open.removeLast(node.children.count)
            open.append(result.add(fragment, over: children))
        }
        return (result, ordered)
    }
}

extension Opcode {
    /// The operation without the `VERIFY` that its name ends in.
    fileprivate var withoutVerify: Opcode? {
        switch self {
        case .checkSigVerify: .checkSig
        case .checkMultiSigVerify: .checkMultiSig
        case .equalVerify: .equal
        case .numEqualVerify: .numEqual
        default: nil
        }
    }

    /// Whether another operation does the same and a `VERIFY`.
    fileprivate var hasVerifyForm: Bool {
        [.checkSig, .checkMultiSig, .equal, .numEqual].contains(self)
    }
}
