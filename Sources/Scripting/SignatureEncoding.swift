/// What the bytes of an ECDSA signature look like: DER, and one byte of hash type after it.
package enum SignatureEncoding {
    /// Judges a signature as the flags demand. An empty one is let through: it is the short way to
    /// give an invalid signature.
    package static func check(
        _ signature: ArraySlice<UInt8>, flags: ScriptFlags
    ) throws(ScriptError) {
        guard let hashType = signature.last else { return }
        let needsDER: ScriptFlags = [.derSignatures, .lowS, .strictEncoding]
        guard !flags.isDisjoint(with: needsDER) else { return }
        guard let layout = DERLayout(signature) else { throw .signatureDER }
        if flags.contains(.lowS), layout.isHighS { throw .signatureHighS }
        if flags.contains(.strictEncoding),
            !SignatureHashType(rawValue: UInt32(hashType)).isDefined
        {
            throw .signatureHashType
        }
    }
}

/// Where R and S lie in a strictly encoded signature (BIP66).
struct DERLayout {
    let r: ArraySlice<UInt8>
    let s: ArraySlice<UInt8>

    /// Finds R and S; nil if the signature, with its hash type, is not strict DER:
    /// `30 [length] 02 [length] [R] 02 [length] [S] [hash type]`.
    init?(_ signature: ArraySlice<UInt8>) {
        guard (9...73).contains(signature.count) else { return nil }
        let start = signature.startIndex
        guard signature[start] == 0x30, Int(signature[start + 1]) == signature.count - 3 else {
            return nil
        }
        let rCount = Int(signature[start + 3])
        guard 5 + rCount < signature.count else { return nil }
        let sCount = Int(signature[start + 5 + rCount])
        guard rCount + sCount + 7 == signature.count else { return nil }
        guard signature[start + 2] == 0x02, signature[start + 4 + rCount] == 0x02 else {
            return nil
        }
        r = signature[(start + 4)..<(start + 4 + rCount)]
        s = signature[(start + 6 + rCount)..<(start + 6 + rCount + sCount)]
        guard Self.isPositiveInteger(r), Self.isPositiveInteger(s) else { return nil }
    }

    /// Whether an integer is there, not negative, and begins with no zero it does not need.
    private static func isPositiveInteger(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, first & 0x80 == 0 else { return false }
        guard first == 0, let second = bytes.dropFirst().first else { return true }
        return second & 0x80 != 0
    }

    /// Whether S is in the upper half of the group, where its negative would serve as well.
    ///
    /// If either number is not below the order, the signature is invalid rather than high, as
    /// libsecp256k1 reads it.
    var isHighS: Bool {
        let r = r.drop { $0 == 0 }
        let s = s.drop { $0 == 0 }
        return isBelow(r, Self.order) && isBelow(s, Self.order) && isBelow(Self.halfOrder, s)
    }

    private func isBelow(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        if left.count != right.count { return left.count < right.count }
        return left.lexicographicallyPrecedes(right)
    }

    /// The order of secp256k1, big-endian.
    private static let order: ArraySlice<UInt8> = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36,
        0x41, 0x41,
    ]

    /// Half the order, rounded down: the highest low S.
    private static let halfOrder: ArraySlice<UInt8> = [
        0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b,
        0x20, 0xa0,
    ]
}
