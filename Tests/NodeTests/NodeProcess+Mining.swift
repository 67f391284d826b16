import Consensus
import Cryptography
import Foundation
import NodeClient
import Notation
import Primitives

/// Blocks that pay a roster, and blocks from templates.
extension NodeProcess {
    /// Mines blocks that pay the node's roster.
    func mineToRoster(_ count: Int) throws {
        let goal = try (height() ?? 0) + Int64(count)
        _ = try rpc.call("startmining", [1, .int(count)])
        try until("\(count) blocks are mined", seconds: 60) { try height() == goal }
        try until("mining has ended", seconds: 10) {
            try rpc.call("getminerinfo")["mining"] == false
        }
    }

    /// The outputs of the tip's coinbase that are worth something: satoshis by script, in order.
    func coinbaseOutputs() throws -> [(script: String, amount: String)] {
        let block = try rpc.call("getblock", [.string(tip() ?? ""), 2])
        return (block["tx"]?[0]?["vout"]?.array ?? []).compactMap { output in
            guard let script = output["scriptPubKey"]?["hex"]?.stringValue,
                let amount = output["value"]?.numberText, amount != "0.00000000"
            else { return nil }
            return (script, amount)
        }
    }

    /// A block of a template that gives the coinbase, with what `change` makes of that, solved.
    func solve(
        _ template: JSON, _ change: (Transaction) -> Transaction = { $0 }
    ) throws -> Block {
        func transaction(_ json: JSON?) throws -> Transaction {
            guard let bytes = json?["data"]?.stringValue.flatMap({ Hex.decode($0) }) else {
                throw Failure("a template's transaction is none: \(json ?? .null)")
            }
            return try Transaction(decoding: bytes)
        }
        let coinbase = change(try transaction(template["coinbasetxn"]))
        let all = [coinbase] + (try (template["transactions"]?.array ?? []).map(transaction))
        let previous = template["previousblockhash"]?.stringValue.flatMap {
            Hash256(displayHex: $0)
        }
        let bits = template["bits"]?.stringValue.flatMap { UInt32($0, radix: 16) }
        guard let previous, let bits else { throw Failure("no template: \(template)") }
        var header = BlockHeader(
            version: Int32(clamping: template["version"]?.int ?? 0), previous: previous,
            merkleRoot: MerkleTree.root(all.map(\.txid)),
            time: UInt32(clamping: template["curtime"]?.int ?? 0), bits: bits, nonce: 0)
        // On regtest every second one will do.
        while header.hash.bytes.last ?? 255 >= 0x7f { header.nonce += 1 }
        return Block(header: header, transactions: all)
    }
}
