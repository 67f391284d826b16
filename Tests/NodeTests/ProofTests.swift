import Cryptography
import NodeClient
import Notation
import Primitives
import Testing

@Suite("Proofs that transactions are in blocks") struct ProofTests {
    /// Spends a coin that anyone may, into outputs that nobody can spend and one that anyone can.
    private func wide(spending txid: Hash256, unspendable count: Int) -> Transaction {
        var outputs = [TransactionOutput](
            repeating: TransactionOutput(value: .zero, script: [0x6a]), count: count)
        outputs.append(TransactionOutput(value: Amount(satoshis: 1_000_000), script: [0x51]))
        return Transaction(
            inputs: [
                TransactionInput(
                    outPoint: OutPoint(txid: txid, index: 0), script: [],
                    witness: Witness([] as [[UInt8]]))
            ], outputs: outputs)
    }

    private func coinbase(of node: NodeProcess, at height: Int64) throws -> String {
        let hash = try node.result("getblockhash", [.int(height)])
        return try #require(try node.result("getblock", [hash])["tx"]?[0]?.stringValue)
    }

    @Test(
        "A transaction is found by whichever of its coins is left, and its proof verifies",
        arguments: [0, 63, 64, 511, 512, 513, 4000])
    func wideTransaction(_ count: Int) throws {
        let node = try NodeProcess()
        try node.start()
        _ = try node.result("generatetodescriptor", [101, "raw(51)"])
        let coin = try #require(Hash256(displayHex: try coinbase(of: node, at: 1)))
        let transaction = wide(spending: coin, unspendable: count)
        let txid: JSON = .string(transaction.txid.displayHex)
        let block = try node.result(
            "generateblock", ["raw(51)", [.string(Hex.encode(Array(transaction.bytes)))]])
        let proof = try node.result("gettxoutproof", [[txid]])
        #expect(try node.result("verifytxoutproof", [proof]) == [txid])
        let hash = try #require(block["hash"])
        #expect(try node.result("gettxoutproof", [[txid], hash]) == proof)
        // Nothing else is found by it.
        let other = JSON.string(String(repeating: "ab", count: 32))
        #expect(
            try node.answer("gettxoutproof", [[other]])["error"]
                == ["code": -5, "message": "Transaction not yet in block"])
    }

    @Test("What is not asked rightly, or not in the block, is refused with Core's words")
    func refusals() throws {
        let node = try NodeProcess()
        try node.start()
        _ = try node.result("generatetodescriptor", [3, "raw(51)"])
        let ids = try (1...2).map { JSON.string(try coinbase(of: node, at: $0)) }
        let hash = try node.result("getblockhash", [1])
        func refusal(_ parameters: JSON) throws -> JSON? {
            try node.answer("gettxoutproof", parameters)["error"]
        }
        let missing = "Not all transactions found in specified or retrieved block"
        #expect(try refusal([[ids[1]], hash]) == ["code": -5, "message": .string(missing)])
        #expect(try refusal([.array(ids)]) == ["code": -5, "message": .string(missing)])
        #expect(try refusal([.array(ids), hash]) == ["code": -5, "message": .string(missing)])
        #expect(
            try refusal([[]]) == ["code": -8, "message": "Parameter 'txids' cannot be empty"])
        #expect(try refusal([[ids[0], ids[0]]])?["code"] == -8)
        #expect(try refusal([["00"]])?["code"] == -8)
        #expect(
            try refusal([[ids[0]], .string(String(repeating: "0", count: 64))])
                == ["code": -5, "message": "Block not found"])
    }

    @Test("Of transactions without a coin the first in the order of their bytes is looked up")
    func order() throws {
        let node = try NodeProcess()
        try node.start("-txindex")
        _ = try node.result("generatetodescriptor", [101, "raw(51)"])
        let spent = try coinbase(of: node, at: 1)
        let coin = try #require(Hash256(displayHex: spent))
        _ = try node.result(
            "generateblock",
            ["raw(51)", [.string(Hex.encode(Array(wide(spending: coin, unspendable: 1).bytes)))]])
        // Hashes are shown with the last byte first.
        let zeros = String(repeating: "00", count: 31)
        for (other, words) in [
            (zeros + "ff", "Not all transactions found in specified or retrieved block"),
            (String(repeating: "ff", count: 31) + "00", "Transaction not yet in block"),
        ] {
            #expect(
                try node.answer("gettxoutproof", [[.string(spent), .string(other)]])["error"]
                    == ["code": -5, "message": .string(words)])
        }
    }

    @Test(
        "A proof of another root, of a block unknown or left, or with bytes missing proves nothing")
    func falseProofs() throws {
        let node = try NodeProcess()
        try node.start()
        _ = try node.result("generatetodescriptor", [3, "raw(51)"])
        let txid = JSON.string(try coinbase(of: node, at: 3))
        let proof = try #require(
            try node.result("gettxoutproof", [[txid]]).stringValue.flatMap { Hex.decode($0) })
        func verify(_ bytes: [UInt8]) throws -> JSON {
            try node.answer("verifytxoutproof", [.string(Hex.encode(bytes))])
        }
        #expect(try verify(proof)["result"] == [txid])
        // The txid itself, the one hash of the tree.
        var changed = proof
        changed[80 + 4 + 1 + 5] ^= 1
        #expect(try verify(changed)["result"] == [])
        // The header: another block, which nobody has mined.
        changed = proof
        changed[76] ^= 1
        #expect(
            try verify(changed)["error"] == ["code": -5, "message": "Block not found in chain"])
        // The number of transactions the tree is of.
        changed = proof
        changed[80] = 2
        #expect(try verify(changed)["result"] == [])
        for count in [1, 40, proof.count - 1] {
            let short = "SpanReader::read(): end of data: iostream error"
            #expect(
                try verify(Array(proof[..<count]))["error"]
                    == ["code": -1, "message": .string(short)])
        }
        // A number of hashes in more bytes than it takes.
        changed = proof
        changed.replaceSubrange(84...84, with: [0xfd, 1, 0])
        let long = "non-canonical ReadCompactSize(): iostream error"
        #expect(try verify(changed)["error"] == ["code": -1, "message": .string(long)])
        _ = try node.result("invalidateblock", [.string(try #require(try node.tip()))])
        #expect(try verify(proof)["error"] == ["code": -5, "message": "Block not found in chain"])
    }
}
