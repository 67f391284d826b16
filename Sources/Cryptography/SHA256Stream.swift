import CSHA256

/// A SHA-256 hash under way: a value, so a copy keeps its place and can be continued twice.
public struct SHA256Stream: Sendable {
    private var stream = csha256_stream()

    /// An empty message.
    public init() { csha256_stream_init(&stream) }

    /// A message that begins with the tag of BIP340, `SHA256(tag) || SHA256(tag)`: one block, so
    /// that a copy of this starts from the middle.
    public init(tag: String) {
        self.init()
        let tagHash = SHA256.hash([UInt8](tag.utf8).span)
        update(tagHash)
        update(tagHash)
    }

    /// Appends bytes to the message.
    public mutating func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer {
            csha256_stream_update(&stream, $0.baseAddress, $0.count)
        }
    }

    /// Appends the 32 bytes of a hash.
    public mutating func update(_ hash: Hash256) {
        hash.withBytes { update($0) }
    }

    /// Appends one byte.
    public mutating func update(_ byte: UInt8) {
        withUnsafePointer(to: byte) { csha256_stream_update(&stream, $0, 1) }
    }

    /// Appends an integer in little-endian order.
    public mutating func update(littleEndian value: some FixedWidthInteger & BitwiseCopyable) {
        withUnsafeBytes(of: value.littleEndian) {
            let bytes = $0.assumingMemoryBound(to: UInt8.self)
            csha256_stream_update(&stream, bytes.baseAddress, bytes.count)
        }
    }

    /// `SHA256(message)`. The stream can be continued after it.
    public func finalize() -> Hash256 {
        var copy = stream
        return Hash256 { csha256_stream_finish(&copy, $0) }
    }

    /// `SHA256(SHA256(message))`. The stream can be continued after it.
    public func finalizeDouble() -> Hash256 {
        var copy = stream
        return Hash256 { csha256_stream_finish_double(&copy, $0) }
    }
}
