import Chain
import Consensus
import Cryptography
import FuzzDiskProperties
import FuzzProperties
import Genesis
import Mining
import Notation
import Primitives
import TestSupport
import Testing

/// The properties that the fuzzers try on what the disk holds, here on files made by hand.
@Suite("Fuzzed properties of the disk") struct DiskSeedTests {
    @Test(
        "Every property holds of good files, of every truncation and of bytes changed at random",
        arguments: FuzzProperty.ofDisk.map(\.name))
    func files(_ name: String) throws {
        let property = try #require(FuzzProperty.ofDisk.first { $0.name == name })
        let seeds = try name == "disk" ? Self.records() : Self.snapshots()
        var random = SeededGenerator(seed: 9)
        for bytes in seeds.flatMap({ FuzzProperty.around($0, count: 300, using: &random) }) {
            #expect(throws: Never.self, "\(name) \(Hex.encode(bytes))") {
                try property.check(bytes)
            }
        }
    }

    @Test("No property stops at arbitrary bytes", arguments: FuzzProperty.ofDisk.map(\.name))
    func noise(_ name: String) throws {
        let property = try #require(FuzzProperty.ofDisk.first { $0.name == name })
        var random = SeededGenerator(seed: 10)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(throws: Never.self, "\(name) \(Hex.encode(bytes))") {
                try property.check(bytes)
            }
        }
    }

    @Test("The files of coins that the property is tried on read in full")
    func seedsRead() throws {
        let bytes = Array(try #require(try Self.snapshots().first).dropFirst())
        let head = Array(bytes.prefix(SnapshotMetadata.encodedSize))
        let metadata = try SnapshotMetadata(decoding: head, network: .regtest)
        var decoder = SnapshotDecoder(metadata, baseHeight: 300)
        decoder.feed(Array(bytes.dropFirst(head.count)))
        for coin in Self.coins {
            #expect(
                decoder.next(isLast: true)
                    == .coin(OutPoint(txid: .zero, index: UInt32(coin.height)), coin))
        }
        #expect(decoder.next(isLast: true) == .end)
    }

    @Test("A coin of more bytes than any that can be spent is refused wherever the file is cut")
    func longestCoin() {
        for excess in 0...1 {
            // An id, a count, a number, a height, an amount and a size stand before the script.
            let count = SnapshotDecoder.longestCoin - 32 - 1 - 1 - 1 - 1 - 2 + excess
            let script = Script([UInt8](repeating: 0x51, count: count))
            let coin = Coin(
                output: TransactionOutput(value: Amount(satoshis: 1), script: script), height: 7,
                isCoinbase: false)
            var writer = ByteWriter()
            writer.write(Txid.zero)
            writer.writeCompactSize(1)
            writer.writeCompactSize(7)
            var bytes = writer.bytes
            CoinCodec.append(coin, to: &bytes)
            #expect(bytes.count == SnapshotDecoder.longestCoin + excess)
            var decoder = SnapshotDecoder(
                SnapshotMetadata(base: .zero, coinCount: 1), baseHeight: 7)
            decoder.feed(bytes + [UInt8](repeating: 0, count: 10))
            // A script beyond the limit reads as one that cannot be spent, as Core has it.
            if case .coin = decoder.next(isLast: true) {
                #expect(excess == 0)
            } else {
                #expect(excess == 1)
            }
        }
    }

    // MARK: - What they are tried on

    private static let coins: [Coin] = [
        [0x76, 0xA9, 0x14] + [UInt8](repeating: 3, count: 20) + [0x88, 0xAC],
        [0xA9, 0x14] + [UInt8](repeating: 4, count: 20) + [0x87], [0x51], [],
    ].enumerated().map { number, script in
        Coin(
            output: TransactionOutput(
                value: Amount(satoshis: Int64(number) * 50_000), script: Script(script)),
            height: number, isCoinbase: number == 1)
    }

    private static func snapshots() throws -> [[UInt8]] {
        var body = ByteWriter()
        body.write(Txid.zero)
        body.writeCompactSize(coins.count)
        var bytes = body.bytes
        for coin in coins {
            bytes.append(UInt8(coin.height))
            CoinCodec.append(coin, to: &bytes)
        }
        let magic = Network.regtest.magic
        let metadata = SnapshotMetadata(base: .zero, coinCount: UInt64(coins.count))
        let account = PayoutLedger.Account(
            name: "anna", script: Script([0x51]), balance: 0, payouts: 3)
        let ledger = LedgerSnapshot(
            base: .zero, ledger: try PayoutLedger(checking: [account])
        ).encoded(networkMagic: magic)
        return [
            [0] + metadata.encoded(networkMagic: magic) + bytes, [2] + ledger,
            [3] + ledger.dropLast(32),
        ]
    }

    private static func terms() throws -> PayoutTerms {
        let bytes =
            [UInt8](repeating: 1, count: 36) + [2, 0x61, 0x62]
            + [UInt8](repeating: 0, count: 32)
        var reader = ByteReader(bytes.span)
        return try PayoutTerms(from: &reader)
    }

    private static func records() throws -> [[UInt8]] {
        var seeds: [[UInt8]] = coins.map { coin in
            var bytes: [UInt8] = [0]
            CoinCodec.append(coin, to: &bytes)
            return bytes
        }
        seeds.append([1] + UndoData(spent: [coins, coins]).bytes)
        for coin in coins {
            var row: [UInt8] = []
            StoreKey.append(coin: OutPoint(txid: .zero, index: 300), to: &row)
            row.insert(UInt8(row.count), at: 0)
            CoinCodec.append(coin, to: &row)
            seeds.append([4] + row)
        }
        let account = PayoutLedger.Account(
            name: "anna", script: Script([0x51]), balance: 0, payouts: 3)
        let ledger = try PayoutLedger(checking: [account])
        for terms in [nil, try Self.terms()] {
            let change = PayoutChange(before: PayoutLedger(), after: ledger, terms: terms)
            seeds.append([5] + change.encoded)
        }
        seeds += [PayoutFlaw.unrecognised, .violated("too little")].map { [6] + $0.encoded }
        return seeds + [36, 144].map { [7] + [UInt8](repeating: 9, count: $0) }
    }
}
