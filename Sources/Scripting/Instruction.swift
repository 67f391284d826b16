/// One step of a script: its first byte, and the data it pushes.
public struct Instruction: Hashable, Sendable {
    /// The byte that stands for the operation; 0x01 to 0x4b push as many bytes.
    public var byte: UInt8
    /// What is pushed by the operations up to `OP_PUSHDATA4`; a view, not a copy.
    public var data: ArraySlice<UInt8>

    /// The operation, if the byte has one besides a direct push.
    public var opcode: Opcode? { Opcode(rawValue: byte) }

    /// Whether this is one of the pushes that carry their data with them, `OP_0` among them.
    public var isDataPush: Bool { byte <= Opcode.pushData4.rawValue }

    /// Whether this only pushes. `OP_RESERVED` counts, though executing it fails.
    public var isPush: Bool { byte <= Opcode.op16.rawValue }

    /// Whether the data is pushed in the shortest form there is (BIP62, rule 3).
    ///
    /// The operations that push a number have no other form, so they are minimal.
    public var isMinimalPush: Bool {
        guard isDataPush else { return true }
        switch data.count {
        case 0: return byte == Opcode.op0.rawValue
        case 1 where isSmallNumber: return false
        case ...75: return byte == UInt8(data.count)
        case ...0xff: return byte == Opcode.pushData1.rawValue
        case ...0xffff: return byte == Opcode.pushData2.rawValue
        default: return true
        }
    }

    /// Whether `OP_1` to `OP_16` or `OP_1NEGATE` would have pushed the one byte of data.
    private var isSmallNumber: Bool {
        guard let only = data.first else { return false }
        return (1...16).contains(only) || only == 0x81
    }
}

/// Walks over a script, one instruction at a time.
public struct InstructionReader: Sendable {
    /// The whole script.
    public let bytes: ArraySlice<UInt8>
    /// Where the next instruction begins, as an index into `bytes`.
    public private(set) var position: Int

    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Whether all has been read.
    public var isAtEnd: Bool { position >= bytes.endIndex }

    /// The next instruction, or nil at the end and where a push would run past it.
    ///
    /// A push cut short leaves `position` behind its length, as Bitcoin Core does: how much of a
    /// damaged script is hashed for a signature depends on it.
    public mutating func next() -> Instruction? {
        guard position < bytes.endIndex else { return nil }
        let byte = bytes[position]
        position += 1
        guard byte <= Opcode.pushData4.rawValue else {
            return Instruction(byte: byte, data: bytes[position..<position])
        }
        guard let count = readLength(after: byte), count <= bytes.endIndex - position else {
            return nil
        }
        let start = position
        position += count
        return Instruction(byte: byte, data: bytes[start..<position])
    }

    /// The number of bytes that the push beginning with `byte` carries.
    private mutating func readLength(after byte: UInt8) -> Int? {
        switch byte {
        case Opcode.pushData1.rawValue: readInteger(size: 1)
        case Opcode.pushData2.rawValue: readInteger(size: 2)
        case Opcode.pushData4.rawValue: readInteger(size: 4)
        default: Int(byte)
        }
    }

    private mutating func readInteger(size: Int) -> Int? {
        guard bytes.endIndex - position >= size else { return nil }
        var value = 0
        for offset in 0..<size { value |= Int(bytes[position + offset]) << (8 * offset) }
        position += size
        return value
    }
}
