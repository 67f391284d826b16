import Conformance
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("The engine as a line tool") struct ToolTests {
    private func answer(_ request: JSON) throws -> JSON {
        var tool = ConformanceTool()
        let line = Array(request.description.utf8)
        let answer = tool.answer(line.span)
        return try JSON(parsing: answer)
    }

    @Test("The verdict under each of several sets of flags is the one under that set alone")
    func flagSets() throws {
        // A false redeem script: only who knows of BIP16 runs it.
        let redeemScript: [UInt8] = [0x00]
        let output = Script.payToScriptHash(Hash160.hash(redeemScript.span))
        let spending = Transaction(
            inputs: [
                TransactionInput(
                    outPoint: OutPoint(txid: .zero, index: 0),
                    script: ScriptBuilder().adding(push: redeemScript).script)
            ], outputs: [TransactionOutput(value: .coin)])
        var request: JSONObject = [
            "op": "verifyinput", "tx": .string(Hex.encode(spending.bytes)), "input": 0,
            "spent": [[1, .string(output.hex)]],
        ]
        let sets: [JSON] = [[], ["P2SH"], ["DERSIG"], ["P2SH", "WITNESS"]]
        request["flag_sets"] = .array(sets)
        #expect(try answer(.object(request)) == ["verdicts": [true, false, true, false]])
        request["flag_sets"] = nil
        for (set, verdict) in zip(sets, [true, false, true, false]) {
            request["flags"] = set
            #expect(try answer(.object(request))["ok"]?.bool == verdict)
        }
    }

    @Test("A block is judged by itself, its work and its root each only where that is asked")
    func checkBlock() throws {
        var bytes = Network.regtest.genesis.bytes
        func verdict(_ more: JSONObject = [:]) throws -> JSON {
            var request: JSONObject = [
                "op": "checkblock", "network": "regtest", "block": .string(Hex.encode(bytes)),
            ]
            request.append(contentsOf: more)
            return try answer(.object(request))
        }
        #expect(try verdict() == ["ok": true])
        // A bit of the root.
        bytes[36] ^= 1
        #expect(
            try verdict(["proof_of_work": false]) == ["ok": false, "error": "bad-txnmrklroot"])
        #expect(try verdict(["proof_of_work": false, "merkle_root": false]) == ["ok": true])
        bytes.removeLast()
        #expect(try verdict()["error"]?.stringValue?.contains("does not decode") == true)
    }

    @Test("A coin told as null is missing, unless the block itself makes it")
    func missingCoin() throws {
        let builder = ChainBuilder()
        let made = builder.spend(
            [OutPoint(txid: .zero, index: 3)], worth: Amount(satoshis: 50_000), fee: .zero)
        let again = builder.spend(
            [OutPoint(txid: made.txid, index: 0)], worth: Amount(satoshis: 50_000), fee: .zero)
        let block = builder.block(
            onto: builder.genesis, ChainBuilder.Plan(transactions: [made, again]))
        func error(_ coin: JSON) throws -> JSON {
            try answer([
                "op": "verifyblock", "network": "regtest", "height": 1,
                "block": .string(Hex.encode(block.bytes)),
                "spent": [
                    [.string(made.txid.displayHex), [coin]],
                    [.string(again.txid.displayHex), [nil]],
                ],
            ])
        }
        #expect(try error([50_000, "51"])["ok"]?.bool == true)
        #expect(try error(nil)["error"] == "bad-txns-inputs-missingorspent")
    }

    @Test("A coin of the block itself counts only where it is made before, and by whom it is made")
    func ownCoin() throws {
        let builder = ChainBuilder()
        let made = builder.spend(
            [OutPoint(txid: .zero, index: 3)], worth: Amount(satoshis: 50_000), fee: .zero, into: 2)
        func verdict(_ point: OutPoint, isBefore: Bool, coin: JSON) throws -> JSON {
            let again = builder.spend([point], worth: Amount(satoshis: 25_000), fee: .zero)
            let rows: [JSON] = [
                [.string(made.txid.displayHex), [[50_000, "51", 0, false]]],
                [.string(again.txid.displayHex), [coin]],
            ]
            let block = builder.block(
                onto: builder.genesis,
                ChainBuilder.Plan(transactions: isBefore ? [again, made] : [made, again]))
            return try answer([
                "op": "verifyblock", "network": "regtest", "height": 1,
                "block": .string(Hex.encode(block.bytes)),
                "spent": .array(isBefore ? rows.reversed() : rows),
            ])
        }
        let coin: JSON = [25_000, .string(ChainBuilder.anyone.hex)]
        let missing: JSON = ["ok": false, "error": "bad-txns-inputs-missingorspent"]
        let point = OutPoint(txid: made.txid, index: 1)
        #expect(try verdict(point, isBefore: false, coin: coin)["ok"]?.bool == true)
        #expect(try verdict(point, isBefore: true, coin: coin) == missing)
        let beyond = OutPoint(txid: made.txid, index: 7)
        #expect(try verdict(beyond, isBefore: false, coin: coin) == missing)
        // The block knows how old its coins are, whatever is told of them.
        let whole = try verdict(point, isBefore: false, coin: coin)
        #expect(whole["skipped"]?.array?.contains("maturity") == false)
    }

    @Test("A block's own coinbase cannot be spent in it, however its coin is told")
    func ownCoinbase() throws {
        let builder = ChainBuilder()
        let coinbase = builder.block(onto: builder.genesis).transactions[0]
        let point = OutPoint(txid: coinbase.txid, index: 0)
        let spend = builder.spend([point], worth: coinbase.value(at: 0), fee: .zero)
        let block = builder.block(
            onto: builder.genesis, ChainBuilder.Plan(transactions: [spend]))
        let coin: JSON = [
            .int(coinbase.value(at: 0).satoshis), .string(ChainBuilder.anyone.hex),
        ]
        let verdict = try answer([
            "op": "verifyblock", "network": "regtest", "height": 1,
            "block": .string(Hex.encode(block.bytes)),
            "spent": [[.string(spend.txid.displayHex), [coin]]],
        ])
        #expect(verdict["error"] == "bad-txns-premature-spend-of-coinbase")
    }

    @Test("The block is judged by itself before its header is judged in context")
    func order() throws {
        let builder = ChainBuilder()
        let spend = builder.spend(
            [OutPoint(txid: .zero, index: 3)], worth: Amount(satoshis: 50_000), fee: .zero)
        let whole = builder.block(
            onto: builder.genesis, ChainBuilder.Plan(transactions: [spend]))
        let cut = Block(header: whole.header, transactions: whole.transactions.dropLast())
        func error(_ block: Block, bits: JSON) throws -> JSON? {
            try answer([
                "op": "verifyblock", "network": "regtest", "height": 1,
                "block": .string(Hex.encode(block.bytes)),
                "spent": block.transactions.count == 1
                    ? [] : [[.string(spend.txid.displayHex), [[50_000, "51", 0, false, 0]]]],
                "context": [
                    "prev_height": 0, "prev_times": [.int(Int64(builder.genesis.time))],
                    "prev_bits": bits,
                ],
            ])["error"]
        }
        #expect(try error(whole, bits: "207fffff") == nil)
        #expect(try error(whole, bits: "1f00ffff") == "bad-diffbits")
        #expect(try error(cut, bits: "207fffff") == "bad-txnmrklroot")
        #expect(try error(cut, bits: "1f00ffff") == "bad-txnmrklroot")
    }

    @Test("What could not be judged for want of knowledge is listed")
    func skipped() throws {
        let builder = ChainBuilder()
        let spend = builder.spend(
            [OutPoint(txid: .zero, index: 3)], worth: Amount(satoshis: 50_000), fee: .zero)
        let block = builder.block(
            onto: builder.genesis, ChainBuilder.Plan(transactions: [spend]))
        func verdict(_ coin: JSON, context height: Int64? = 0) throws -> JSON {
            var request: JSONObject = [
                "op": "verifyblock", "network": "regtest", "height": 1,
                "block": .string(Hex.encode(block.bytes)),
                "spent": [[.string(spend.txid.displayHex), [coin]]],
            ]
            if let height {
                request["context"] = [
                    "prev_height": .int(height),
                    "prev_times": [.int(Int64(builder.genesis.time))], "prev_bits": "207fffff",
                ]
            }
            return try answer(.object(request))
        }
        let whole: JSON = [50_000, "51", 0, false, 0]
        // Whether its outputs are unspent coins already is never told.
        #expect(try verdict(whole)["skipped"] == ["BIP30"])
        for coin: JSON in [[50_000, "51"], [50_000, "51", 0]] {
            #expect(try verdict(coin)["skipped"] == ["sequence locks", "BIP30", "maturity"])
        }
        #expect(
            try verdict(whole, context: nil)["skipped"]
                == ["bits", "time", "version", "locktime", "sequence locks", "BIP30"])
        #expect(try verdict(whole, context: 1)["error"]?.stringValue?.contains("height") == true)
        // Heights and times that no block has, so that no sum of them overflows.
        for coin: JSON in [
            [50_000, "51", .int(Int64.min), false], [50_000, "51", 0x8000_0000, true],
            [50_000, "51", 0, false, .int(Int64.max)], [50_000, "51", 0, false, -1],
        ] {
            #expect(try verdict(coin)["error"]?.stringValue?.contains("no block has") == true)
        }
    }

    @Test("A relative lock on a coin of the same block counts from the parent's median time")
    func lockOnOwnCoin() throws {
        let builder = ChainBuilder()
        let made = builder.spend(
            [OutPoint(txid: .zero, index: 3)], worth: Amount(satoshis: 50_000), fee: .zero)
        func verdict(_ sequence: UInt32) throws -> JSON {
            let again = Transaction(
                version: 2,
                inputs: [
                    TransactionInput(
                        outPoint: OutPoint(txid: made.txid, index: 0), sequence: sequence)
                ], outputs: [TransactionOutput(value: Amount(satoshis: 1), script: [0x51])])
            let block = builder.block(
                onto: builder.genesis, ChainBuilder.Plan(transactions: [made, again]))
            let time = Int64(builder.genesis.time)
            return try answer([
                "op": "verifyblock", "network": "regtest", "height": 1,
                "block": .string(Hex.encode(block.bytes)),
                "spent": [
                    [.string(made.txid.displayHex), [[50_000, "51", 0, false, .int(time)]]],
                    [.string(again.txid.displayHex), [nil]],
                ],
                "context": [
                    "prev_height": 0, "prev_times": [.int(time)], "prev_bits": "207fffff",
                ],
            ])
        }
        // In units of 512 seconds: none has gone by since the parent.
        #expect(try verdict(1 << 22)["ok"]?.bool == true)
        #expect(try verdict(1 << 22 | 1)["error"] == "bad-txns-nonfinal")
    }

    @Test("A reward is split by roster and ledger to the last satoshi, and what is owed is told")
    func payout() throws {
        var request: JSONObject = [
            "op": "payout", "reward": 1000,
            "prev": .string(String(repeating: "00", count: 32)),
            "roster": [
                "payout": ["min_payout": 0],
                "inmate": [
                    ["name": "ana", "weight": 2, "descriptor": "raw(6a)"],
                    ["name": "bo", "weight": 1, "descriptor": "raw(6a01)"],
                ],
            ],
        ]
        let first = try answer(.object(request))
        // A third of 1000 satoshis is 333.333; unspendable outputs are never dust.
        let owed: [JSON] = [["ana": -333, "bo": 333], ["ana": -334, "bo": 334]]
        #expect(owed.contains(try #require(first["ledger"])))
        let commitment = try #require(first["commitment"]?.stringValue)
        let outputs = try #require(first["outputs"]?.array)
        #expect(
            outputs == [
                [.string("6a"), 667], [.string("6a01"), 333],
                [.string("6a244342504c" + commitment), 0],
            ])

        // What the ledger says is owed is paid with the next reward.
        request["ledger"] = ["ana": -500_000, "bo": 500_000]
        let second = try answer(.object(request))
        #expect(second["outputs"]?.array?[0].array?[1].int == 833)
        request["ledger"] = ["ana": 1]
        #expect(
            try answer(.object(request))["error"]?.stringValue?.contains("sum to zero") == true)
        request["ledger"] = ["cy": 0]
        #expect(try answer(.object(request))["error"]?.stringValue?.contains("cy") == true)
        request["ledger"] = nil
        request["roster"] = ["payout": ["colour": 1], "inmate": []]
        #expect(try answer(.object(request))["error"]?.stringValue?.contains("colour") == true)
    }
}
