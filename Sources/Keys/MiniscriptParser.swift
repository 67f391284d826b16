internal import Notation
internal import Scripting

/// Reads the text of a Miniscript. It keeps a list of what is still to be done rather than calling
/// itself, and gives up as soon as the script would be too large, so that no text is too deep for it.
struct MiniscriptParser {
    private enum Step {
        /// An expression that may begin with wrappers and a colon.
        case wrapped
        /// An expression without wrappers.
        case expression
        case leaf(Miniscript.Fragment)
        /// A node over the last so many that were read.
        case node(Miniscript.Fragment, over: Int)
        /// The rest of a `thresh()` of which so many parts were read.
        case threshold(required: Int, parts: Int)
        case comma
        case close
    }

    private var text: DescriptorText
    private var script: Miniscript
    /// The numbers of nodes that are not yet part of another.
    private var open: [Int] = []
    private var steps: [Step] = [.wrapped]
    /// The least size of the script. Every leaf lends a byte, which is paid when room is made for it:
    /// so whatever is read counts at least one, and the text cannot outgrow the limit.
    private var size = 1
    private(set) var keyParser: DescriptorKeyParser
    private(set) var keys: [DescriptorKey] = []

    init(
        _ text: DescriptorText, in context: Miniscript.Context, keyParser: DescriptorKeyParser
    ) {
        self.text = text
        script = Miniscript(context: context)
        self.keyParser = keyParser
    }

    /// The expression; nil when the text is none. It may yet be invalid, or not sane.
    ///
    /// - Throws: why a key in it could not be read.
    mutating func parse() throws(DescriptorError) -> Miniscript? {
        while let step = steps.popLast() {
            guard size <= script.maximumScriptSize, try take(step) else { return nil }
        }
        guard text.isEmpty, open.count == 1 else { return nil }
        return script
    }

    private mutating func take(_ step: Step) throws(DescriptorError) -> Bool {
        switch step {
        case .wrapped:
            steps.append(.expression)
            return takeWrappers()
        case .expression: return try takeExpression()
        case .leaf(let fragment):
            open.append(script.add(fragment))
            return true
        case .node(let fragment, let count):
            guard open.count >= count else { return false }
            let children = Array(open.suffix(count))
            open.removeLast(count)
            if fragment == .wrap(.verify), let inner = children.first,
                script.nodes[inner].type.has("x")
            {
                size += 1
            }
            open.append(script.add(fragment, over: children))
            return true
        case .threshold(let required, let parts):
            return takeThreshold(required: required, parts: parts)
        case .comma: return text.take(",")
        case .close: return text.take(")")
        }
    }

    // MARK: Wrappers

    /// Takes the letters before a colon, if there is one.
    private mutating func takeWrappers() -> Bool {
        let letters = text.bytes.prefix { (0x61...0x7a).contains($0) }
        guard !letters.isEmpty, letters.endIndex < text.bytes.endIndex,
            text.bytes[letters.endIndex] == UInt8(ascii: ":")
        else { return true }
        // The expression is read first, then the letters are applied from the last to the first.
        steps.removeLast()
        var previous: UInt8 = 0
        for letter in letters {
            guard size <= script.maximumScriptSize,
                takeWrapper(letter),
                // Never valid, and it adds nothing to the size.
                !(letter == UInt8(ascii: "v") && previous == letter)
            else { return false }
            previous = letter
        }
        steps.append(.expression)
        text.drop(letters.count + 1)
        return true
    }

    private mutating func takeWrapper(_ letter: UInt8) -> Bool {
        if let wrapper = Miniscript.Wrapper(rawValue: letter) {
            size += wrapper.leastSize
            steps.append(.node(.wrap(wrapper), over: 1))
            return true
        }
        switch letter {
        case UInt8(ascii: "t"):
            size += 1
            steps += [.node(.andV, over: 2), .leaf(.one)]
        case UInt8(ascii: "u"):
            size += 4
            steps += [.node(.orI, over: 2), .leaf(.zero)]
        case UInt8(ascii: "l"):
            size += 4
            open.append(script.add(.zero))
            steps.append(.node(.orI, over: 2))
        default: return false
        }
        return true
    }

    // MARK: Expressions

    private mutating func takeExpression() throws(DescriptorError) -> Bool {
        if text.take("0") { return take(.zero) }
        if text.take("1") { return take(.one) }
        if let isRead = try takeKey() { return isRead }
        if let isRead = takeLockOrHash() { return isRead }
        if text.take("multi(") {
            guard script.context == .witnessScript else { return false }
            return try takeMultisig(ScriptLimits.maximumMultisigKeys)
        }
        if text.take("multi_a(") {
            guard script.context == .tapscript else { return false }
            return try takeMultisig(Miniscript.maximumTapscriptKeys)
        }
        if text.take("thresh(") {
            guard let field = takeField(), field.isFollowed, let required = Self.number(field.text),
                required >= 1
            else { return false }
            size += 1 + ScriptBuilder().adding(number: Int64(required)).bytes.count
            steps += [.threshold(required: required, parts: 1), .wrapped]
            return true
        }
        return takeCombination()
    }

