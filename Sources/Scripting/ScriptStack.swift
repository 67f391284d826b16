/// What a script works on: items of bytes, mostly windows on the script and the witness.
struct ScriptStack {
    typealias Item = ArraySlice<UInt8>

    private(set) var items: [Item]

    init(_ items: [Item] = []) { self.items = items }

    static let trueItem: Item = [1]
    static let falseItem: Item = []

    var count: Int { items.count }
    var isEmpty: Bool { items.isEmpty }

    /// Demands so many items.
    func require(_ count: Int) throws(ScriptError) {
        guard items.count >= count else { throw .invalidStackOperation }
    }

    /// The item so far below the top, which there must be; the top is at 0.
    subscript(depth: Int) -> Item {
        get { items[items.count - 1 - depth] }
        set { items[items.count - 1 - depth] = newValue }
    }

    mutating func push(_ item: Item) { items.append(item) }

    mutating func push(_ bytes: [UInt8]) { items.append(bytes[...]) }

    mutating func push(_ value: Bool) { items.append(value ? Self.trueItem : Self.falseItem) }

    mutating func push(number: Int64) {
        switch number {
        case 0: push(false)
        case 1: push(true)
        default: push(ScriptNumber.encode(number))
        }
    }

    /// Removes the top, which there must be.
    @discardableResult
    mutating func pop() -> Item { items.removeLast() }

    /// Removes so many items, which there must be.
    mutating func drop(_ count: Int) { items.removeLast(count) }

    /// Removes the item so far below the top, which there must be.
    @discardableResult
    mutating func remove(at depth: Int) -> Item { items.remove(at: items.count - 1 - depth) }

    /// Puts an item so far below the top as there must be items.
    mutating func insert(_ item: Item, below depth: Int) {
        items.insert(item, at: items.count - depth)
    }

    mutating func swapItems(_ one: Int, _ other: Int) {
        items.swapAt(items.count - 1 - one, items.count - 1 - other)
    }

    /// The number at a depth, in its shortest form if that is demanded.
    func number(
        at depth: Int, requiringMinimal: Bool, maximumSize: Int = 4
    ) throws(ScriptError) -> Int64 {
        guard
            let number = ScriptNumber(
                self[depth], requiringMinimal: requiringMinimal, maximumSize: maximumSize)
        else { throw .scriptNumber }
        return number.value
    }

    /// Whether the top, which there must be, counts as true.
    var topIsTrue: Bool { self[0].isTrue }
}

extension ArraySlice<UInt8> {
    /// What the bytes are as a truth value: false if all zero, but for the sign of a zero.
    var isTrue: Bool {
        guard let last else { return false }
        return last & 0x7f != 0 || dropLast().contains { $0 != 0 }
    }
}

/// Which branches of the conditionals around the current instruction are taken.
///
/// Only whether all are taken can be observed, so it suffices to know how many there are and the
/// outermost that is not: deep nesting costs nothing (the idea is Bitcoin Core's).
struct ConditionStack {
    private var depth = 0
    private var outermostUntaken: Int?

    var isEmpty: Bool { depth == 0 }
    var areAllTaken: Bool { outermostUntaken == nil }

    mutating func push(_ isTaken: Bool) {
        if !isTaken, outermostUntaken == nil { outermostUntaken = depth }
        depth += 1
    }

    /// Turns to the other branch of the innermost conditional.
    mutating func toggle() throws(ScriptError) {
        guard depth > 0 else { throw .unbalancedConditional }
        if outermostUntaken == nil {
            outermostUntaken = depth - 1
        } else if outermostUntaken == depth - 1 {
            outermostUntaken = nil
        }
    }

    mutating func pop() throws(ScriptError) {
        guard depth > 0 else { throw .unbalancedConditional }
        depth -= 1
        if outermostUntaken == depth { outermostUntaken = nil }
    }
}
