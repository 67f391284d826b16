import Chain
import Consensus
import Notation
import Primitives
import TestSupport
import Testing

@Suite("What the disk holds") struct CodecTests {
    @Test(
        "Numbers are written as Core writes them",
        arguments: [
            (0, "00"), (0x7f, "7f"), (0x80, "8000"), (0x1234, "a334"), (0xffff, "82fe7f"),
            (0x12_3456, "c7e756"), (0x8012_3456, "86ffc7e756"), (0xffff_ffff, "8efefefe7f"),
            (UInt64.max, "80fefefefefefefefe7f"),
        ])
    func variable(_ value: UInt64, _ hex: String) throws {
        var bytes: [UInt8] = []
        Variable.append(value, to: &bytes)
        #expect(Hex.encode(bytes) == hex)
        var reader = ByteReader(bytes.span)
        #expect(try reader.readVariable() == value)
    }

    @Test("A number that needs more than 64 bits is refused")
    func variableTooLarge() {
        let bytes = [UInt8](repeating: 0xff, count: 12) + [0]
        #expect(throws: DecodingError.self) {
            var reader = ByteReader(bytes.span)
            _ = try reader.readVariable()
        }
    }

    @Test(
        "Amounts are compressed as Core compresses them",
        arguments: [
            (0, 0), (1, 1), (1_000_000, 7), (100_000_000, 9), (5_000_000_000, 0x32),
            (2_100_000_000_000_000, 0x140_6f40),
        ])
    func amounts(_ amount: Int64, _ compressed: UInt64) {
        #expect(CoinCodec.compress(amount: amount) == compressed)
        #expect(CoinCodec.decompress(amount: compressed) == amount)
    }

    @Test(
        "Amounts of Core's own table are compressed and come back",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func amountVectors() throws {
        let rows = try Vectors.rows("core-extracted/compress_amount.json")
        #expect(rows.count == 6)
        for row in rows {
            let amount = try row.member("sat").integer()
            let compressed = UInt64(try row.member("compressed").integer())
            #expect(CoinCodec.compress(amount: amount) == compressed)
            #expect(CoinCodec.decompress(amount: compressed) == amount)
        }
    }

    @Test("Any amount comes back")
    func anyAmount() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<10_000 {
            let digits = Int64.random(in: 0...15, using: &random)
            var amount = Int64.random(in: 0...1_000_000, using: &random)
            for _ in 0..<digits where amount < 1 << 50 { amount *= 10 }
            #expect(CoinCodec.decompress(amount: CoinCodec.compress(amount: amount)) == amount)
        }
    }

    private static let samples: [(hex: String, size: Int)] = [
        ("76a914" + String(repeating: "ab", count: 20) + "88ac", 21),
        ("a914" + String(repeating: "cd", count: 20) + "87", 21),
        ("2102" + String(repeating: "11", count: 32) + "ac", 33),
        (
            "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4"
                + "f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac", 33
        ),
        ("4104" + String(repeating: "22", count: 64) + "ac", 68),
        ("0014" + String(repeating: "33", count: 20), 23), ("", 1), ("51", 2),
    ]

    @Test("Scripts are compressed as Core compresses them, and come back", arguments: samples)
    func scripts(_ hex: String, _ size: Int) throws {
        let script = try #require(Hex.decode(hex))
        let coin = Coin(
            output: TransactionOutput(value: .coin, script: Script(script)), height: 123_456,
            isCoinbase: true)
        var bytes: [UInt8] = []
        CoinCodec.append(coin, to: &bytes)
        #expect(try CoinCodec.coin(decoding: bytes.span) == coin)
        var only: [UInt8] = []
        CoinCodec.append(script: script[...], to: &only)
        #expect(only.count == size)
    }

    @Test("Undo data comes back, and with a byte too few or many is refused")
    func undo() throws {
        let coins = Self.samples.enumerated().map { number, script in
            Coin(
                output: TransactionOutput(
                    value: Amount(satoshis: Int64(number) * 1234),
                    script: Script(Hex.decode(script.hex) ?? [])),
                height: number * 1000, isCoinbase: number.isMultiple(of: 2))
        }
        let undo = UndoData(spent: [Array(coins[..<3]), [], Array(coins[3...])])
        let bytes = undo.bytes
        #expect(try UndoData(decoding: bytes) == undo)
        #expect(throws: DecodingError.self) { try UndoData(decoding: bytes + [0]) }
        for count in 0..<bytes.count {
            #expect(throws: DecodingError.self) { try UndoData(decoding: Array(bytes[..<count])) }
        }
    }
}
