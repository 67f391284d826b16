import Chain
import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import TestSupport
import Testing

/// Whole chains go in, and what Core answers comes out.
@Suite("Real chains", .enabled(if: Vectors.isPresent, Vectors.hint))
struct ChainVectorTests {
    private static let names = [
        "mainnet-1-2100", "mainnet-alt-1-2016", "signet-1-40", "regtest-kernel-1-206",
    ]

    private func network(of name: String) throws -> Network {
        let word = name.prefix { $0 != "-" }
        return try #require(Network.named(word == "mainnet" ? "main" : String(word)))
    }

    private func lines(_ name: String) throws -> [Substring] {
        String(decoding: try Vectors.load(name), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: true)
    }

    @Test("Every block is answered as Core answers it, and the coins are Core's", arguments: names)
    func submit(_ name: String) async throws {
        let chain = TestChain(network: try network(of: name))
        chain.clock.set(1_790_000_000)
        let validator = try await chain.open {
            $0.minimumChainWork = .zero
            $0.assumeValid = .zero
        }
        let expected = try #require(
            try Vectors.json("expected/\(name).submit.json")["submitblock_results"]?.array)
        let blocks = try lines("chains/\(name).hex")
        #expect(!blocks.isEmpty && blocks.count == expected.count)
        for (line, answer) in zip(blocks, expected) {
            let bytes = try #require(Hex.decode(String(line)))
            let outcome = try await validator.submit(block: try Block(decoding: bytes))
            #expect(outcome.bip22 == answer.stringValue)
        }
        try await compareAnswers(validator, name)
        try await validator.close()
        let again = try await chain.open()
        try await compareAnswers(again, name)
        #expect(try await again.verifyChain(level: 4, count: 50) == nil)
        try await again.close()
    }

    private func compareAnswers(_ validator: Validator, _ name: String) async throws {
        var compared = 0
        defer { #expect(compared > 0, "\(name)") }
        for line in try lines("expected/\(name).rpc.jsonl") {
            let row = try JSON(parsing: String(line))
            let parameters = row["params"]?.array ?? []
            guard row["method"]?.stringValue == "gettxoutsetinfo", parameters.count == 1,
                let kind = parameters[0].stringValue, let result = row["result"]
            else { continue }
            let asked: UTXOHashKind =
                kind == "muhash" ? .muhash : kind == "none" ? .none : .serialized3
            let info = try await validator.utxoSetInfo(asked)
            compared += 1
            #expect(info.height == result["height"]?.int.map(Int.init))
            #expect(info.bestBlock.displayHex == result["bestblock"]?.stringValue)
            #expect(info.outputs == result["txouts"]?.int.map(Int.init))
            #expect(info.bogoSize == result["bogosize"]?.int.map(Int.init))
            if let count = result["transactions"]?.int { #expect(info.transactions == Int(count)) }
            let hash = (result["hash_serialized_3"] ?? result["muhash"])?.stringValue
            #expect(info.hash?.displayHex == hash)
        }
    }

    @Test("A block whose parent is unknown is answered as Core answers it")
    func orphans() async throws {
        var validators: [String: (TestChain, Validator)] = [:]
        let rows = try Vectors.rows("expected/submitblock_orphans.json")
        #expect(rows.count == 144)
        for row in rows {
            let file = try #require(row["file"]?.stringValue)
            let mutation = try #require(row["mutation"]?.stringValue)
            let name = try #require(row["network"]?.stringValue)
            if validators[name] == nil {
                let chain = TestChain(network: try #require(Network.named(name)))
                chain.clock.set(1_790_000_000)
                validators[name] = (chain, try await chain.open())
            }
            guard let validator = validators[name]?.1 else { continue }
            let answer: String?
            do {
                let block = try mutated(try Vectors.load("blocks/\(file)"), mutation)
                answer = try await validator.submit(block: block, completesWitness: true).bip22
            } catch is DecodingError {
                #expect(row["error"]?["code"]?.int == -22, "\(file) \(mutation)")
                continue
            }
            #expect(answer == row["result"]?.stringValue, "\(file) \(mutation)")
        }
        for (_, validator) in validators.values { try await validator.close() }
    }

    private func mutated(_ bytes: [UInt8], _ mutation: String) throws -> Block {
        var bytes = bytes
        switch mutation {
        case "merkle_root_bit": bytes[36] ^= 1
        case "truncate_1_byte": bytes.removeLast()
        case "append_zero_byte": bytes.append(0)
        case "no_transactions": bytes = Array(bytes[..<80]) + [0]
        default: break
        }
        let block = try Block(decoding: bytes, allowTrailing: true)
        var header = block.header
        var transactions = Array(block.transactions)
        switch mutation {
        case "nonce_plus_1": header.nonce &+= 1
        case "strip_witness":
            transactions = try transactions.map { try Transaction(decoding: $0.strippedBytes) }
        case "coinbase_twice": transactions.insert(transactions[0], at: 1)
        case "drop_last_tx": transactions.removeLast()
        case "duplicate_last_tx": transactions.append(transactions[transactions.count - 1])
        case "swap_tx_1_2": transactions.swapAt(1, 2)
        case "coinbase_last": transactions.append(transactions.removeFirst())
        default: return block
        }
        return Block(header: header, transactions: transactions)
    }
}
