import CSecp256k1

/// A number modulo the order of the curve, as protocols over several keys reckon with them.
///
/// Sums and products are libsecp256k1's, which take the same time whatever the numbers are, but for
/// zero, which they do not take.
public struct Scalar: Hashable, Sendable {
    /// Most significant byte first, below the order.
    private let number: Hash256

    private init(_ number: Hash256) { self.number = number }

    /// Takes 32 bytes, most significant first; nil if they are not 32 or not below the order.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32, let number = Hash256(bytes: bytes) else { return nil }
        guard number == .zero || SecretKey(bytes: bytes) != nil else { return nil }
        self.number = number
    }

    /// A secret key as a number.
    public init(_ key: SecretKey) { number = Hash256(key.bytes.span) }

    /// Takes a hash, most significant byte first, modulo the order.
    public init(reducing hash: Hash256) {
        guard Scalar(bytes: hash.bytes) == nil else {
            number = hash
            return
        }
        // The order is close below 2^256, so once is enough.
        var rest = hash.bytes
        var borrow = 0
        for place in rest.indices.reversed() {
            let difference = Int(rest[place]) - Int(Self.order[place]) - borrow
            borrow = difference < 0 ? 1 : 0
            rest[place] = UInt8(truncatingIfNeeded: difference)
        }
        number = Hash256(rest.span)
    }

    public static let zero = Scalar(.zero)
    public static let one = Scalar(Hash256((Array(repeating: 0, count: 31) + [1]).span))

    /// The 32 bytes, most significant first.
    public var bytes: [UInt8] { number.bytes }

    /// As a secret key, which cannot be zero.
    public var secretKey: SecretKey? { SecretKey(bytes: bytes) }

    public static func + (left: Scalar, right: Scalar) -> Scalar {
        guard left != .zero else { return right }
        return left.secretKey?.tweakAdd(right.number).map(Scalar.init) ?? .zero
    }

    public static func * (left: Scalar, right: Scalar) -> Scalar {
        guard left != .zero, right != .zero else { return .zero }
        return Scalar(
            Hash256 { output in
                left.number.withPointer { output.update(from: $0, count: 32) }
                right.number.withPointer {
                    _ = secp256k1_ec_seckey_tweak_mul(Curve.context, output, $0)
                }
            })
    }

    public static prefix func - (value: Scalar) -> Scalar {
        value.secretKey.map { Scalar($0.negated) } ?? .zero
    }

    @inline(__always)
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        number.withPointer(body)
    }

    private static let order: [UInt8] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36,
        0x41, 0x41,
    ]
}
