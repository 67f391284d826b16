import Primitives

/// What each file of the share log begins with: where in the log it stands.
///
///     magic    4 bytes, "CBSH"
///     version  4 bytes, 1
///     first    8 bytes, the number of its first entry
///     previous 32 bytes, the hash of the entry before that
extension ShareChain {
    /// The bytes before a file's first entry.
    public static let segmentHeaderSize = 48

    private static let magic: [UInt8] = Array("CBSH".utf8)
    private static let version: UInt32 = 1

    /// The header of a file that goes on from here.
    public var segmentHeader: [UInt8] {
        var writer = ByteWriter(capacity: Self.segmentHeaderSize)
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(next)
        writer.write(tip)
        return writer.bytes
    }

    /// Where a file says it begins; nil where its header is not whole, or none.
    public init?(segment bytes: [UInt8]) {
        do throws(DecodingError) {
            var reader = ByteReader(bytes.span)
            guard try reader.readBytes(count: 4) == Self.magic,
                try reader.read(UInt32.self) == Self.version
            else { return nil }
            self.init(next: try reader.read(), tip: try reader.readHash())
        } catch {
            return nil
        }
    }
}
