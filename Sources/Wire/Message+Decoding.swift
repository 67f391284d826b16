import Cryptography
import Primitives

extension Message {
    /// Reads the payload of a frame.
    ///
    /// As in Bitcoin Core bytes after the message are ignored, and what is reserved is bounded by
    /// the bytes that are there.
    public init(command: String, payload: [UInt8]) throws(MessageError) {
        self = try Self.decode(command, payload)
    }

    private static func decode(_ command: String, _ payload: [UInt8]) throws(MessageError)
        -> Message
    {
        switch command {
        case "verack": .verack
        case "wtxidrelay": .wtxidRelay
        case "sendaddrv2": .sendAddressV2
        case "sendheaders": .sendHeaders
        case "getaddr": .getAddresses
        case "mempool": .memoryPool
        case "feature": .feature
        case "filterload", "filteradd", "filterclear": .bloomFilter(command)
        case "sendcmpct": try sendCompact(payload)
        case "inv": .inventory(try inventory(command, payload))
        case "getdata": .getData(try inventory(command, payload))
        case "notfound": .notFound(try inventory(command, payload))
        case "headers": try headers(payload)
        case "addr": .addresses(try addresses(command, payload))
        case "addrv2": .addressesV2(try addresses(command, payload))
        case "getblocks", "getheaders": try locator(command, payload)
        default: try simple(command, payload)
        }
    }

    /// The messages that have no limit of their own.
    private static func simple(_ command: String, _ payload: [UInt8]) throws(MessageError)
        -> Message
    {
        do {
            var reader = ByteReader(payload.span)
            switch command {
            case "version": return .version(try VersionMessage(from: &reader))
            case "feefilter": return .feeFilter(try reader.read())
            case "ping": return .ping(payload.isEmpty ? nil : try reader.read())
            case "pong": return .pong(payload.count < 8 ? nil : try reader.read())
            case "block": return .block(try Block(decoding: payload, allowTrailing: true))
            case "tx": return .transaction(try Transaction(from: &reader))
            case "cmpctblock":
                return .compactBlock(try CompactBlock(from: &reader))
            case "getblocktxn":
                return .getBlockTransactions(try BlockTransactionsRequest(from: &reader))
            case "blocktxn": return .blockTransactions(try BlockTransactionsAnswer(payload))
            default:
                guard let kind = FilterRequest.Kind(rawValue: command) else {
                    return .unknown(command)
                }
                return .filterRequest(try FilterRequest(kind, from: &reader))
            }
        } catch {
            throw .malformed(error)
        }
    }

    private static func sendCompact(_ payload: [UInt8]) throws(MessageError) -> Message {
        let announces: UInt8
        let version: UInt64
        do {
            var reader = ByteReader(payload.span)
            announces = try reader.read()
            version = try reader.read()
        } catch {
            throw .malformed(error)
        }
        guard announces <= 1 else { throw .invalidFlag }
        return .sendCompact(announces: announces == 1, version: version)
    }

    private static func inventory(
        _ command: String, _ payload: [UInt8]
    ) throws(MessageError) -> [InventoryItem] {
        var items: [InventoryItem] = []
        let count: Int
        do {
            var reader = ByteReader(payload.span)
            count = try reader.readCount(minimumSize: InventoryItem.encodedSize)
            let limit = min(count, WireLimits.maximumInventory)
            items.reserveCapacity(limit)
            for _ in 0..<limit { items.append(try InventoryItem(from: &reader)) }
        } catch {
            throw .malformed(error)
        }
        guard count <= WireLimits.maximumInventory else {
            throw .tooMany(command: command, count: count)
        }
        return items
    }

    private static func headers(_ payload: [UInt8]) throws(MessageError) -> Message {
        let count: UInt64
        var reader = ByteReader(payload.span)
        do { count = try reader.readCompactSize() } catch { throw .malformed(error) }
        guard count <= UInt64(WireLimits.maximumHeaders) else {
            throw .tooMany(command: "headers", count: Int(count))
        }
        var headers: [BlockHeader] = []
        do {
            for _ in 0..<count {
                headers.append(try BlockHeader(from: &reader))
                // The number of transactions, which is always 0 here.
                _ = try reader.readCompactSize()
            }
        } catch {
            throw .malformed(error)
        }
        return .headers(headers)
    }

    private static func addresses(
        _ command: String, _ payload: [UInt8]
    ) throws(MessageError) -> [PeerAddress] {
        var addresses: [PeerAddress] = []
        let count: Int
        do {
            var reader = ByteReader(payload.span)
            let isLegacy = command == "addr"
            count = try reader.readCount(minimumSize: isLegacy ? PeerAddress.legacySize : 9)
            for _ in 0..<min(count, WireLimits.maximumAddresses) {
                if isLegacy {
                    addresses.append(try PeerAddress(legacy: &reader))
                } else if let address = try PeerAddress.read(from: &reader) {
                    addresses.append(address)
                }
            }
        } catch {
            throw .malformed(error)
        }
        guard count <= WireLimits.maximumAddresses else {
            throw .tooMany(command: command, count: count)
        }
        return addresses
    }

    private static func locator(_ command: String, _ payload: [UInt8]) throws(MessageError)
        -> Message
    {
        var locator: [BlockHash] = []
        let count: Int
        let stop: BlockHash
        do {
            var reader = ByteReader(payload.span)
            // The sender's version comes first, which means nothing.
            _ = try reader.read(UInt32.self)
            count = try reader.readCount(minimumSize: 32)
            for _ in 0..<count { locator.append(try reader.readHash()) }
            stop = try reader.readHash()
        } catch {
            throw .malformed(error)
        }
        guard count <= WireLimits.maximumLocator else {
            throw .locatorTooLong(command: command, count: count)
        }
        return command == "getblocks"
            ? .getBlocks(locator: locator, stop: stop)
            : .getHeaders(locator: locator, stop: stop)
    }
}
