import Consensus
import Cryptography
import Genesis
import Primitives
import Scripting
import TestSupport
import Testing

/// Valid blocks, each broken in one place by as little as can be.
@Suite("Rules of blocks by themselves and by their headers") struct BlockRuleTests {
    private var builder: JudgedChain

    init() throws {
        builder = JudgedChain()
        try builder.mine(110)
    }

    private func judge(_ block: Block) throws(BlockError) {
        var builder = builder
        try builder.connect(block)
    }

    private func make(_ change: (inout JudgedChain.Plan) throws -> Void) rethrows -> Block {
        var plan = JudgedChain.Plan()
        try change(&plan)
        return builder.makeBlock(plan)
    }

    /// A spend of the coinbase at a height, which anyone may spend.
    private func spend(
        _ height: Int = 1, outputs: [TransactionOutput] = [.anyone(1)], sequence: UInt32 = .max,
        version: UInt32 = 2, lockTime: UInt32 = 0, witness: Witness = .empty
    ) throws -> Transaction {
        let point = try #require(builder.coinbasePoint(at: height))
        return Transaction(
            version: version,
            inputs: [TransactionInput(outPoint: point, sequence: sequence, witness: witness)],
            outputs: outputs, lockTime: lockTime)
    }

    @Test("A block that breaks nothing is taken")
    func valid() throws {
        try judge(builder.makeBlock())
        let transaction = try spend()
        try judge(make { $0.transactions = [transaction] })
    }

    @Test("Transactions other than the merkle root's are refused, and not held against the hash")
    func merkleRoot() throws {
        let block = builder.makeBlock()
        let forged = Block(
            header: block.header, transactions: Array(block.transactions) + [try spend()])
        #expect(throws: BlockError.merkleRoot) { try judge(forged) }
        #expect(!BlockError.merkleRoot.result.marksFailed)
        #expect(throws: BlockError.merkleRoot) { try forged.checkMutation(checkingWitness: true) }
        try block.checkMutation(checkingWitness: true)
    }

    @Test("Transactions repeated behind the same root are found (CVE-2012-2459)")
    func repeated() throws {
        let transactions = [try spend(1), try spend(2)]
        let block = make { $0.transactions = transactions }
        let twice = Block(
            header: block.header,
            transactions: Array(block.transactions) + [transactions[1]])
        #expect(twice.computeMerkleRoot().root == block.header.merkleRoot)
        #expect(throws: BlockError.repeatedTransactions) { try judge(twice) }
    }

    @Test("A block without a coinbase first may hold no transaction of 64 bytes")
    func sixtyFourBytes() throws {
        func check(_ size: Int, behindCoinbase: Bool = false) throws(BlockError) {
            let point = OutPoint(txid: .zero, index: 0)
            // Sixty bytes are there without scripts.
            let script = Script([UInt8](repeating: 0x51, count: size - 60))
            let transaction = Transaction(
                version: 1, inputs: [TransactionInput(outPoint: point)],
                outputs: [TransactionOutput(value: .zero, script: script)])
            precondition(transaction.baseSize == size)
            var header = builder.makeBlock().header
            let first = behindCoinbase ? [builder.makeBlock().transactions[0]] : []
            let transactions = first + [transaction]
            header.merkleRoot =
                Block(header: header, transactions: transactions).computeMerkleRoot().root
            try Block(header: header, transactions: transactions)
                .checkMutation(checkingWitness: false)
        }
        try check(63)
        #expect(throws: BlockError.merkleRoot) { try check(64) }
        try check(65)
        // Behind a coinbase its depth in the tree is known to be true.
        try check(64, behindCoinbase: true)
    }

