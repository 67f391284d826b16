package import Consensus
package import Primitives
import Storage

/// Block index records as they stand in the store: Core's `CDiskBlockIndex`.
package enum BlockRecordCodec {
    /// Where Core writes the version of the client that made the record.
    private static let version: UInt64 = 259_900

    package static func encode(_ record: BlockRecord) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(112)
        Variable.append(version, to: &bytes)
        Variable.append(UInt64(record.height), to: &bytes)
        Variable.append(UInt64(record.status.rawValue), to: &bytes)
        Variable.append(UInt64(record.transactionCount), to: &bytes)
        if record.status.hasData || record.status.hasUndo {
            Variable.append(UInt64(record.file), to: &bytes)
        }
        if record.status.hasData { Variable.append(UInt64(record.dataPosition), to: &bytes) }
        if record.status.hasUndo { Variable.append(UInt64(record.undoPosition), to: &bytes) }
        var writer = ByteWriter(capacity: BlockHeader.encodedSize)
        record.header.encode(to: &writer)
        return bytes + writer.bytes
    }

    package static func decode(_ bytes: Span<UInt8>) throws(DecodingError) -> BlockRecord {
        var reader = ByteReader(bytes)
        _ = try reader.readVariable()
        let height = Int(try number(&reader, below: 1 << 31))
        let status = BlockStatus(rawValue: UInt32(try number(&reader, below: 1 << 32)))
        let count = UInt32(try number(&reader, below: 1 << 32))
        var file: UInt64 = 0
        var data: UInt64 = 0
        var undo: UInt64 = 0
        if status.hasData || status.hasUndo { file = try number(&reader, below: 1 << 31) }
        if status.hasData { data = try number(&reader, below: 1 << 32) }
        if status.hasUndo { undo = try number(&reader, below: 1 << 32) }
        let header = try BlockHeader(from: &reader)
        return BlockRecord(
            header: header, height: height, status: status, transactionCount: count,
            file: Int32(file), dataPosition: UInt32(data), undoPosition: UInt32(undo))
    }

    @_lifetime(reader: copy reader)
    private static func number(
        _ reader: inout ByteReader, below limit: UInt64
    ) throws(DecodingError) -> UInt64 {
        let value = try reader.readVariable()
        guard value < limit else { throw .invalid("a number of a block record is too large") }
        return value
    }
}
