/// A way to satisfy or dissatisfy part of a script: what it puts on the stack, and what that is worth.
struct WitnessChoice {
    /// What it puts on the stack, in the `WitnessPieces`; nil where it cannot be done.
    var piece: Int?
    /// Bytes with the length of each element.
    var size = 0
    var hasSignature = false
    /// Whether somebody else could turn it into another that is valid, too.
    var isMalleable = false

    static let impossible = WitnessChoice(piece: nil)

    /// The better of two: one that holds no signature if there is one, since anybody could turn the
    /// other into it; then one that cannot be changed; then the smaller.
    func or(_ other: WitnessChoice) -> WitnessChoice {
        guard piece != nil else { return other }
        guard other.piece != nil else { return self }
        guard hasSignature == other.hasSignature else { return hasSignature ? other : self }
        var (first, second) = (self, other)
        if hasSignature {
            if first.isMalleable != second.isMalleable {
                return first.isMalleable ? second : first
            }
        } else {
            // Anybody can put one in place of the other.
            first.isMalleable = true
            second.isMalleable = true
        }
        return first.size <= second.size ? first : second
    }

    func malleable(_ isMalleable: Bool = true) -> WitnessChoice {
        var choice = self
        choice.isMalleable = isMalleable
        return choice
    }
}

/// Stacks that are put together of others without copying: each is an element, or one above another.
struct WitnessPieces {
    private enum Piece {
        case nothing
        case element([UInt8])
        case pair(below: Int, above: Int)
    }

    private var pieces: [Piece] = [.nothing]

    /// Past this many, a way to satisfy a script is looked for no longer: no script in use comes near.
    static let limit = 4_000_000

    var isExhausted: Bool { pieces.count >= Self.limit }

    /// The empty stack.
    let nothing = WitnessChoice(piece: 0)

    mutating func element(_ bytes: [UInt8], isSignature: Bool = false) -> WitnessChoice {
        pieces.append(.element(bytes))
        return WitnessChoice(
            piece: pieces.count - 1, size: bytes.count + 1, hasSignature: isSignature)
    }

    /// One stack with another on top of it.
    mutating func join(_ below: WitnessChoice, _ above: WitnessChoice) -> WitnessChoice {
        guard let first = below.piece, let second = above.piece, !isExhausted else {
            return .impossible
        }
        let piece: Int
        if first == 0 || second == 0 {
            piece = max(first, second)
        } else {
            pieces.append(.pair(below: first, above: second))
            piece = pieces.count - 1
        }
        return WitnessChoice(
            piece: piece, size: below.size + above.size,
            hasSignature: below.hasSignature || above.hasSignature,
            isMalleable: below.isMalleable || above.isMalleable)
    }

    /// The elements, the lowest first.
    func elements(of piece: Int) -> [[UInt8]] {
        var elements: [[UInt8]] = []
        var open = [piece]
        while let piece = open.popLast() {
            switch pieces[piece] {
            case .nothing: break
            case .element(let bytes): elements.append(bytes)
            case .pair(let below, let above): open += [above, below]
            }
        }
        return elements
    }
}
