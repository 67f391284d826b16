import Notation

/// The steps from one extended key to another, each a child number; from 2³¹ on, hardened (BIP32).
public struct DerivationPath: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// The bit that makes a child number hardened.
    public static let hardened: UInt32 = 0x8000_0000

    /// The child numbers, outermost first.
    public var steps: [UInt32]

    /// A path of these child numbers.
    public init(_ steps: [UInt32]) { self.steps = steps }

    /// A path of these child numbers.
    public init(arrayLiteral steps: UInt32...) { self.steps = steps }

    /// Reads `m/84h/0'/0h/1`; the `m/` may be absent, `h` and `'` mark hardened steps.
    public init?(_ text: String) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
        if parts.first == "m" { parts = parts.dropFirst() }
        steps = []
        for part in parts {
            let isHardened = part.last == "h" || part.last == "'"
            let digits = isHardened ? part.dropLast() : part
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt32(digits), number < Self.hardened
            else { return nil }
            steps.append(isHardened ? number | Self.hardened : number)
        }
    }

    /// `/84h/0h/0h`: each step after a slash, nothing before the first.
    public func text(apostrophe: Bool = false) -> String {
        steps.map { step in
            let mark = step < Self.hardened ? "" : apostrophe ? "'" : "h"
            return "/\(step & ~Self.hardened)\(mark)"
        }.joined()
    }

    /// The path with one more step.
    public func appending(_ step: UInt32) -> DerivationPath { DerivationPath(steps + [step]) }
}

/// Where a key comes from: the fingerprint of the key at the root, and the steps from there.
public struct KeyOrigin: Hashable, Sendable {
    /// The first four bytes of the root's Hash160, read as a big-endian number.
    public var fingerprint: UInt32
    /// The steps from the root to the key.
    public var path: DerivationPath

    /// The origin of a key reached from the key of this fingerprint.
    public init(fingerprint: UInt32, path: DerivationPath) {
        self.fingerprint = fingerprint
        self.path = path
    }

    /// Eight hexadecimal digits.
    public var fingerprintText: String { fingerprint.eightDigits }
}
