public import Primitives

/// Writes a script, one instruction after the other.
public struct ScriptBuilder: Sendable {
    /// The script so far.
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The script so far.
    public var script: Script { Script(bytes) }

    /// Appends an operation.
    public mutating func append(_ opcode: Opcode) { bytes.append(opcode.rawValue) }

    /// Appends a push of a number: an operation of its own for -1 to 16, else its bytes.
    public mutating func append(number: Int64) {
        switch number {
        case -1: append(.oneNegate)
        case 0: append(.op0)
        case 1...16: bytes.append(Opcode.op1.rawValue + UInt8(number - 1))
        default: append(push: ScriptNumber.encode(number))
        }
    }

    /// Appends a push of data with the shortest length before it. It does not turn a small number
    /// into the operation that pushes it: see `append(minimalPush:)`.
    public mutating func append(push data: some Collection<UInt8>) {
        appendLength(data.count)
        bytes.append(contentsOf: data)
    }

    /// Appends the shortest push of data there is, as `MINIMALDATA` demands.
    public mutating func append(minimalPush data: some Collection<UInt8>) {
        switch (data.count, data.first) {
        case (1, 0x81?): append(.oneNegate)
        case (1, let byte?) where (1...16).contains(byte): append(number: Int64(byte))
        default: append(push: data)
        }
    }

    /// Appends bytes as they stand.
    public mutating func append(raw: some Collection<UInt8>) { bytes.append(contentsOf: raw) }

    private mutating func appendLength(_ count: Int) {
        switch count {
        case ..<0x4c: bytes.append(UInt8(count))
        case ...0xff:
            append(.pushData1)
            bytes.append(UInt8(count))
        case ...0xffff:
            append(.pushData2)
            appendLittleEndian(count, size: 2)
        default:
            append(.pushData4)
            appendLittleEndian(count, size: 4)
        }
    }

    private mutating func appendLittleEndian(_ count: Int, size: Int) {
        for offset in 0..<size {
            bytes.append(UInt8(truncatingIfNeeded: count >> (8 * offset)))
        }
    }
}

extension ScriptBuilder {
    /// This script with an operation more.
    public func adding(_ opcode: Opcode) -> ScriptBuilder {
        var copy = self
        copy.append(opcode)
        return copy
    }

    /// This script with a push of a number more.
    public func adding(number: Int64) -> ScriptBuilder {
        var copy = self
        copy.append(number: number)
        return copy
    }

    /// This script with a push of data more.
    public func adding(push data: some Collection<UInt8>) -> ScriptBuilder {
        var copy = self
        copy.append(push: data)
        return copy
    }
}
