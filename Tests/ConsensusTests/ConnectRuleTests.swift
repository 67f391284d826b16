import Consensus
import Cryptography
import Genesis
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Rules of blocks by the coins they spend") struct ConnectRuleTests {
    private var builder: JudgedChain
    private let reward = 50 * Amount.coin.satoshis

    init() throws {
        builder = JudgedChain()
        try builder.mine(110)
    }

    @discardableResult
    private func judge(
        _ transactions: [Transaction], fees: Int64 = 0, onto chain: JudgedChain? = nil,
        _ change: (inout JudgedChain.Plan) -> Void = { _ in }
    ) throws(BlockError) -> BlockConnection {
        var chain = chain ?? builder
        var plan = JudgedChain.Plan()
        plan.transactions = transactions
        plan.fees = Amount(satoshis: fees)
        change(&plan)
        return try chain.connect(chain.makeBlock(plan))
    }

    private func coinbase(_ height: Int) throws -> OutPoint {
        try #require(builder.coinbasePoint(at: height))
    }

    private func spend(
        _ points: OutPoint..., paying values: Int64..., sequence: UInt32 = .max,
        version: UInt32 = 2
    ) -> Transaction {
        Transaction(
            version: version,
            inputs: points.map { TransactionInput(outPoint: $0, sequence: sequence) },
            outputs: values.map { .anyone($0) })
    }

    @Test("The coinbase takes subsidy and fees to the satoshi, not one more")
    func coinbaseAmount() throws {
        let transaction = try spend(coinbase(1), paying: reward - 1000)
        let connection = try judge([transaction], fees: 1000)
        #expect(connection.fees == Amount(satoshis: 1000))
        try judge([transaction], fees: 999)
        let limit = Amount(satoshis: reward + 1000)
        #expect(
            throws: BlockError.coinbaseAmount(
                actual: Amount(satoshis: reward + 1001), limit: limit)
        ) { try judge([transaction], fees: 1001) }
    }

    @Test("The subsidy halves at 150 on regtest and ends in 64 halvings")
    func subsidy() throws {
        let rules = Network.regtest.consensus
        #expect(rules.subsidy(at: 149).satoshis == reward)
        #expect(rules.subsidy(at: 150).satoshis == reward / 2)
        #expect(rules.subsidy(at: 150 * 32).satoshis == 1)
        #expect(rules.subsidy(at: 150 * 33).satoshis == 0)
        #expect(rules.subsidy(at: 150 * 64).satoshis == 0)
        #expect(rules.subsidy(at: 150 * 1000).satoshis == 0)
        let main = Network.mainnet.consensus
        var total: Int64 = 0
        for halving in 0..<64 {
            total += main.subsidy(at: halving * 210_000).satoshis * 210_000
        }
        #expect(total == 2_099_999_997_690_000)
    }

    @Test("A coin must be there, and once")
    func missing() throws {
        let unknown = OutPoint(txid: .max, index: 0)
        let ghost = spend(unknown, paying: 0)
        #expect(throws: BlockError.connection(.missingCoin(unknown), ghost.txid)) {
            try judge([ghost])
        }
        let point = try coinbase(1)
        let (first, second) = (spend(point, paying: 1), spend(point, paying: 2))
        #expect(throws: BlockError.connection(.missingCoin(point), second.txid)) {
            try judge([first, second])
        }
        let double = spend(point, point, paying: 1)
        #expect(throws: BlockError.transaction(.duplicateInput(point), double.txid)) {
            try judge([double])
        }
    }

    @Test("Of a transaction that a block holds twice the first makes the coins for those between")
    func twin() throws {
        let point = try coinbase(1)
        let twin = spend(point, paying: 5)
        let made = OutPoint(txid: twin.txid, index: 0)
        let (good, greedy) = (spend(made, paying: 5), spend(made, paying: 6))
        let locked = spend(made, paying: 5, sequence: 1)
        let more = TransactionError.spendsMoreThanInputs(
            inputs: Amount(satoshis: 5), outputs: Amount(satoshis: 6))
        #expect(throws: BlockError.connection(more, greedy.txid)) {
            try judge([twin, greedy, twin])
        }
        #expect(throws: BlockError.sequenceLock(locked.txid)) { try judge([twin, locked, twin]) }
        #expect(throws: BlockError.connection(.missingCoin(point), twin.txid)) {
            try judge([twin, good, twin])
        }
        try judge([twin, good])
    }

    @Test("A transaction may spend one before it in its block, not one after it")
    func order() throws {
        let parent = try spend(coinbase(1), paying: 5, 6)
        let point = OutPoint(txid: parent.txid, index: 1)
        let child = spend(point, paying: 6)
        let connection = try judge([parent, child])
        #expect(connection.spent.count == 2)
        #expect(connection.spent[1].height == 111)
        #expect(throws: BlockError.connection(.missingCoin(point), child.txid)) {
            try judge([child, parent])
        }
        let beyond = OutPoint(txid: parent.txid, index: 2)
        let greedy = spend(beyond, paying: 0)
        #expect(throws: BlockError.connection(.missingCoin(beyond), greedy.txid)) {
            try judge([parent, greedy])
        }
    }

    @Test("An output that can never be spent makes no coin, even within a block")
    func unspendable() throws {
        let parent = Transaction(
            inputs: [TransactionInput(outPoint: try coinbase(1))],
            outputs: [TransactionOutput(value: .zero, script: [Opcode.return.rawValue])])
        let point = OutPoint(txid: parent.txid, index: 0)
        let child = spend(point, paying: 0)
        #expect(throws: BlockError.connection(.missingCoin(point), child.txid)) {
            try judge([parent, child])
        }
    }

    @Test("A coinbase may be spent a hundred blocks deep, not before; other coins at once")
    func maturity() throws {
        // The block to come has height 111.
        try judge([spend(coinbase(11), paying: reward)])
        let early = try spend(coinbase(12), paying: reward)
        #expect(throws: BlockError.connection(.immatureCoinbase(depth: 99), early.txid)) {
            try judge([early])
        }
        #expect(
            BlockError.connection(.immatureCoinbase(depth: 99), early.txid).debugMessage
                == "tried to spend coinbase at depth 99 in transaction \(early.txid.displayHex)")
    }

    @Test("A network may let coinbases mature at another depth")
    func otherMaturity() throws {
        var network = Network.regtest
        network.consensus.coinbaseMaturity = 3
        var chain = JudgedChain(network: network)
        try chain.mine(3)
        let mature = try spend(#require(chain.coinbasePoint(at: 1)), paying: 1)
        try judge([mature], onto: chain)
        let early = try spend(#require(chain.coinbasePoint(at: 2)), paying: 1)
        #expect(throws: BlockError.connection(.immatureCoinbase(depth: 2), early.txid)) {
            try judge([early], onto: chain)
        }
    }

    @Test("A transaction pays out what it takes in, not a satoshi more")
    func values() throws {
        try judge([spend(coinbase(1), coinbase(2), paying: reward, reward)])
        let greedy = try spend(coinbase(1), coinbase(2), paying: reward, reward + 1)
        let error = TransactionError.spendsMoreThanInputs(
            inputs: Amount(satoshis: 2 * reward), outputs: Amount(satoshis: 2 * reward + 1))
        #expect(throws: BlockError.connection(error, greedy.txid)) { try judge([greedy]) }
        #expect(error.debugMessage == "value in (100.00) < value out (100.00000001)")
    }

    @Test("Coins that are no money, or not in sum, cannot be spent")
    func inputsNotMoney() throws {
        let point = try coinbase(1)
        let transaction = spend(point, try coinbase(2), paying: 1)
        func fee(_ values: Int64...) throws(TransactionError) -> Amount {
            try transaction.fee(
                spending: values.map {
                    Coin(output: .anyone($0), height: 1, isCoinbase: false)
                }, at: 5, maturity: 100)
        }
        #expect(try fee(Amount.max.satoshis, 0) == Amount(satoshis: Amount.max.satoshis - 1))
        #expect(throws: TransactionError.inputsNotMoney) { try fee(Amount.max.satoshis, 1) }
        #expect(throws: TransactionError.inputsNotMoney) { try fee(-1, 5) }
        #expect(throws: TransactionError.inputsNotMoney) { try fee(.max, .max) }
    }

    @Test("A relative lock by blocks is over exactly so many blocks on (BIP68)")
    func sequenceHeight() throws {
        // The coinbase at height 5 is 106 blocks below the block to come.
        try judge([spend(coinbase(5), paying: 1, sequence: 106)])
        let shut = try spend(coinbase(5), paying: 1, sequence: 107)
        #expect(throws: BlockError.sequenceLock(shut.txid)) { try judge([shut]) }
        // Version 1 and the bit that switches it off let anything pass.
        try judge([spend(coinbase(5), paying: 1, sequence: 107, version: 1)])
        try judge([spend(coinbase(5), paying: 1, sequence: 107 | 1 << 31)])
    }

    @Test("A relative lock by time counts units of 512 seconds of median time (BIP68)")
    func sequenceTime() throws {
        var chain = builder
        var plan = JudgedChain.Plan()
        let start = chain.index.medianTimePast(of: try #require(chain.index.active(at: 4)))
        // Eleven blocks at the very end of the second unit after it, then one second more.
        for (offset, isShut) in [(Int64(1023), true), (1024, false)] {
            chain = builder
            for _ in 0..<6 {
                plan.time = UInt32(start + offset)
                try chain.connect(chain.makeBlock(plan))
            }
            #expect(chain.index.medianTimePast(of: chain.tip) == start + offset)
            let point = try #require(chain.coinbasePoint(at: 5))
            let transaction = spend(point, paying: 1, sequence: 2 | 1 << 22)
            if isShut {
                #expect(throws: BlockError.sequenceLock(transaction.txid)) {
                    try judge([transaction], onto: chain)
                }
            } else {
                try judge([transaction], onto: chain)
            }
        }
    }

    @Test("Before its height BIP68 binds nobody")
    func sequenceBefore() throws {
        var network = Network.regtest
        try network.apply(testActivation: "csv@112")
        var chain = JudgedChain(network: network)
        try chain.mine(110)
        let transaction = try spend(
            #require(chain.coinbasePoint(at: 5)), paying: 1, sequence: 500)
        try judge([transaction], onto: chain)
        try chain.mine(1)
        #expect(throws: BlockError.sequenceLock(transaction.txid)) {
            try judge([transaction], onto: chain)
        }
    }

    @Test("Signature operations cost eighty thousand at most, script hashes' included")
    func sigOps() throws {
        // Each P2SH spend of a script with 15 accurate 20-key checks: 300 operations, cost 1200.
        var redeem = ScriptBuilder()
        redeem.append(.op1)
        redeem.append(.return)
        for _ in 0..<15 { redeem.append(.checkMultiSig) }
        let output = Script.payToScriptHash(Hash160.hash(redeem.bytes.span))
        let funding = Transaction(
            inputs: [TransactionInput(outPoint: try coinbase(1))],
            outputs: (0..<70).map { _ in
                TransactionOutput(value: Amount(satoshis: 1), script: output)
            })
        let spends = (0..<67).map { place in
            Transaction(
                inputs: [
                    TransactionInput(
                        outPoint: OutPoint(txid: funding.txid, index: UInt32(place)),
                        script: ScriptBuilder().adding(push: redeem.bytes).script)
                ],
                outputs: [.anyone(1)])
        }
        func cost(_ count: Int, _ extra: Int) throws(BlockError) -> Int {
            var chain = builder
            var plan = JudgedChain.Plan()
            plan.transactions = [funding] + spends.prefix(count)
            plan.extraOutputs = [
                TransactionOutput(
                    value: .zero,
                    script: Script([UInt8](repeating: Opcode.checkSig.rawValue, count: extra)))
            ]
            let block = chain.makeBlock(plan)
            _ = try chain.accept(block)
            return try block.connect(
                onto: chain.tip, of: chain.index, in: chain.network,
                spending: block.spentOutPoints.map { chain.coins[$0] }
            ).sigOpCost
        }
        #expect(try cost(66, 200) == 80_000)
        #expect(throws: BlockError.sigOps) { try cost(66, 201) }
        #expect(throws: BlockError.sigOps) { try cost(67, 0) }
    }

    @Test("A script that fails fails the block, in Core's words")
    func scripts() throws {
        let parent = Transaction(
            inputs: [TransactionInput(outPoint: try coinbase(1))],
            outputs: [TransactionOutput(value: .zero, script: [Opcode.op0.rawValue])])
        let child = spend(OutPoint(txid: parent.txid, index: 0), paying: 0)
        let failure = ScriptFailure(
            error: .evaluatedFalse, inputIndex: 0, txid: child.txid, wtxid: child.wtxid,
            spent: OutPoint(txid: parent.txid, index: 0))
        #expect(throws: BlockError.script(failure)) { try judge([parent, child]) }
        #expect(
            failure.blockRejectReason
                == "block-script-verify-flag-failed (Script evaluated without error but finished "
                + "with a false/empty top stack element)")
        // Whatever else is wrong with a block is told before a script that fails.
        #expect(
            throws: BlockError.coinbaseAmount(
                actual: Amount(satoshis: 2 * reward + 1), limit: Amount(satoshis: 2 * reward))
        ) { try judge([parent, child], fees: reward + 1) }
    }

    @Test("A transaction may not replace an unspent one with its id (BIP30)")
    func overwrite() throws {
        var network = Network.regtest
        try network.apply(testActivation: "bip34@1000")
        var chain = JudgedChain(network: network)
        var plan = JudgedChain.Plan()
        plan.coinbaseScript = [0x51, 0x51]
        try chain.connect(chain.makeBlock(plan))
        let again = chain.makeBlock(plan)
        #expect(throws: BlockError.overwrites) { try chain.connect(again) }
        plan.coinbaseScript = [0x51, 0x52]
        try chain.connect(chain.makeBlock(plan))
    }

    @Test("BIP30 is left out behind the known block of BIP34, until the heights it does not cover")
    func bip30() throws {
        var network = Network.regtest
        network.consensus.bip34Hash = builder.index.active(at: 1).map(builder.index.hash(of:))
        #expect(!builder.index.enforcesBIP30(.zero, onto: builder.tip, in: network))
        network.consensus.bip34Hash = .max
        #expect(builder.index.enforcesBIP30(.zero, onto: builder.tip, in: network))
        #expect(builder.index.enforcesBIP30(.zero, onto: builder.tip, in: .regtest))

        let main = Network.mainnet
        let root = main.genesis.header
        for (height, hash, isEnforced) in [
            (91841, "00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec", false),
            (91879, "00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721", false),
            (91880, "00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721", true),
            // Another block of such a height is none of the two.
            (91841, "00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721", true),
            (91879, "00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec", true),
            (91841, "00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caed", true),
        ] {
            let index = BlockIndex(window: [root], from: height, chainWork: .zero)
            let hash = try #require(Hash256(displayHex: hash))
            #expect(index.enforcesBIP30(hash, onto: index.genesis, in: main) == isEnforced)
        }
    }

    @Test("BIP30 comes back with the height that the first old coinbase named by accident")
    func bip30Limit() {
        #expect(BlockIndex.bip34Limit == 1_983_702)
        var network = Network.mainnet
        let root = network.genesis.header
        for (height, isEnforced) in [(1_983_701, false), (1_983_702, true), (1_983_703, true)] {
            let index = BlockIndex(window: [root], from: height - 1, chainWork: .zero)
            // The block of BIP34 is the known one.
            network.consensus.bip34Height = height - 1
            network.consensus.bip34Hash = root.hash
            #expect(index.enforcesBIP30(.zero, onto: index.genesis, in: network) == isEnforced)
        }
    }

    @Test("Two coinbases of mainnet were overwritten, each known by height and hash")
    func overwritten() throws {
        let first = try #require(
            Hash256(
                displayHex: "00000000000271a2dc26e7667f8419f2e15416dc6955e5a6c6cdf3f2574dd08e"))
        let second = try #require(
            Hash256(
                displayHex: "00000000000af0aed4792b1acee3d966af36cf5def14935db8de83d6f9306f2f"))
        for (hash, height, isOverwritten) in [
            (first, 91722, true), (second, 91812, true), (second, 91722, false),
            (first, 91812, false), (.zero, 91722, false), (.zero, 91812, false),
            (first, 91721, false), (first, 91723, false), (second, 91811, false),
            (second, 91813, false),
        ] {
            #expect(BlockIndex.isOverwritten(hash, at: height) == isOverwritten)
        }
    }

    @Test("Two old blocks of mainnet keep fewer script rules, all others the full ones")
    func flags() throws {
        let main = Network.mainnet
        let bip16 = try #require(
            Hash256(
                displayHex: "00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22"))
        let taproot = try #require(
            Hash256(
                displayHex: "0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad"))
        #expect(main.scriptFlags(for: bip16, at: 170_060) == [])
        #expect(
            main.scriptFlags(for: taproot, at: 692_261) == [
                .p2sh, .witness, .derSignatures, .checkLockTimeVerify, .checkSequenceVerify,
                .nullDummy,
            ])
        #expect(main.scriptFlags(for: .zero, at: 1) == [.p2sh, .witness, .taproot])
        #expect(!main.scriptFlags(for: .zero, at: 363_724).contains(.derSignatures))
        #expect(main.scriptFlags(for: .zero, at: 363_725).contains(.derSignatures))
        #expect(!main.scriptFlags(for: .zero, at: 388_380).contains(.checkLockTimeVerify))
        #expect(main.scriptFlags(for: .zero, at: 388_381).contains(.checkLockTimeVerify))
        #expect(!main.scriptFlags(for: .zero, at: 419_327).contains(.checkSequenceVerify))
        #expect(main.scriptFlags(for: .zero, at: 419_328).contains(.checkSequenceVerify))
        #expect(!main.scriptFlags(for: .zero, at: 481_823).contains(.nullDummy))
        #expect(main.scriptFlags(for: .zero, at: 481_824).contains(.nullDummy))
    }
}
