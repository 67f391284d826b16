public import Cryptography

/// The double SHA-256 of a transaction without its witnesses. Bytes in wire order; shown reversed.
public typealias Txid = Hash256

/// The double SHA-256 of a transaction with its witnesses (BIP141). Bytes in wire order.
public typealias Wtxid = Hash256

/// The double SHA-256 of a block header. Bytes in wire order; shown reversed.
public typealias BlockHash = Hash256

/// The address of a coin: an output of a transaction, by transaction id and position.
public struct OutPoint: Hashable, Sendable {
    public var txid: Txid
    public var index: UInt32

    public init(txid: Txid, index: UInt32) {
        self.txid = txid
        self.index = index
    }

    /// The out point a coinbase input names, since it spends no coin.
    public static let null = OutPoint(txid: .zero, index: .max)
}

extension OutPoint {
    /// The bytes it takes.
    public static let encodedSize = 36

    @_lifetime(reader: copy reader)
    public init(from reader: inout ByteReader) throws(DecodingError) {
        txid = try reader.readHash()
        index = try reader.read()
    }

    public func encode(to writer: inout ByteWriter) {
        writer.write(txid)
        writer.write(index)
    }
}

extension OutPoint: CustomStringConvertible {
    /// `txid:index`, the id as RPC shows it.
    public var description: String { "\(txid.displayHex):\(index)" }
}
