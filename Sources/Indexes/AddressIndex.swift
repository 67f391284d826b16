import Chain
import Consensus
public import Cryptography
public import Genesis
public import Primitives
import Scripting
public import Storage

/// What each output script received and spent, and the coins it has.
public typealias AddressIndex = ChainIndex<AddressTable>

/// What one transaction did to one script.
public struct AddressEvent: Hashable, Sendable {
    public var height: Int
    /// The place of the transaction in its block.
    public var number: Int
    public var txid: Txid
    public var received: Amount
    public var spent: Amount

    public init(height: Int, number: Int, txid: Txid, received: Amount, spent: Amount) {
        self.height = height
        self.number = number
        self.txid = txid
        self.received = received
        self.spent = spent
    }
}

/// A coin that a script has.
public struct AddressCoin: Hashable, Sendable {
    public var point: OutPoint
    public var value: Amount
    public var height: Int
    public var isCoinbase: Bool

    public init(point: OutPoint, value: Amount, height: Int, isCoinbase: Bool) {
        self.point = point
        self.value = value
        self.height = height
        self.isCoinbase = isCoinbase
    }
}

extension ChainIndex where Table == AddressTable {
    /// What became of a script, in the order of the chain.
    ///
    /// - Parameters:
    ///   - heights: of the blocks that count.
    ///   - limit: the most events to be told.
    public func history(
        of script: Script, in heights: ClosedRange<Int>, limit: Int
    ) throws(StorageError) -> [AddressEvent] {
        var events: [AddressEvent] = []
        try forEachRow(AddressTable.prefix(AddressTable.eventPrefix, script)) { key, value in
            guard let event = AddressTable.event(key, value) else { return true }
            guard event.height <= heights.upperBound, events.count < limit else { return false }
            if event.height >= heights.lowerBound { events.append(event) }
            return true
        }
        return events
    }

    /// The coins of a script, in the order of their points.
    public func coins(of script: Script) throws(StorageError) -> [AddressCoin] {
        var coins: [AddressCoin] = []
        try forEachRow(AddressTable.prefix(AddressTable.coinPrefix, script)) { key, value in
            if let coin = AddressTable.coin(key, value) { coins.append(coin) }
            return true
        }
        return coins
    }

    /// What a script has received and spent in all, in how many transactions.
    public func totals(
        of script: Script
    ) throws(StorageError) -> (count: Int, received: UInt64, spent: UInt64) {
        var totals: (count: Int, received: UInt64, spent: UInt64) = (0, 0, 0)
        try forEachRow(AddressTable.prefix(AddressTable.eventPrefix, script)) { key, value in
            guard let event = AddressTable.event(key, value) else { return true }
            totals.count += 1
            totals.received &+= UInt64(bitPattern: event.received.satoshis)
            totals.spent &+= UInt64(bitPattern: event.spent.satoshis)
            return true
        }
        return totals
    }
}

/// Rows under the SHA-256 of a script (the script hash of Electrum): one for each transaction that
/// paid it or spent from it, and one for each coin it has.
///
/// Genesis made no coin, and scripts that cannot succeed have none: both are left out.
public struct AddressTable: IndexTable {
    public static let name = "addressindex"
    public static let folder = "addressindex"
    public static let isRewoundAtOnce = true

    static let eventPrefix = UInt8(ascii: "h")
    static let coinPrefix = UInt8(ascii: "u")
    private static let eventKeySize = 1 + 32 + 4 + 4
    private static let coinKeySize = 1 + 32 + 32 + 4

    public init(network: Network) {}

    // MARK: Rows

    static func prefix(_ kind: UInt8, _ script: Script) -> [UInt8] {
        prefix(kind, SHA256.hash(script.span))
    }

    private static func prefix(_ kind: UInt8, _ script: Hash256) -> [UInt8] {
        var writer = ByteWriter(capacity: 72)
        writer.write(kind)
        writer.write(script)
        return writer.bytes
    }