    /// Adds a leaf, which has lent a byte.
    private mutating func take(_ fragment: Miniscript.Fragment) -> Bool {
        let number = script.add(fragment)
        size += script.nodes[number].scriptSize - 1
        open.append(number)
        return true
    }

    /// `pk()`, `pkh()`, `pk_k()` and `pk_h()`; nil when it is none of these.
    private mutating func takeKey() throws(DescriptorError) -> Bool? {
        for (name, isHash, isChecked) in [
            ("pk", false, true), ("pkh", true, true), ("pk_k", false, false),
            ("pk_h", true, false),
        ] where text.starts(with: name + "(") {
            guard let argument = text.takeExpression().argument(of: name) else { return false }
            let key = try addKey(argument)
            _ = take(isHash ? .keyHash(key) : .key(key))
            guard isChecked else { return true }
            size += 1
            return try take(.node(.wrap(.check), over: 1))
        }
        return nil
    }

    private mutating func addKey(_ text: DescriptorText) throws(DescriptorError) -> Int {
        let key = try keyParser.parse(text, in: script.context == .tapscript ? .tr : .wsh)
        keys.append(key)
        return keys.count - 1
    }

    /// `older()`, `after()` and the hashes; nil when it is none of these.
    private mutating func takeLockOrHash() -> Bool? {
        for name in ["older", "after"] where text.starts(with: name + "(") {
            guard let argument = text.takeExpression().argument(of: name),
                let number = Self.number(argument), (1..<Miniscript.lockLimit).contains(number)
            else { return false }
            let value = UInt32(number)
            return take(name == "older" ? .older(value) : .after(value))
        }
        for function in Miniscript.HashFunction.allCases
        where text.starts(with: function.rawValue + "(") {
            guard let argument = text.takeExpression().argument(of: function.rawValue),
                let hash = Hex.decode(argument.string), hash.count == function.size
            else { return false }
            return take(.hash(function, hash))
        }
        return nil
    }

    /// What follows `multi(` or `multi_a(`.
    private mutating func takeMultisig(_ limit: Int) throws(DescriptorError) -> Bool {
        guard let field = takeField(), field.isFollowed,
            let required = Self.signedNumber(field.text)
        else { return false }
        // All keys are read before the numbers are judged, as in Core: a bad key is told of first.
        var list: [Int] = []
        var isFollowed = true
        while isFollowed {
            guard let field = takeField() else { return false }
            list.append(try addKey(field.text))
            isFollowed = field.isFollowed
        }
        guard list.count <= limit, (1...list.count).contains(required) else { return false }
        return take(
            script.context == .tapscript
                ? .multiA(required: required, keys: list)
                : .multi(required: required, keys: list))
    }

    private mutating func takeCombination() -> Bool {
        for combination in Self.combinations where text.take(combination.name + "(") {
            size += combination.size
            steps.append(.node(combination.fragment, over: combination.count))
            if combination.name == "and_n" { steps.append(.leaf(.zero)) }
            steps += [.close, .wrapped, .comma, .wrapped]
            if combination.name == "andor" { steps += [.comma, .wrapped] }
            return true
        }
        return false
    }

    private static let combinations:
        [(name: String, fragment: Miniscript.Fragment, count: Int, size: Int)] = [
            ("andor", .andOr, 3, 5), ("and_n", .andOr, 3, 5), ("and_b", .andB, 2, 2),
            ("and_v", .andV, 2, 1), ("or_b", .orB, 2, 2), ("or_c", .orC, 2, 3),
            ("or_d", .orD, 2, 4), ("or_i", .orI, 2, 4),
        ]

    private mutating func takeThreshold(required: Int, parts: Int) -> Bool {
        if text.take(",") {
            size += 2
            steps += [.threshold(required: required, parts: parts + 1), .wrapped]
            return true
        }
        guard text.take(")"), required <= parts, open.count >= parts else { return false }
        let children = Array(open.suffix(parts))
        open.removeLast(parts)
        open.append(script.add(.threshold(required), over: children))
        return true
    }

    // MARK: Fields

    /// Takes all up to the next comma or closing parenthesis and that, too; nil when there is nothing.
    private mutating func takeField() -> (text: DescriptorText, isFollowed: Bool)? {
        let bytes = text.bytes.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ")") }
        guard !bytes.isEmpty, bytes.endIndex < text.bytes.endIndex else { return nil }
        let isFollowed = text.bytes[bytes.endIndex] == UInt8(ascii: ",")
        text.drop(bytes.count + 1)
        return (DescriptorText(bytes), isFollowed)
    }

    private static func signedNumber(_ text: DescriptorText) -> Int? {
        guard text.bytes.first == UInt8(ascii: "-") else { return number(text) }
        let digits = DescriptorText(text.bytes.dropFirst())
        return digits.isEmpty ? nil : number(digits).map { -$0 }
    }

    private static func number(_ text: DescriptorText) -> Int? {
        guard text.bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text.string)
    }
}

extension Miniscript.Wrapper {
    /// The bytes it adds; `v:` may add another.
    fileprivate var leastSize: Int {
        switch self {
        case .verify: 0
        case .swap, .check, .notEqual: 1
        case .alternative: 2
        case .duplicate: 3
        case .nonZero: 4
        }
    }
}
