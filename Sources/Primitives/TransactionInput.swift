/// A claim on a coin: which one, and why it may be spent.
public struct TransactionInput: Hashable, Sendable {
    public var outPoint: OutPoint

    /// The script that answers the coin's (`scriptSig`).
    public var script: Script
    public var sequence: UInt32
    public var witness: Witness

    /// The sequence that switches off lock times for its input.
    public static let finalSequence: UInt32 = 0xFFFF_FFFF

    public init(
        outPoint: OutPoint, script: Script = [], sequence: UInt32 = finalSequence,
        witness: Witness = .empty
    ) {
        self.outPoint = outPoint
        self.script = script
        self.sequence = sequence
        self.witness = witness
    }

    public func encode(to writer: inout ByteWriter) {
        outPoint.encode(to: &writer)
        writer.writeSized(script.bytes)
        writer.write(sequence)
    }
}
