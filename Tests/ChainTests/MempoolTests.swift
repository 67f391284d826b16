import Chain
import Consensus
import Cryptography
import Genesis
import MemoryPool
import Mining
import Primitives
import Storage
import TestSupport
import Testing

@Suite("The mempool behind the validator") struct MempoolTests {
    private let chain = TestChain()

    /// A chain whose first coinbases are mature, and those blocks.
    private func ripe(_ validator: Validator, _ count: Int = 110) async throws -> [Block] {
        let blocks = chain.builder.blocks(count, onto: chain.genesis)
        _ = try await validator.submitAll(blocks)
        return blocks
    }

    private func spend(_ block: Block, fee: Int64 = 10_000, into count: Int = 1) -> Transaction {
        chain.builder.spend(
            [OutPoint(txid: block.transactions[0].txid, index: 0)],
            worth: block.transactions[0].value(at: 0), fee: Amount(satoshis: fee), into: count)
    }

    private func reason(_ outcome: TransactionOutcome) -> String? {
        if case .rejected(let rejection) = outcome { return rejection.rejectReason }
        return nil
    }

    @Test("A good transaction is let in once, tested without effect, and mined away")
    func admission() async throws {
        let validator = try await chain.open()
        let blocks = try await ripe(validator)
        let transaction = spend(blocks[0])
        let test = try await validator.submit(
            transaction: transaction, options: TransactionOptions(testOnly: true))
        guard case .accepted(let acceptance) = test else {
            Issue.record("\(test)")
            return
        }
        #expect(acceptance.fee == Amount(satoshis: 10_000))
        #expect(await validator.mempoolTransaction(transaction.txid) == nil)
        #expect(reason(try await validator.submit(transaction: transaction)) == nil)
        #expect(
            reason(try await validator.submit(transaction: transaction))
                == "txn-already-in-mempool")
        #expect(await validator.mempoolTransaction(transaction.txid) == transaction)

