import CSecp256k1

/// A point of the curve or the point at infinity, which sums may come to.
public struct CurvePoint: Hashable, Sendable {
    /// The point, or nil at infinity.
    public let key: PublicKey?

    public init(_ key: PublicKey?) { self.key = key }

    /// Reads the 33-byte form; 33 zeros stand for infinity.
    public init?(compressed bytes: some Collection<UInt8>) {
        guard bytes.count == 33 else { return nil }
        guard !bytes.allSatisfy({ $0 == 0 }) else {
            self = .infinity
            return
        }
        guard let key = PublicKey(bytes: bytes) else { return nil }
        self.init(key)
    }

    public static let infinity = CurvePoint(nil)
    public static let generator = CurvePoint(Scalar.one.secretKey?.publicKey)

    /// The 33-byte form; zeros for infinity.
    public var compressed: [UInt8] { key?.compressed ?? Array(repeating: 0, count: 33) }

    public static func + (left: CurvePoint, right: CurvePoint) -> CurvePoint {
        guard let first = left.key else { return right }
        guard let second = right.key else { return left }
        return CurvePoint(PublicKey.combine([first, second]))
    }

    public static func * (scalar: Scalar, point: CurvePoint) -> CurvePoint {
        guard scalar != .zero, let key = point.key else { return .infinity }
        return CurvePoint(key.multiplied(by: scalar))
    }

    public static prefix func - (point: CurvePoint) -> CurvePoint {
        CurvePoint(point.key?.negated)
    }

    /// The generator so many times.
    public static func generator(times scalar: Scalar) -> CurvePoint {
        CurvePoint(scalar.secretKey?.publicKey)
    }
}
