import Cryptography
import Primitives

extension Message {
    /// The message without its frame. Commands that are only ever received have none.
    public var payload: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .version(let version):
            version.encode(to: &writer)
        case .sendCompact(let announces, let version):
            writer.write(UInt8(announces ? 1 : 0))
            writer.write(version)
        case .feeFilter(let rate):
            writer.write(rate)
        case .ping(let nonce), .pong(let nonce):
            if let nonce { writer.write(nonce) }
        case .addresses(let addresses):
            writer.writeCompactSize(addresses.count)
            for address in addresses { address.encodeLegacy(to: &writer) }
        case .addressesV2(let addresses):
            writer.writeCompactSize(addresses.count)
            for address in addresses { address.encode(to: &writer) }
        case .inventory(let items), .getData(let items), .notFound(let items):
            writer.writeCompactSize(items.count)
            for item in items { item.encode(to: &writer) }
        case .getBlocks(let locator, let stop), .getHeaders(let locator, let stop):
            writer.write(UInt32(bitPattern: WireLimits.protocolVersion))
            writer.writeCompactSize(locator.count)
            for hash in locator { writer.write(hash) }
            writer.write(stop)
        case .headers(let headers):
            writer.writeCompactSize(headers.count)
            for header in headers {
                header.encode(to: &writer)
                writer.write(UInt8(0))
            }
        case .block(let block):
            return block.bytes
        case .transaction(let transaction):
            return Array(transaction.bytes)
        case .compactBlock(let block):
            block.encode(to: &writer)
        case .getBlockTransactions(let request):
            request.encode(to: &writer)
        case .blockTransactions(let answer):
            return answer.payload
        case .filterRequest(let request):
            request.encode(to: &writer)
        case .filterAnswer(let answer):
            answer.encode(to: &writer)
        case .verack, .wtxidRelay, .sendAddressV2, .sendHeaders, .getAddresses, .memoryPool,
            .feature, .bloomFilter, .unknown:
            break
        }
        return writer.bytes
    }

    /// The message in its frame.
    public func frame(magic: [UInt8]) -> [UInt8] {
        Frame.encode(command: command, payload: payload, magic: magic)
    }
}
