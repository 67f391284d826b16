import Storage

/// Reads coins from a file in Core's form, one after the other, after its head.
struct SnapshotReader: ~Copyable {
    private let file: File
    private let size: Int
    private var decoder: SnapshotDecoder
    /// Where the next piece begins.
    private var offset = SnapshotMetadata.encodedSize

    private static let pieceSize = 1 << 20

    init(
        path: String, _ metadata: SnapshotMetadata, baseHeight: Int
    ) throws(StorageError) {
        let file = try File(path, .reading)
        size = try file.size()
        self.file = file
        decoder = SnapshotDecoder(metadata, baseHeight: baseHeight)
    }

    /// The next coin. After the last the file must end.
    mutating func next() throws(StorageError) -> SnapshotStep {
        if decoder.isHungry, offset < size {
            let piece = try file.read(at: offset, count: Self.pieceSize)
            // Who cuts the file meanwhile ends it.
            offset = piece.isEmpty ? size : offset + piece.count
            decoder.feed(piece)
        }
        return decoder.next(isLast: offset >= size)
    }
}
