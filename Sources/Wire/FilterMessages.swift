public import Cryptography
public import Primitives

/// A question about the compact filters of the blocks up to one, in a chain (BIP157).
public struct FilterRequest: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// The filters themselves.
        case filters = "getcfilters"
        /// The hashes of the filters, by which the headers can be computed.
        case headers = "getcfheaders"
        /// Every thousandth header from genesis on.
        case checkpoints = "getcfcheckpt"
    }

    public var kind: Kind
    public var filterType: UInt8
    /// 0 for checkpoints.
    public var startHeight: UInt32
    public var stop: BlockHash

    /// The one type of filter there is (BIP158).
    public static let basicType: UInt8 = 0

    public init(_ kind: Kind, filterType: UInt8 = FilterRequest.basicType, from start: UInt32, to stop: BlockHash)
    {
        self.kind = kind
        self.filterType = filterType
        startHeight = start
        self.stop = stop
    }

    init(_ kind: Kind, from reader: inout ByteReader) throws(DecodingError) {
        self.kind = kind
        filterType = try reader.read()
        startHeight = kind == .checkpoints ? 0 : try reader.read()
        stop = try reader.readHash()
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(filterType)
        if kind != .checkpoints { writer.write(startHeight) }
        writer.write(stop)
    }
}

/// What is answered to a question about filters.
public enum FilterAnswer: Hashable, Sendable {
    /// The filter of one block.
    case filter([UInt8], block: BlockHash)
    /// The hashes of the filters up to a block, after the header before the first of them.
    case headers(previous: Hash256, hashes: [Hash256], stop: BlockHash)
    /// Every thousandth header up to a block.
    case checkpoints([Hash256], stop: BlockHash)

    var command: String {
        switch self {
        case .filter: "cfilter"
        case .headers: "cfheaders"
        case .checkpoints: "cfcheckpt"
        }
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(FilterRequest.basicType)
        switch self {
        case .filter(let bytes, let block):
            writer.write(block)
            writer.writeCompactSize(bytes.count)
            writer.write(bytes)
        case .headers(let previous, let hashes, let stop):
            writer.write(stop)
            writer.write(previous)
            Self.write(hashes, to: &writer)
        case .checkpoints(let headers, let stop):
            writer.write(stop)
            Self.write(headers, to: &writer)
        }
    }

    private static func write(_ hashes: [Hash256], to writer: inout ByteWriter) {
        writer.writeCompactSize(hashes.count)
        for hash in hashes { writer.write(hash) }
    }
}