    private static func key(event script: Hash256, _ height: Int, _ number: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: eventKeySize)
        writer.write(prefix(eventPrefix, script))
        writer.writeBigEndian(UInt32(clamping: height))
        writer.writeBigEndian(UInt32(clamping: number))
        return writer.bytes
    }

    private static func key(coin script: Hash256, _ point: OutPoint) -> [UInt8] {
        var writer = ByteWriter(capacity: coinKeySize)
        writer.write(prefix(coinPrefix, script))
        writer.write(point.txid)
        writer.writeBigEndian(point.index)
        return writer.bytes
    }

    private static func value(_ coin: Coin) -> [UInt8] {
        var writer = ByteWriter(capacity: 13)
        writer.write(coin.output.value.satoshis)
        writer.write(UInt32(clamping: coin.height))
        writer.write(UInt8(coin.isCoinbase ? 1 : 0))
        return writer.bytes
    }

    static func event(_ key: Span<UInt8>, _ value: Span<UInt8>) -> AddressEvent? {
        guard key.count == eventKeySize else { return nil }
        var reader = ByteReader(value)
        guard let txid = try? reader.readHash(), let received = try? reader.read(Int64.self),
            let spent = try? reader.read(Int64.self)
        else { return nil }
        return AddressEvent(
            height: key.bigEndian(at: 33), number: key.bigEndian(at: 37), txid: txid,
            received: Amount(satoshis: received), spent: Amount(satoshis: spent))
    }

    static func coin(_ key: Span<UInt8>, _ value: Span<UInt8>) -> AddressCoin? {
        guard key.count == coinKeySize else { return nil }
        var reader = ByteReader(value)
        guard let amount = try? reader.read(Int64.self),
            let height = try? reader.read(UInt32.self), let flag = try? reader.read(UInt8.self)
        else { return nil }
        let txid = Hash256(key.extracting(33..<65))
        return AddressCoin(
            point: OutPoint(txid: txid, index: UInt32(truncatingIfNeeded: key.bigEndian(at: 65))),
            value: Amount(satoshis: amount), height: Int(height), isCoinbase: flag != 0)
    }

    // MARK: Following

    public mutating func load(
        _ block: BlockHash, from store: borrowing Database
    ) throws(StorageError) -> Bool { true }

    public func save(_ batch: inout WriteBatch) {}

    public mutating func connect(_ block: IndexedBlock, _ batch: inout WriteBatch) {
        for deed in deeds(of: block) {
            for (point, coin, script) in deed.made {
                batch.put(Self.key(coin: script, point), Self.value(coin))
            }
            for (point, _, script) in deed.spent { batch.delete(Self.key(coin: script, point)) }
            for (script, sum) in deed.sums {
                var writer = ByteWriter(capacity: 48)
                writer.write(deed.txid)
                writer.write(sum.received)
                writer.write(sum.spent)
                batch.put(Self.key(event: script, block.height, deed.number), writer.bytes)
            }
        }
    }

    public mutating func disconnect(
        _ block: IndexedBlock, _ store: borrowing Database, _ batch: inout WriteBatch
    ) throws(StorageError) -> Bool {
        for deed in deeds(of: block).reversed() {
            for (point, coin, script) in deed.spent {
                batch.put(Self.key(coin: script, point), Self.value(coin))
            }
            for (point, _, script) in deed.made { batch.delete(Self.key(coin: script, point)) }
            for script in deed.sums.keys {
                batch.delete(Self.key(event: script, block.height, deed.number))
            }
        }
        return true
    }

    /// What one transaction of a block did, with the hashes of the scripts it concerned.
    private struct Deed {
        var number: Int
        var txid: Txid
        var made: [(point: OutPoint, coin: Coin, script: Hash256)] = []
        var spent: [(point: OutPoint, coin: Coin, script: Hash256)] = []
        /// In satoshis.
        var sums: [Hash256: (received: Int64, spent: Int64)] = [:]
    }

    private func deeds(of block: IndexedBlock) -> [Deed] {
        guard block.height > 0 else { return [] }
        return block.block.transactions.enumerated().map { number, transaction in
            var deed = Deed(number: number, txid: transaction.txid)
            for (index, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                let script = SHA256.hash(output.script.span)
                let coin = Coin(output: output, height: block.height, isCoinbase: number == 0)
                let point = OutPoint(txid: deed.txid, index: UInt32(truncatingIfNeeded: index))
                deed.made.append((point, coin, script))
                deed.sums[script, default: (0, 0)].received &+= output.value.satoshis
            }
            // The coinbase spends nothing and has no list.
            let coins = number == 0 ? [] : block.spent[number - 1]
            for (index, coin) in zip(transaction.inputs.indices, coins) {
                let script = SHA256.hash(coin.output.script.span)
                deed.spent.append((transaction.outPoint(at: index), coin, script))
                deed.sums[script, default: (0, 0)].spent &+= coin.output.value.satoshis
            }
            return deed
        }
    }
}