    @Test("A block has a coinbase, first and once")
    func coinbases() throws {
        let transaction = try spend()
        let coinbase = builder.makeBlock().transactions[0]
        func judge(_ transactions: [Transaction]) throws(BlockError) {
            var header = builder.makeBlock().header
            header.merkleRoot = MerkleTree.root(transactions.map(\.txid))
            try self.judge(
                Block(header: JudgedChain.solve(header), transactions: transactions))
        }
        #expect(throws: BlockError.length) { try judge([]) }
        #expect(throws: BlockError.coinbaseMissing) { try judge([transaction]) }
        #expect(throws: BlockError.coinbaseMissing) { try judge([transaction, coinbase]) }
        #expect(throws: BlockError.coinbaseMultiple) {
            try judge([
                coinbase,
                Transaction(
                    inputs: coinbase.inputs, outputs: [.anyone(0)]),
            ])
        }
    }

    @Test("Without witnesses a block may have a million bytes, not one more")
    func size() throws {
        let bare = make {
            $0.extraOutputs = [TransactionOutput(value: .zero, script: padding(900_000))]
        }
        let room = 1_000_000 - bare.totalSize
        for (extra, isTooLong) in [(0, false), (1, true)] {
            let block = make {
                $0.extraOutputs = [
                    TransactionOutput(value: .zero, script: padding(900_000 + room + extra))
                ]
            }
            #expect(block.strippedSize == 1_000_000 + extra)
            if isTooLong {
                #expect(throws: BlockError.length) { try judge(block) }
            } else {
                try judge(block)
            }
        }
    }

    /// A script that can never be spent, of so many bytes.
    private func padding(_ count: Int) -> Script {
        Script([Opcode.return.rawValue] + [UInt8](repeating: 0, count: count - 1))
    }

    @Test("With witnesses a block may weigh four million units, not one more")
    func weight() throws {
        func block(_ padding: Int) throws -> Block {
            let witness = Witness([[UInt8](repeating: 7, count: padding)])
            // Spends a coin that asks for no witness: it is not cleared for that by consensus, but
            // the weight comes first.
            let transaction = try spend(witness: witness)
            return make { $0.transactions = [transaction] }
        }
        let bare = try block(3_000_000)
        let room = 4_000_000 - bare.weight.units
        let full = try block(3_000_000 + room)
        #expect(full.weight.units == 4_000_000)
        let unexpected = ScriptError.witnessUnexpected
        #expect {
            try judge(full)
        } throws: { error in
            if case BlockError.script(let failure) = error { return failure.error == unexpected }
            return false
        }
        let over = try block(3_000_001 + room)
        #expect(throws: BlockError.weight) { try judge(over) }
    }

    @Test("Twenty thousand old signature operations are allowed, not one more")
    func legacySigOps() throws {
        for (count, isTooMany) in [(20_000, false), (20_001, true)] {
            let script = Script(
                [UInt8](repeating: Opcode.checkSig.rawValue, count: count))
            // Behind an output of nothing, where they are counted though never run.
            let block = make {
                $0.extraOutputs = [TransactionOutput(value: .zero, script: script)]
            }
            if isTooMany {
                #expect(throws: BlockError.legacySigOps) { try judge(block) }
            } else {
                try judge(block)
            }
        }
    }

    @Test("A coinbase's script has 2 to 100 bytes")
    func coinbaseScript() throws {
        let height = ScriptBuilder().adding(number: 111).bytes
        for count in [2, 100] {
            let script = height + [UInt8](repeating: 0, count: count - height.count)
            try judge(make { $0.coinbaseScript = Script(script) })
        }
        for count in [1, 101] {
            let script =
                count == 1 ? [0x51] : height + [UInt8](repeating: 0, count: count - height.count)
            let block = make { $0.coinbaseScript = Script(script) }
            let txid = block.transactions[0].txid
            #expect(
                throws: BlockError.transaction(.coinbaseScriptLength(count), txid)
            ) { try judge(block) }
        }
    }

    @Test("A coinbase begins with its height, small numbers as operations (BIP34)")
    func height() throws {
        for number in [Int64(110), 112] {
            let script = ScriptBuilder().adding(number: number).adding(.op0).script
            #expect(throws: BlockError.coinbaseHeight) {
                try judge(make { $0.coinbaseScript = script })
            }
        }
        var young = JudgedChain()
        var plan = JudgedChain.Plan()
        plan.coinbaseScript = [0x01, 0x01]
        let pushed = young.makeBlock(plan)
        #expect(throws: BlockError.coinbaseHeight) { try young.connect(pushed) }
        try young.mine(17)
    }

    @Test("A lock time lets a transaction in from the block after its height on")
    func lockHeight() throws {
        let open = try spend(sequence: 0, lockTime: 110)
        try judge(make { $0.transactions = [open] })
        let shut = try spend(sequence: 0, lockTime: 111)
        #expect(throws: BlockError.nonFinal) { try judge(make { $0.transactions = [shut] }) }
        let final = try spend(sequence: .max, lockTime: 111)
        try judge(make { $0.transactions = [final] })
    }

    @Test("A lock by time looks at the median of the blocks before (BIP113)")
    func lockTime() throws {
        let median = UInt32(builder.index.medianTimePast(of: builder.tip))
        let open = try spend(sequence: 0, lockTime: median - 1)
        try judge(make { $0.transactions = [open] })
        let shut = try spend(sequence: 0, lockTime: median)
        #expect(throws: BlockError.nonFinal) {
            try judge(
                make {
                    $0.transactions = [shut]
                    $0.time = median + 5000
                })
        }
    }

    @Test("Before BIP113 a lock by time looks at the block's own")
    func lockTimeBefore() throws {
        var network = Network.regtest
        try network.apply(testActivation: "csv@1000")
        var chain = JudgedChain(network: network)
        try chain.mine(110)
        let point = try #require(chain.coinbasePoint(at: 1))
        var plan = JudgedChain.Plan()
        let time = UInt32(chain.index.medianTimePast(of: chain.tip)) + 100
        plan.time = time
        func block(_ lockTime: UInt32) -> Block {
            plan.transactions = [
                Transaction(
                    inputs: [TransactionInput(outPoint: point, sequence: 0)],
                    outputs: [.anyone(1)], lockTime: lockTime)
            ]
            return chain.makeBlock(plan)
        }
        _ = try chain.accept(block(time - 1))
        #expect(throws: BlockError.nonFinal) { try chain.accept(block(time)) }
    }

    @Test("Witnesses are committed to by the coinbase, all or none")
    func witness() throws {
        let transaction = try spend(witness: Witness([[1]]))
        func block(_ change: (inout JudgedChain.Plan) -> Void) -> Block {
            make { plan in
                plan.transactions = [transaction]
                change(&plan)
            }
        }
        #expect(throws: BlockError.unexpectedWitness) {
            try judge(block { $0.commitsToWitness = false })
        }
        for nonce in [
            Witness.empty, Witness([[UInt8](repeating: 0, count: 31)]),
            Witness([[UInt8](repeating: 0, count: 32), []]),
        ] {
            #expect(throws: BlockError.witnessNonceSize) {
                try judge(block { $0.witnessNonce = nonce })
            }
        }
        // The last output that looks like a commitment is the one that counts.
        let wrong = TransactionOutput(value: .zero, script: Block.witnessCommitmentScript(.max))
        var builder = builder
        _ = try builder.accept(block { $0.extraOutputs = [wrong] })
        #expect(throws: BlockError.witnessMerkleRoot) {
            try judge(
                make {
                    $0.extraOutputs = [wrong]
                    $0.commitsToWitness = true
                    $0.transactions = [transaction]
                    $0.witnessNonce = Witness([[UInt8](repeating: 9, count: 32)])
                }.withoutLastCoinbaseOutput())
        }
    }

    @Test("A commitment without witnesses is held to as well")
    func emptyCommitment() throws {
        try judge(make { $0.commitsToWitness = true })
    }

    @Test(
        "Each rule of a transaction holds in a block",
        arguments: [
            (TransactionError.negativeOutput, [Int64(-1)]),
            (.outputTooLarge, [Amount.max.satoshis + 1]),
            (.outputTotalTooLarge, [Amount.max.satoshis, 1]),
            (.noOutputs, []),
        ])
    func transactions(_ error: TransactionError, _ values: [Int64]) throws {
        let transaction = try spend(outputs: values.map { .anyone($0) })
        let block = make { $0.transactions = [transaction] }
        #expect(throws: BlockError.transaction(error, transaction.txid)) { try judge(block) }
    }
}

extension Block {
    /// The block without its coinbase's last output, mined again.
    fileprivate func withoutLastCoinbaseOutput() -> Block {
        let old = self.transactions[0]
        let coinbase = Transaction(
            version: old.version, inputs: old.inputs, outputs: Array(old.outputs.dropLast()),
            lockTime: old.lockTime)
        let transactions = [coinbase] + self.transactions.dropFirst()
        var header = header
        header.merkleRoot = MerkleTree.root(transactions.map(\.txid))
        return Block(header: JudgedChain.solve(header), transactions: transactions)
    }
}

extension TransactionOutput {
    /// So many satoshis for whoever takes them.
    static func anyone(_ satoshis: Int64) -> TransactionOutput {
        TransactionOutput(
            value: Amount(satoshis: satoshis), script: [Opcode.op1.rawValue])
    }
}