        let spent = OutPoint(txid: blocks[0].transactions[0].txid, index: 0)
        #expect(try await validator.coin(spent) != nil)
        #expect(try await validator.coin(spent, includingMempool: true) == nil)
        let made = OutPoint(txid: transaction.txid, index: 0)
        #expect(
            try await validator.coin(made, includingMempool: true)?.height == Coin.mempoolHeight)

        let template = try await validator.blockTemplate(paying: .script(ChainBuilder.anyone))
        #expect(template.transactions.map(\.transaction) == [transaction])
        let mined = solve(template)
        #expect(try await validator.propose(block: mined) == nil)
        #expect(try await validator.submit(block: mined) == .connected)
        #expect(await validator.mempoolTransaction(transaction.txid) == nil)
        #expect(
            reason(try await validator.submit(transaction: transaction)) == "txn-already-known")
        try await validator.close()
    }

    @Test("One's own is let in within its fee, told to peers again, and known when mined")
    func broadcast() async throws {
        let validator = try await chain.open()
        let blocks = try await ripe(validator)
        let transaction = spend(blocks[0])
        func result(upTo fee: Int64) async throws -> BroadcastOutcome {
            try await validator.broadcast(transaction, maximumFee: Amount(satoshis: fee))
        }
        guard case .rejected(let rejection) = try await result(upTo: 9_999) else {
            Issue.record("it pays more than it may")
            return
        }
        #expect(rejection.kind == .maximumFee)
        #expect(await validator.mempoolTransaction(transaction.txid) == nil)
        #expect(try await result(upTo: 10_000) == .inPool(transaction.wtxid))
        #expect(await validator.mempool { $0.unbroadcast } == [transaction.txid])
        // What is there already is judged no more.
        #expect(try await result(upTo: 1) == .inPool(transaction.wtxid))
        let rival = spend(blocks[0], fee: 10_001)
        guard case .rejected(let refusal) = try await validator.broadcast(rival, maximumFee: .zero)
        else {
            Issue.record("it pays too little more to replace the other")
            return
        }
        #expect(refusal.kind != .maximumFee)

        let template = try await validator.blockTemplate(paying: .script(ChainBuilder.anyone))
        let mined = solve(template)
        #expect(try await validator.submit(block: mined) == .connected)
        #expect(try await result(upTo: 0) == .alreadyInChain)
        try await validator.close()
    }

    private func solve(_ template: BlockTemplate) -> Block {
        template.block(extraNonce: 1, time: UInt32(template.context.time))
            .solved(on: chain.builder.network)
    }

    @Test("What breaks a rule is refused in Core's words")
    func refusals() async throws {
        let validator = try await chain.open()
        let blocks = try await ripe(validator)
        let immature = spend(blocks[50])
        #expect(
            reason(try await validator.submit(transaction: immature))
                == "bad-txns-premature-spend-of-coinbase")
        let nowhere = chain.builder.spend([OutPoint(txid: .max, index: 0)], worth: .coin)
        #expect(
            reason(try await validator.submit(transaction: nowhere))
                == "bad-txns-inputs-missingorspent")
        let coinbase = blocks[0].transactions[0]
        #expect(reason(try await validator.submit(transaction: coinbase)) == "coinbase")
        try await validator.close()
    }

    @Test("After a reorganisation the transactions that can come back do, the others do not")
    func readmission() async throws {
        let validator = try await chain.open()
        let blocks = try await ripe(validator)
        let fork = chain.position(after: blocks, from: chain.genesis)
        let parent = spend(blocks[0], into: 2)
        let child = chain.builder.spend(
            [OutPoint(txid: parent.txid, index: 0)], worth: parent.value(at: 0))
        let rival = spend(blocks[1], fee: 20_000)
        let other = spend(blocks[1], fee: 30_000)

        var plan = ChainBuilder.Plan(transactions: [parent, rival], tag: 1)
        plan.fees = .zero
        let left = chain.builder.block(onto: fork, plan)
        #expect(try await validator.submit(block: left) == .connected)
        #expect(reason(try await validator.submit(transaction: child)) == nil)

        let right = chain.builder.block(
            onto: fork, ChainBuilder.Plan(transactions: [other], tag: 2))
        let end = chain.builder.block(onto: chain.builder.position(right, above: fork))
        _ = try await validator.submitAll([right, end])
        #expect(validator.tip.hash == end.hash)
        let held = await validator.mempool { pool in
            Set(pool.allEntries().map { $0.transaction.txid })
        }
        #expect(held == [parent.txid, child.txid])
        try await validator.close()
    }

    @Test("Of a deep branch that is invalidated the ten blocks nearest its tip give back what they held")
    func deepInvalidation() async throws {
        let validator = try await chain.open()
        let blocks = try await ripe(validator, 120)
        let spends = blocks[..<14].map { spend($0, into: 2) }
        func child(_ parent: Transaction, _ output: Int) -> Transaction {
            chain.builder.spend(
                [OutPoint(txid: parent.txid, index: UInt32(output))], worth: parent.value(at: output))
        }
        // More in all than a reorganisation would keep.
        let filler = Script([0x6a] + [UInt8](repeating: 0, count: 900_000))
        var position = chain.position(after: blocks, from: chain.genesis)
        var branch: [Block] = []
        for (number, transaction) in spends.enumerated() {
            var plan = ChainBuilder.Plan(transactions: [transaction])
            if number == 12 { plan.transactions.append(child(spends[1], 0)) }
            plan.amendOutputs = { $0.append(TransactionOutput(value: .zero, script: filler)) }
            let block = chain.builder.block(onto: position, plan)
            position = chain.builder.position(block, above: position)
            branch.append(block)
        }
        #expect(try await validator.submitAll(branch).allSatisfy { $0 == .connected })
        let kept = child(spends[10], 0)
        #expect(reason(try await validator.submit(transaction: kept)) == nil)
        #expect(reason(try await validator.submit(transaction: child(spends[1], 1))) == nil)
        #expect(try await validator.invalidate(branch[0].hash))
        #expect(validator.tip.height == 120)
        let held = await validator.mempool { pool in
            Set(pool.allEntries().map { $0.transaction.txid })
        }
        #expect(held == Set(spends[4...].map(\.txid) + [kept.txid]))
        try await validator.close()
    }

    @Test("Changes are told in order, and a follower that fell behind is told to start anew")
    func changes() async throws {
        let validator = try await chain.open()
        let blocks = try await ripe(validator)
        guard case .changes(let none, let start) = await validator.mempoolChanges(since: 0) else {
            Issue.record("nothing had happened")
            return
        }
        #expect(none.isEmpty)
        let transaction = spend(blocks[0])
        _ = try await validator.submit(transaction: transaction)
        guard case .changes(let changes, _) = await validator.mempoolChanges(since: start) else {
            Issue.record("one thing had happened")
            return
        }
        #expect(changes.map(\.transaction) == [transaction])
        guard case .resync = await validator.mempoolChanges(since: start + 100) else {
            Issue.record("it cannot be ahead")
            return
        }
        try await validator.close()
    }

    @Test("The mempool outlives the process, and a damaged file costs no more than its content")
    func persistence() async throws {
        var validator = try await chain.open()
        let blocks = try await ripe(validator)
        let transaction = spend(blocks[0])
        _ = try await validator.submit(transaction: transaction)
        await validator.prioritise(transaction.txid, delta: Amount(satoshis: 5))
        try await validator.close()
        validator = try await chain.open()
        let entry = await validator.mempool { $0[transaction.txid] }
        #expect(entry?.modifiedFee == 10_005)
        try await validator.close()
        let path = chain.folder.path + "/mempool.dat"
        let garbage = [UInt8](repeating: 0xff, count: 50)
        try File.replace(path, with: garbage.span)
        validator = try await chain.open()
        #expect(await validator.mempool { $0.count } == 0)
        try await validator.close()
    }

    @Test("Transactions that spend each other are judged together, and the pool stays as it is")
    func package() async throws {
        let validator = try await chain.open()
        let blocks = try await ripe(validator)
        let parent = spend(blocks[0])
        let child = chain.builder.spend(
            [OutPoint(txid: parent.txid, index: 0)], worth: parent.outputs[0].value,
            fee: Amount(satoshis: 7_000))
        var outcomes = try await validator.test(package: [parent, child])
        let fees = outcomes.map { outcome -> Int64? in
            if case .accepted(let accepted) = outcome { accepted.fee.satoshis } else { nil }
        }
        #expect(fees == [10_000, 7_000])
        #expect(await validator.mempool { $0.count } == 0)
        // Of those before and after one that is refused nothing is said.
        outcomes = try await validator.test(package: [spend(blocks[1]), child, spend(blocks[2])])
        #expect(outcomes[0] == nil && outcomes[2] == nil)
        #expect(outcomes[1].flatMap(reason) == "bad-txns-inputs-missingorspent")
        // Nothing is replaced for it.
        _ = try await validator.submit(transaction: parent)
        outcomes = try await validator.test(package: [spend(blocks[0], fee: 90_000), child])
        #expect(outcomes[0].flatMap(reason) == "bip125-replacement-disallowed")
        #expect(await validator.mempool { $0.count } == 1)
        // A script is looked at when all else is.
        let bad = Transaction(
            inputs: [
                TransactionInput(
                    outPoint: OutPoint(txid: blocks[3].transactions[0].txid, index: 0),
                    script: [0x6a])
            ], outputs: Array(spend(blocks[3]).outputs))
        outcomes = try await validator.test(package: [spend(blocks[4]), bad, spend(blocks[5])])
        if case .accepted = outcomes[0] {} else { Issue.record("the first one is good") }
        #expect(
            outcomes[1].flatMap(reason)?.hasPrefix("mempool-script-verify-flag-failed") == true)
        #expect(outcomes[2] == nil)
        try await validator.close()
    }

    @Test("A file of transactions is taken in beside what is there, what else it says where asked")
    func importing() async throws {
        var validator = try await chain.open()
        let blocks = try await ripe(validator)
        let (saved, held, absent) = (spend(blocks[0]), spend(blocks[1]), spend(blocks[2]).txid)
        _ = try await validator.submit(transaction: saved)
        await validator.addUnbroadcast(saved.txid)
        await validator.prioritise(saved.txid, delta: Amount(satoshis: 5))
        await validator.prioritise(absent, delta: Amount(satoshis: 7))
        try await validator.close()
        let path = chain.folder.path + "/mempool.dat"

        validator = try await chain.open { $0.persistsMempool = false }
        _ = try await validator.submit(transaction: held)
        let plain = MempoolImport(
            usesCurrentTime: true, appliesDeltas: false, appliesUnbroadcast: false)
        try await validator.importMempool(from: path, plain)
        var pool = await validator.mempool { $0 }
        #expect(pool.count == 2)
        #expect(pool[saved.txid]?.modifiedFee == 10_000)
        #expect(pool.deltas.isEmpty)
        #expect(pool.unbroadcast.isEmpty)

        var whole = plain
        whole.appliesDeltas = true
        whole.appliesUnbroadcast = true
        for _ in 0..<2 { try await validator.importMempool(from: path, whole) }
        pool = await validator.mempool { $0 }
        #expect(pool.count == 2)
        #expect(pool[saved.txid]?.modifiedFee == 10_010)
        #expect(pool.deltas[absent] == 14)
        #expect(pool.unbroadcast == [saved.txid])
        try await validator.close()
    }

    @Test("A file of transactions that is missing or damaged changes nothing and stops nothing")
    func importingNothing() async throws {
        let validator = try await chain.open()
        let blocks = try await ripe(validator)
        _ = try await validator.submit(transaction: spend(blocks[0]))
        let path = chain.folder.path + "/other.dat"
        let plain = MempoolImport(
            usesCurrentTime: true, appliesDeltas: true, appliesUnbroadcast: true)
        await #expect(throws: MempoolImportError.self) {
            try await validator.importMempool(from: path, plain)
        }
        let garbage = [UInt8](repeating: 0xff, count: 50)
        try File.replace(path, with: garbage.span)
        await #expect(throws: MempoolImportError.self) {
            try await validator.importMempool(from: path, plain)
        }
        #expect(await validator.mempool { $0.count } == 1)
        try await validator.close()
    }
}
