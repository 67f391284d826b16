/// What is known of a Miniscript expression by its form alone (BIP379): one of the four basic types,
/// and properties, each by the letter that the field uses.
///
/// Basic types: `B` leaves true or false, `V` leaves nothing and fails rather than being false, `K`
/// leaves a key, `W` is a `B` that finds its input one below the top. Correctness: `z` takes no input,
/// `o` just one, `n` none that must be zero on top, `d` can be made false without signatures, `u`
/// leaves exactly 1. Malleability: `e` is made false in one way only, `f` never without a signature,
/// `s` is satisfied only with one, `m` can be satisfied in a way nobody else can change. `x` ends in
/// no operation with a `VERIFY` form. Time locks: `g` relative seconds, `h` relative blocks, `i`
/// absolute seconds, `j` absolute blocks, `k` never both of a kind in one way to spend.
struct MiniscriptType: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    private static let letters = Array("BVKWzonduefsmxghijk".utf8)
}

extension MiniscriptType: ExpressibleByStringLiteral {
    /// The properties of these letters.
    init(stringLiteral text: String) {
        var bits: UInt32 = 0
        for letter in text.utf8 {
            guard let place = Self.letters.firstIndex(of: letter) else {
                preconditionFailure("no property has this letter")
            }
            bits |= 1 << UInt32(place)
        }
        rawValue = bits
    }
}

extension MiniscriptType {
    /// Whether all these properties are there.
    func has(_ letters: Self) -> Bool { isSuperset(of: letters) }

    /// Those of these properties that are there.
    func only(_ letters: Self) -> Self { intersection(letters) }

    /// These properties if a condition holds, else none.
    static func given(_ condition: Bool, _ letters: Self) -> Self { condition ? letters : [] }
}
