package import Primitives

/// Core's `VARINT`: seven bits a byte, the highest first, and each number in one form only. It is
/// used on disk, never on the wire.
package enum Variable {
    package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        guard value > 0x7F else { return bytes.append(UInt8(value)) }
        var digits: [10 of UInt8] = .init(repeating: 0)
        var start = 9
        digits[start] = UInt8(value & 0x7F)
        var rest = value
        while rest > 0x7F {
            rest = (rest >> 7) - 1
            start -= 1
            digits[start] = UInt8(rest & 0x7F) | 0x80
        }
        for place in start..<10 { bytes.append(digits[place]) }
    }
}

extension ByteReader {
    @_lifetime(self: copy self)
    package mutating func readVariable() throws(DecodingError) -> UInt64 {
        var value: UInt64 = 0
        while true {
            let byte = try read(UInt8.self)
            guard value <= UInt64.max >> 7 else { throw .invalid("ReadVarInt(): size too large") }
            value = value << 7 | UInt64(byte & 0x7F)
            guard byte & 0x80 != 0 else { return value }
            guard value < .max else { throw .invalid("ReadVarInt(): size too large") }
            value += 1
        }
    }
}
