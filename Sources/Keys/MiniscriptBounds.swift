/// The most of something that satisfying an expression takes, and that dissatisfying it takes; nil
/// where it cannot be done.
struct MiniscriptBounds: Hashable, Sendable {
    var satisfied: Int?
    var dissatisfied: Int?

    init(_ satisfied: Int?, _ dissatisfied: Int?) {
        self.satisfied = satisfied
        self.dissatisfied = dissatisfied
    }
}

/// How the stack moves while an expression is evaluated: over all ways to do it, the most that is
/// taken off the stack, and the most that it is higher in between than it is at the end.
struct MiniscriptStackUse: Hashable, Sendable {
    let net: Int
    let peak: Int

    static let nothing = MiniscriptStackUse(net: 0, peak: 0)
    /// A push, or an operation that adds one element.
    static let push = MiniscriptStackUse(net: -1, peak: 0)
    /// An operation that takes one element off: `IF`, `VERIFY`, and those that make one of two.
    static let pop = MiniscriptStackUse(net: 1, peak: 1)
    /// `EQUALVERIFY`.
    static let popTwo = MiniscriptStackUse(net: 2, peak: 2)

    /// One after the other.
    static func + (first: Self, second: Self) -> Self {
        Self(net: first.net + second.net, peak: max(second.peak, second.net + first.peak))
    }
}

/// The use of the stack by all ways to satisfy an expression, and by all to dissatisfy it.
struct MiniscriptStackBounds: Hashable, Sendable {
    var satisfied: MiniscriptStackUse?
    var dissatisfied: MiniscriptStackUse?

    init(_ satisfied: MiniscriptStackUse?, _ dissatisfied: MiniscriptStackUse?) {
        self.satisfied = satisfied
        self.dissatisfied = dissatisfied
    }
}

/// What bounds are reckoned in: things done one after the other, or one of two.
protocol MiniscriptQuantity {
    static func + (first: Self, second: Self) -> Self
    static func either(_ first: Self, _ second: Self) -> Self
}

extension Int: MiniscriptQuantity {
    static func either(_ first: Int, _ second: Int) -> Int { Swift.max(first, second) }
}

extension MiniscriptStackUse: MiniscriptQuantity {
    static func either(_ first: Self, _ second: Self) -> Self {
        Self(net: max(first.net, second.net), peak: max(first.peak, second.peak))
    }
}

extension Optional where Wrapped: MiniscriptQuantity {
    /// Both, which can be done only if each can.
    func then(_ next: Wrapped?) -> Wrapped? {
        guard let self, let next else { return nil }
        return self + next
    }

    /// The larger of those that can be done.
    func or(_ other: Wrapped?) -> Wrapped? {
        guard let self else { return other }
        guard let other else { return self }
        return Wrapped.either(self, other)
    }

    /// The bounds of satisfying `required` of the parts and dissatisfying the others, in their order.
    ///
    /// - Parameter between: what follows each part but the first.
    static func choosing(
        _ required: Int, satisfied: [Wrapped?], dissatisfied: [Wrapped?], start: Wrapped,
        between: Wrapped
    ) -> Wrapped? {
        // For each number of parts satisfied, the bounds of what was looked at so far.
        var reached: [Wrapped?] = [start]
        for (number, pair) in zip(satisfied, dissatisfied).enumerated() {
            var next: [Wrapped?] = []
            for count in 0...min(reached.count, required) {
                let without = count < reached.count ? reached[count].then(pair.1) : nil
                let with = count > 0 ? reached[count - 1].then(pair.0) : nil
                let use = without.or(with)
                next.append(number == 0 ? use : use.then(between))
            }
            // Numbers that cannot be reached are not carried on: there may be very many parts.
            while next.count > 1, next[next.count - 1] == nil { next.removeLast() }
            reached = next
        }
        return required < reached.count ? reached[required] : nil
    }
}
