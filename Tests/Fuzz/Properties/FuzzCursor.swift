/// Bytes of a fuzzer taken apart: numbers and chunks one after another, zeros at the end.
struct FuzzCursor {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func word() -> UInt32 {
        (0..<4).reduce(0) { value, place in value | UInt32(byte()) << UInt32(8 * place) }
    }

    /// A length in two bytes and as many bytes, or what is left of them.
    mutating func chunk() -> [UInt8] {
        let count = Int(byte()) | Int(byte()) << 8
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// All that is left.
    var remainder: [UInt8] { Array(rest) }
}
