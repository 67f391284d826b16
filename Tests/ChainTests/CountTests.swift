import Chain
import Consensus
import Cryptography
import Notation
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Counts of all coins") struct CountTests {
    private let chain = TestChain()

    /// One of each form in which scripts are stored, and two lengths about the edge of a compact
    /// size.
    private static let scripts: [Script] = {
        let key = "678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6"
        let rest = "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
        let templates = [
            "76a914" + key.prefix(40) + "88ac", "a914" + key.prefix(40) + "87",
            "2102" + key + "ac", "2103" + key + "ac", "4104" + key + rest + "ac",
            "4104" + rest + key + "ac", "0014" + key.prefix(40), "5120" + key, "", "51",
        ]
        let long = [252, 253, 9_000].map { Script([UInt8](repeating: 0x51, count: $0)) }
        return templates.compactMap { Script(hex: $0) } + long
    }()

    /// Blocks of which one pays all those scripts, in a transaction whose last coins have keys that
    /// stand before those of the others.
    private func blocks() throws -> [Block] {
        var blocks = chain.builder.blocks(101, onto: chain.genesis)
        let coinbase = try #require(blocks.first?.transactions.first)
        let value = coinbase.value(at: 0)
        var spend = chain.builder.spend(
            [OutPoint(txid: coinbase.txid, index: 0)], worth: value, into: 16_600)
        var outputs = Array(spend.outputs)
        for (index, script) in Self.scripts.enumerated() {
            for place in [index, 120 + index, 16_505 + index] { outputs[place].script = script }
        }
        spend = Transaction(
            version: 2, inputs: Array(spend.inputs), outputs: outputs, lockTime: 0)
        var plan = ChainBuilder.Plan()
        plan.transactions = [spend]
        plan.fees = Amount(satoshis: value.satoshis - spend.outputValue.satoshis)
        let fork = chain.position(after: blocks, from: chain.genesis)
        blocks.append(chain.builder.block(onto: fork, plan))
        return blocks
    }

    private static func coins(of blocks: [Block]) -> [(point: OutPoint, coin: Coin)] {
        var coins: [OutPoint: Coin] = [:]
        for (number, block) in blocks.enumerated() {
            for transaction in block.transactions {
                for input in transaction.inputs { coins[input.outPoint] = nil }
                for (index, output) in transaction.outputs.enumerated()
                where output.script.bytes.first != 0x6A {
                    let point = OutPoint(txid: transaction.txid, index: UInt32(index))
                    coins[point] = Coin(
                        output: output, height: number + 1, isCoinbase: transaction.isCoinbase)
                }
            }
        }
        return coins.map { (point: $0.key, coin: $0.value) }.sorted {
            $0.point.txid == $1.point.txid
                ? $0.point.index < $1.point.index
                : $0.point.txid.bytes.lexicographicallyPrecedes($1.point.txid.bytes)
        }
    }

    @Test("A count tells what coin after coin, in the order of their points, comes to")
    func slowly() async throws {
        let blocks = try blocks()
        let validator = try await chain.open()
        _ = try await validator.submitAll(blocks)
        let coins = Self.coins(of: blocks)
        #expect(coins.count == 101 + 16_600)
        var stream = SHA256Stream()
        var set = MuHash3072()
        var (size, value) = (0, 0 as Int64)
        for (point, coin) in coins {
            let bytes = coin.hashedBytes(at: point)
            stream.update(bytes.span)
            set.insert(bytes.span)
            size += 50 + coin.output.script.count
            value += coin.output.value.satoshis
        }
        let hashes: [UTXOHashKind: Hash256] = [
            .serialized3: stream.finalizeDouble(), .muhash: set.finalize(),
        ]
        for kind in [UTXOHashKind.none, .serialized3, .muhash] {
            let info = try await validator.utxoSetInfo(kind)
            #expect(info.hash == hashes[kind])
            #expect(info.outputs == coins.count)
            #expect(info.transactions == Set(coins.map(\.point.txid)).count)
            #expect(info.bogoSize == size)
            #expect(info.totalAmount == Amount(satoshis: value))
        }
        // The same coins one after the other, as they are written to a file.
        let dump = try await validator.dumpCoins(to: "\(chain.folder.path)/coins")
        #expect(dump.coinsHash == hashes[.serialized3])
        try await validator.close()
    }

    @Test("A count that is not to go on ends, whoever is at work", arguments: [0, 1, 50])
    func stopping(_ percentage: Int) async throws {
        let validator = try await chain.open()
        _ = try await validator.submitAll(chain.builder.blocks(3, onto: chain.genesis))
        let scan = try await validator.scanCoins()
        let info = try await scan.count(.serialized3) { $0 < percentage }
        #expect(info == nil)
        try await validator.close()
    }

    @Test("A count whose store is closed fails")
    func closing() async throws {
        let validator = try await chain.open()
        _ = try await validator.submitAll(chain.builder.blocks(3, onto: chain.genesis))
        let scan = try await validator.scanCoins()
        try await validator.close()
        await #expect(throws: StorageError.self) { try await scan.count(.muhash) { _ in true } }
    }
}
