import Cryptography
import Primitives

/// Undo data as it stands in a file: (magic, size, undo data, checksum).
struct UndoRecord: Sendable {
    let bytes: [UInt8]

    /// - Parameter previous: the parent of the block that the undo data takes back.
    init(_ undo: [UInt8], of previous: BlockHash, magic: [UInt8]) {
        var record = BlockReader.framed(undo, magic: magic)
        Self.checksum(undo, previous).append(to: &record)
        bytes = record
    }

    static func checksum(_ undo: [UInt8], _ previous: BlockHash) -> Hash256 {
        var stream = SHA256Stream()
        stream.update(previous)
        stream.update(undo.span)
        return stream.finalizeDouble()
    }
}
