import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Published blocks", .enabled(if: Vectors.isPresent, Vectors.hint))
struct BlockVectorTests {
    /// Signatures are slow to check in a debug build; there the greatest blocks are left out.
    private static var inputLimit: Int {
        #if DEBUG
            1500
        #else
            Int.max
        #endif
    }

    @Test(
        "Chains from the genesis block on pass every rule, scripts included",
        arguments: [
            ("mainnet-1-2100", "mainnet"), ("mainnet-alt-1-2016", "mainnet"),
            ("signet-1-40", "signet"), ("regtest-kernel-1-206", "regtest"),
        ])
    func chains(_ name: String, _ chain: String) throws {
        let text = String(decoding: try Vectors.load("chains/\(name).hex"), as: UTF8.self)
        let network = try #require(Network.named(chain))
        var builder = JudgedChain(network: network)
        builder.now = 4_000_000_000
        var (scripts, spends) = (0, 0)
        for line in text.split(separator: "\n") {
            let block = try Block(decoding: #require(Hex.decode(line)))
            spends += block.inputCount - 1
            scripts += try builder.connect(block).checks.count
        }
        #expect(scripts > 0 || chain == "signet" || name.hasPrefix("mainnet-alt"))
        let rows = try Vectors.rows("chains/index.json")
        #expect(rows.count == 4)
        let row = try #require(rows.first { $0["file"]?.stringValue == "\(name).hex" })
        #expect(try builder.index.hash(of: builder.tip).displayHex == row.member("last").text())
        #expect(try builder.height == Int(row.member("blocks").integer()))
        let count = builder.index[builder.tip].chainTransactionCount
        #expect(try Int64(count) == row.member("transactions").integer() + 1)
        #expect(scripts == spends)
        let expected = try #require(
            Vectors.rows("expected/index.json").first { $0["name"]?.stringValue == name })
        #expect(expected["tip"]?.stringValue == builder.index.hash(of: builder.tip).displayHex)
        #expect(expected["tip_height"]?.int == Int64(builder.height))
        #expect(expected["rejected"] == 0)
    }

    @Test("Single blocks pass every rule with the coins they spend")
    func blocks() throws {
        let rows = try Vectors.rows("blocks/index.json")
        #expect(rows.count == 17)
        #expect(rows.count { $0["spent_file"]?.stringValue != nil } == 12)
        for row in rows {
            let network = try #require(Network.named(row.member("network").text()))
            let block = try Block(decoding: Vectors.load("blocks/" + row.member("file").text()))
            let height = Int(try row.member("height").integer())
            #expect(try block.hash.displayHex == row.member("hash").text())
            try block.check(in: network)

            var times = try row["context"]?.member("prev_times_oldest_first").elements().map {
                UInt32(try $0.integer())
            }
            times = times ?? [block.header.time - 1]
            var (index, parent) = try chain(below: block, at: height, times: #require(times))
            if row["context"] == nil || height % 2016 != 0 {
                try index.check(
                    block.header, onto: parent, in: network, at: Int64(block.header.time))
            }
            try block.accept(onto: parent, of: index, in: network)
            guard case .string(let file)? = row["spent_file"],
                Int(try row.member("input_count").integer()) <= Self.inputLimit
            else { continue }

            let coins = try coins(in: Vectors.json("blocks/" + file))
            // Locks that count time need ancestors that are not given here.
            let connection = try connect(block, onto: parent, of: &index, in: network, coins)
            #expect(try connection.fees.satoshis == row.member("fees").integer())
            let names = try row.member("script_flags").elements().map { try $0.text() }
            #expect(connection.flags == ScriptFlags(names: names.joined(separator: ",")))
            for check in connection.checks { try check.run() }
            #expect(connection.checks.count == coins.count)
            #expect(
                try network.consensus.subsidy(at: height).satoshis
                    == row.member("subsidy").integer())
        }
    }

    private func chain(
        below block: Block, at height: Int, times: [UInt32]
    ) throws -> (BlockIndex, BlockID) {
        let root = BlockHeader(
            version: 4, previous: .zero, merkleRoot: .zero, time: times[0],
            bits: block.header.bits, nonce: 0)
        var index = BlockIndex(
            window: [root], from: height - times.count, chainWork: .zero)
        var parent = index.genesis
        for time in times.dropFirst() {
            parent = index.insertForTests(time: time, bits: block.header.bits, parent: parent)
        }
        return (index, parent)
    }

    private func connect(
        _ block: Block, onto parent: BlockID, of index: inout BlockIndex, in network: Network,
        _ coins: [Coin]
    ) throws -> BlockConnection {
        try block.connect(onto: parent, of: index, in: network, spending: coins)
    }

    private func coins(in json: JSON) throws -> [Coin] {
        try json.member("spent").elements().flatMap { transaction in
            try transaction.element(1).elements().map { coin in
                Coin(
                    output: TransactionOutput(
                        value: Amount(satoshis: try coin.element(0).integer()),
                        script: Script(try coin.element(1).bytes())),
                    height: Int(coin[2]?.int ?? 1), isCoinbase: coin[3]?.bool ?? false)
            }
        }
    }

