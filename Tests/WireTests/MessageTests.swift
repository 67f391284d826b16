import Cryptography
import Primitives
import Testing
import Wire

@Suite("Messages") struct MessageTests {
    private static let hash = Hash256(bytes: Array(0..<32) as [UInt8]) ?? .zero
    private static let header = BlockHeader(
        version: 4, previous: hash, merkleRoot: .zero, time: 1, bits: 2, nonce: 3)
    private static let transaction = Transaction(
        version: 2,
        inputs: [
            TransactionInput(
                outPoint: OutPoint(txid: hash, index: 1), script: Script([]), sequence: 7,
                witness: Witness([[1, 2]]))
        ], outputs: [TransactionOutput(value: Amount(satoshis: 5), script: Script([0x51]))],
        lockTime: 0)
    private static let address = PeerAddress(
        Endpoint(.ipv4(1, 2, 3, 4), port: 8333), services: [.network, .witness], time: 9)

    static let samples: [Message] = [
        .version(
            VersionMessage(
                version: 70016, services: [.network, .witness], time: 1, receiverServices: [],
                receiver: Endpoint(.ipv4(1, 2, 3, 4), port: 8333), nonce: 77,
                userAgent: "/Cellblock:0.1.0(x)/", startHeight: 12, relaysTransactions: true)),
        .verack, .wtxidRelay, .sendAddressV2, .sendHeaders, .getAddresses, .memoryPool,
        .sendCompact(announces: true, version: 2), .feeFilter(100), .ping(5), .ping(nil), .pong(5),
        .addresses([address]), .addressesV2([address]),
        .inventory([InventoryItem(.witnessId, hash)]),
        .getData([InventoryItem(.witnessBlock, hash)]),
        .notFound([InventoryItem(.transaction, hash)]), .getBlocks(locator: [hash], stop: .zero),
        .getHeaders(locator: [hash, .zero], stop: hash), .headers([header, header]),
        .block(Block(header: header, transactions: [transaction])), .transaction(transaction),
        .compactBlock(
            CompactBlock(
                header: header, nonce: 4, shortIds: [1, 0xFFFF_FFFF_FFFF],
                prefilled: [.init(index: 0, transaction: transaction)])),
        .getBlockTransactions(BlockTransactionsRequest(block: hash, indexes: [0, 1, 5])),
        .blockTransactions(BlockTransactionsAnswer(block: hash, transactions: [transaction])),
        .filterRequest(FilterRequest(.filters, from: 7, to: hash)),
        .filterRequest(FilterRequest(.headers, filterType: 9, from: .max, to: hash)),
        .filterRequest(FilterRequest(.checkpoints, from: 0, to: hash)),
        .unknown("whatever"),
    ]

    @Test("Every message survives its own bytes", arguments: samples)
    func roundTrip(_ message: Message) throws {
        #expect(try Message(command: message.command, payload: message.payload) == message)
    }

    @Test("Every truncation of every message is a value or a typed error", arguments: samples)
    func truncated(_ message: Message) {
        let bytes = message.payload
        for size in 0..<bytes.count {
            _ = try? Message(command: message.command, payload: Array(bytes[..<size]))
        }
    }

    @Test("Random bytes are a value or a typed error for every command")
    func garbage() {
        var state: UInt64 = 42
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for command in Message.knownCommands.sorted() {
            for _ in 0..<300 {
                let bytes = (0..<Int(next() % 200)).map { _ in UInt8(truncatingIfNeeded: next()) }
                _ = try? Message(command: command, payload: bytes)
            }
            for first in [0xFD, 0xFE, 0xFF] as [UInt8] {
                _ = try? Message(
                    command: command, payload: [first] + Array(repeating: 0xFF, count: 90))
            }
        }
    }

    @Test("What was asked for of a block stays bytes until it is wanted, and then only so much is")
    func blockTransactions() throws {
        let answer = BlockTransactionsAnswer(
            block: Self.hash, transactions: Array(repeating: Self.transaction, count: 3))
        #expect(try answer.transactions(limit: 2) == [Self.transaction, Self.transaction])
        #expect(try answer.transactions(limit: 9).count == 3)
        let bytes = Message.blockTransactions(answer).payload
        let broken = try Message(command: "blocktxn", payload: bytes.dropLast())
        guard case .blockTransactions(let answer) = broken else {
            Issue.record("another message")
            return
        }
        #expect(answer.block == Self.hash)
        #expect(try answer.transactions(limit: 2).count == 2)
        #expect(throws: DecodingError.self) { try answer.transactions(limit: 3) }
    }

    @Test("Lists end at Bitcoin Core's limits")
    func limits() throws {
        let item = InventoryItem(.block, Self.hash)
        let full = Message.inventory(Array(repeating: item, count: 50_000)).payload
        #expect(try Message(command: "inv", payload: full).payload.count == full.count)
        #expect(throws: MessageError.tooMany(command: "inv", count: 50_001)) {
            try Message(
                command: "inv",
                payload: Message.inventory(Array(repeating: item, count: 50_001)).payload)
        }
        #expect(throws: MessageError.tooMany(command: "headers", count: 2001)) {
            try Message(
                command: "headers",
                payload: Message.headers(Array(repeating: Self.header, count: 2001)).payload)
        }
        for (command, list) in [
            ("addr", Message.addresses(Array(repeating: Self.address, count: 1001))),
            ("addrv2", Message.addressesV2(Array(repeating: Self.address, count: 1001))),
        ] {
            #expect(throws: MessageError.tooMany(command: command, count: 1001)) {
                try Message(command: command, payload: list.payload)
            }
        }
        let locator = Array(repeating: Self.hash, count: 102)
        #expect(throws: MessageError.locatorTooLong(command: "getheaders", count: 102)) {
            try Message(
                command: "getheaders",
                payload: Message.getHeaders(locator: locator, stop: .zero).payload)
        }
        #expect(throws: MessageError.invalidFlag) {
            try Message(command: "sendcmpct", payload: [2, 2, 0, 0, 0, 0, 0, 0, 0])
        }
    }

    @Test("A version message may end early, and its user agent is cleaned")
    func shortVersion() throws {
        guard case .version(var version) = Self.samples[0] else {
            Issue.record("the first sample is no version message")
            return
        }
        let bytes = Message.version(version).payload
        guard
            case .version(let short) = try Message(
                command: "version", payload: Array(bytes[..<46]))
        else {
            Issue.record("a short version message is read as another")
            return
        }
        #expect(short.nonce == 1)
        #expect(short.startHeight == -1)
        #expect(short.relaysTransactions)
        version.userAgent = "/a<b>\u{1}\"c(d)/"
        #expect(version.sanitisedUserAgent == "/abc(d)/")
        version.userAgent = String(repeating: "a", count: 257)
        #expect(throws: MessageError.self) {
            try Message(command: "version", payload: Message.version(version).payload)
        }
    }
}
