/// A number as scripts hold it: little-endian, as few bytes as needed, the highest bit its sign.
///
/// Operands are four bytes at most (five for lock times). Results may be longer, but then serve as
/// no operand, so an `Int64` never overflows.
public struct ScriptNumber: Hashable, Sendable {
    public var value: Int64

    /// Reads a stack item; nil if it is longer than `maximumSize`, at most 8, or, where that is
    /// demanded, not in its shortest form.
    public init?(
        _ bytes: ArraySlice<UInt8>, requiringMinimal: Bool, maximumSize: Int = 4
    ) {
        guard bytes.count <= min(maximumSize, 8) else { return nil }
        guard let last = bytes.last else {
            value = 0
            return
        }
        if requiringMinimal, !Self.isMinimal(bytes, last: last) { return nil }
        var magnitude: UInt64 = 0
        for byte in bytes.dropLast().reversed() { magnitude = magnitude << 8 | UInt64(byte) }
        magnitude |= UInt64(last & 0x7f) << (8 * UInt64(bytes.count - 1))
        value = last & 0x80 == 0 ? Int64(magnitude) : -Int64(magnitude)
    }

    /// A last byte of nothing but a sign is needed only where the byte before uses its own highest
    /// bit, as 255 (ff 00) does.
    private static func isMinimal(_ bytes: ArraySlice<UInt8>, last: UInt8) -> Bool {
        if last & 0x7f != 0 { return true }
        guard let previous = bytes.dropLast().last else { return false }
        return previous & 0x80 != 0
    }

    /// The shortest form of a number; zero is empty.
    public static func encode(_ value: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        var magnitude = value.magnitude
        while magnitude > 0 {
            bytes.append(UInt8(truncatingIfNeeded: magnitude))
            magnitude >>= 8
        }
        guard let last = bytes.last else { return [] }
        let sign: UInt8 = value < 0 ? 0x80 : 0
        if last & 0x80 != 0 {
            bytes.append(sign)
        } else {
            bytes[bytes.count - 1] = last | sign
        }
        return bytes
    }
}
