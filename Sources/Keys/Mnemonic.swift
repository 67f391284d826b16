internal import Cryptography

/// A seed written as words (BIP39, English): 12 to 24 words stand for 128 to 256 bits and a checksum.
public struct Mnemonic: Hashable, Sendable {
    /// The words, in lower case.
    public let words: [String]
    /// The bits that the words stand for, without the checksum.
    public let entropy: [UInt8]

    /// The words of `entropy`: 16, 20, 24, 28 or 32 random bytes.
    public init(entropy: [UInt8]) throws(MnemonicError) {
        guard Self.entropySizes.contains(entropy.count) else {
            throw .entropySize(entropy.count)
        }
        self.entropy = entropy
        let check = SHA256.hash(entropy.span).bytes[0]
        words = Self.elevens(of: entropy + [check], count: entropy.count * 3 / 4)
            .map { EnglishWords.all[$0] }
    }

    /// Reads a phrase, its words parted by any white space, and checks its checksum.
    public init(phrase: String) throws(MnemonicError) {
        let words = phrase.split(whereSeparator: \.isWhitespace).map(String.init)
        guard (12...24).contains(words.count), words.count % 3 == 0 else {
            throw .wordCount(words.count)
        }
        var bits: [Bool] = []
        for word in words {
            guard let place = EnglishWords.places[word] else { throw .unknownWord(word) }
            for bit in (0..<11).reversed() { bits.append(place >> bit & 1 == 1) }
        }
        // 33 bits for every three words, one of them for the checksum.
        let entropySize = words.count / 3 * 4
        let entropy = (0..<entropySize).map { byte in
            bits[(8 * byte)..<(8 * byte + 8)].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        self = try Mnemonic(entropy: entropy)
        guard self.words == words else { throw .checksum }
    }

    /// The words with a space between each two.
    public var phrase: String { words.joined(separator: " ") }

    /// The 64 bytes that BIP32 derives keys from.
    ///
    /// BIP39 normalises the passphrase (NFKD). The pure band has no Unicode tables for it, so one
    /// that is not ASCII is refused here rather than silently giving other keys than elsewhere.
    public func seed(passphrase: String = "") throws(MnemonicError) -> [UInt8] {
        guard passphrase.utf8.allSatisfy({ $0 < 128 }) else { throw .passphraseNotASCII }
        return PBKDF2.sha512(
            password: Array(phrase.utf8).span, salt: Array(("mnemonic" + passphrase).utf8).span,
            rounds: 2048, count: 64)
    }

    /// The sizes of entropy, in bytes, that have a mnemonic.
    public static let entropySizes = [16, 20, 24, 28, 32]

    /// The first `count` groups of eleven bits.
    private static func elevens(of bytes: [UInt8], count: Int) -> [Int] {
        var groups: [Int] = []
        var buffer = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0x7ffff
            bits += 8
            if bits >= 11 {
                bits -= 11
                groups.append(buffer >> bits & 0x7ff)
            }
        }
        return Array(groups.prefix(count))
    }
}

/// Why words, or bytes, are no mnemonic.
public enum MnemonicError: Error, Hashable {
    case entropySize(Int)
    case wordCount(Int)
    case unknownWord(String)
    case checksum
    case passphraseNotASCII
}
