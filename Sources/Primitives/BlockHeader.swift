public import Cryptography

/// The 80 bytes whose hash is a block's proof of work.
public struct BlockHeader: Hashable, Sendable {
    public var version: Int32
    public var previous: BlockHash
    public var merkleRoot: Hash256

    /// Seconds since 1970.
    public var time: UInt32

    /// The target in compact form.
    public var bits: UInt32
    public var nonce: UInt32

    public init(
        version: Int32, previous: BlockHash, merkleRoot: Hash256, time: UInt32, bits: UInt32,
        nonce: UInt32
    ) {
        self.version = version
        self.previous = previous
        self.merkleRoot = merkleRoot
        self.time = time
        self.bits = bits
        self.nonce = nonce
    }
}

extension BlockHeader {
    /// The bytes it takes.
    public static let encodedSize = 80

    @_lifetime(reader: copy reader)
    public init(from reader: inout ByteReader) throws(DecodingError) {
        version = try reader.read()
        previous = try reader.readHash()
        merkleRoot = try reader.readHash()
        time = try reader.read()
        bits = try reader.read()
        nonce = try reader.read()
    }

    /// Reads a header from exactly 80 bytes.
    public init(decoding bytes: [UInt8]) throws(DecodingError) {
        var reader = ByteReader(bytes.span)
        self = try BlockHeader(from: &reader)
        try reader.finish()
    }

    public func encode(to writer: inout ByteWriter) {
        writer.write(version)
        writer.write(previous)
        writer.write(merkleRoot)
        writer.write(time)
        writer.write(bits)
        writer.write(nonce)
    }

    /// The 80 bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.encodedSize)
        encode(to: &writer)
        return writer.bytes
    }

    /// The double SHA-256 of the 80 bytes. It is computed at every call: keep it.
    public var hash: BlockHash { SHA256.doubleHash(bytes.span) }
}
