package import Cryptography

/// A txid in the order of its bytes, as Core breaks ties between transactions that pay alike.
package struct TieBreak: Comparable, Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    package init(_ hash: Hash256) {
        let words = hash.words
        self.words = (
            words.0.byteSwapped, words.1.byteSwapped, words.2.byteSwapped, words.3.byteSwapped
        )
    }

    package static func < (left: TieBreak, right: TieBreak) -> Bool { left.words < right.words }
    package static func == (left: TieBreak, right: TieBreak) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
