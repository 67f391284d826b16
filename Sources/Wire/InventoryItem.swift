public import Cryptography
import Primitives

/// A block or transaction that is announced or asked for.
public struct InventoryItem: Hashable, Sendable {
    /// What the hash names and in which form it is wanted. Any number may stand here.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// A transaction by txid; asked for, it comes without witness.
        public static let transaction = Kind(rawValue: 1)
        /// A block; asked for, it comes without witnesses.
        public static let block = Kind(rawValue: 2)
        public static let filteredBlock = Kind(rawValue: 3)
        public static let compactBlock = Kind(rawValue: 4)
        /// A transaction by witness id (BIP339).
        public static let witnessId = Kind(rawValue: 5)
        /// A block with witnesses (BIP144).
        public static let witnessBlock = Kind(rawValue: 2 | 1 << 30)
        /// A transaction by txid, with its witness (BIP144).
        public static let witnessTransaction = Kind(rawValue: 1 | 1 << 30)

        public var isTransaction: Bool {
            self == .transaction || self == .witnessId || self == .witnessTransaction
        }

        public var isBlock: Bool {
            self == .block || self == .filteredBlock || self == .compactBlock
                || self == .witnessBlock
        }
    }

    public var kind: Kind
    public var hash: Hash256

    public init(_ kind: Kind, _ hash: Hash256) {
        self.kind = kind
        self.hash = hash
    }
}

extension InventoryItem: CustomStringConvertible {
    /// As Bitcoin Core writes it: `wtx` and the hash.
    public var description: String { "\(kind.name) \(hash.displayHex)" }
}

extension InventoryItem.Kind {
    fileprivate var name: String {
        switch self {
        case .transaction: "tx"
        case .witnessTransaction: "witness-tx"
        case .witnessId: "wtx"
        case .block: "block"
        case .witnessBlock: "witness-block"
        case .filteredBlock: "merkleblock"
        case .compactBlock: "cmpctblock"
        default: "0x" + String(repeating: "0", count: leadingDigits) + String(rawValue, radix: 16)
        }
    }

    /// Digits to fill it up to eight with.
    private var leadingDigits: Int { rawValue == 0 ? 7 : rawValue.leadingZeroBitCount / 4 }
}

extension InventoryItem {
    static let encodedSize = 36

    @_lifetime(reader: copy reader)
    init(from reader: inout ByteReader) throws(DecodingError) {
        kind = Kind(rawValue: try reader.read())
        hash = try reader.readHash()
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(kind.rawValue)
        writer.write(hash)
    }
}