    @Test("The other chain of mainnet has the times and nonces of core/functional/mainnet_alt.json")
    func alternative() throws {
        let file = try Vectors.json("core/functional/mainnet_alt.json")
        let text = String(
            decoding: try Vectors.load("chains/mainnet-alt-1-2016.hex"), as: UTF8.self)
        let headers = try text.split(separator: "\n").map {
            try Block(decoding: #require(Hex.decode($0))).header
        }
        #expect(headers.count == 2016)
        #expect(
            try file.member("timestamps").elements().map { try $0.integer() }
                == headers.map { Int64($0.time) })
        #expect(
            try file.member("nonces").elements().map { try $0.integer() }
                == headers.map { Int64($0.nonce) })
    }

    @Test("The blocks of core/functional/rpc_getblockstats.json pass, and come to what it says")
    func statistics() throws {
        let file = try Vectors.json("core/functional/rpc_getblockstats.json")
        let blocks = try file.member("blocks").elements().map {
            try Block(decoding: try $0.bytes())
        }
        #expect(blocks.count == 104)
        #expect(blocks.first?.hash == Network.regtest.genesis.hash)
        let rows = try file.member("stats").elements()
        #expect(rows.count == 3)
        var builder = JudgedChain(network: .regtest)
        builder.now = try file.member("mocktime").integer() + 3600
        for (height, block) in blocks.enumerated().dropFirst() {
            let connection = try builder.connect(block)
            for check in connection.checks { try check.run() }
            guard let row = rows.first(where: { $0["height"]?.int == Int64(height) }) else {
                continue
            }
            let others = block.transactions.dropFirst()
            let facts: [(String, Int)] = [
                ("txs", block.transactions.count),
                ("ins", others.reduce(0) { $0 + $1.inputs.count }),
                ("outs", block.transactions.reduce(0) { $0 + $1.outputs.count }),
                ("totalfee", Int(connection.fees.satoshis)),
                ("subsidy", Int(Network.regtest.consensus.subsidy(at: height).satoshis)),
                ("total_out", others.reduce(0) { $0 + Int($1.outputValue.satoshis) }),
                ("total_size", others.reduce(0) { $0 + $1.totalSize }),
                ("total_weight", others.reduce(0) { $0 + $1.weight.units }),
                ("swtxs", others.count { $0.hasWitness }), ("time", Int(block.header.time)),
                ("mediantime", Int(builder.index.medianTimePast(of: builder.tip))),
            ]
            for (name, value) in facts {
                #expect(row[name]?.int == Int64(value), "\(name) at \(height)")
            }
            #expect(row["blockhash"]?.stringValue == block.hash.displayHex)
        }
        #expect(builder.height == 103)
    }

    @Test("Damaged blocks are refused with Core's words")
    func orphans() throws {
        let rows = try Vectors.rows("expected/submitblock_orphans.json")
        #expect(rows.count == 144)
        for row in rows {
            let network = try #require(Network.named(row.member("network").text()))
            let bytes = try Vectors.load("blocks/" + row.member("file").text())
            let mutation = try row.member("mutation").text()
            guard let mutated = try mutate(bytes, mutation),
                let block = try? Block(decoding: mutated, allowTrailing: true)
            else {
                #expect(row["result"]?.stringValue == nil, "\(mutation)")
                continue
            }
            var index = BlockIndex(network: network)
            var reason: String?
            do {
                try block.check(in: network)
                _ = try index.accept(block.header, in: network, at: Int64(block.header.time))
            } catch let error as BlockError {
                reason = error.rejectReason
            } catch let error as HeaderError {
                reason = error.rejectReason
            }
            #expect(reason == row["result"]?.stringValue, "\(row) \(mutation)")
        }
    }

    /// Nil where the result cannot be made of whole transactions.
    private func mutate(_ bytes: [UInt8], _ mutation: String) throws -> [UInt8]? {
        var bytes = bytes
        let block = try Block(decoding: bytes)
        var transactions = Array(block.transactions)
        switch mutation {
        case "none": return bytes
        case "nonce_plus_1":
            var header = block.header
            header.nonce &+= 1
            return header.bytes + bytes.dropFirst(80)
        case "merkle_root_bit":
            bytes[36] ^= 1
            return bytes
        case "truncate_1_byte": return bytes.dropLast()
        case "append_zero_byte": return bytes + [0]
        case "strip_witness": return block.strippedBytes
        case "no_transactions": return Array(bytes.prefix(80)) + [0]
        case "coinbase_twice": transactions.insert(transactions[0], at: 1)
        case "drop_last_tx": transactions.removeLast()
        case "duplicate_last_tx": transactions.append(transactions[transactions.count - 1])
        case "swap_tx_1_2": transactions.swapAt(1, 2)
        case "coinbase_last": transactions.append(transactions.removeFirst())
        default: throw MalformedVector(mutation)
        }
        return Block(header: block.header, transactions: transactions).bytes
    }
}
