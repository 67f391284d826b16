import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting
import TestSupport

/// As a miner could change it: the commitments are made good, so that the deeper rule speaks.
extension RealBlock {
    private var whole: [Transaction] { Array(block.transactions) }

    private func coinbase(
        inputs: (inout [TransactionInput]) -> Void = { _ in },
        outputs: (inout [TransactionOutput]) -> Void = { _ in }
    ) -> Block {
        repaired([whole[0].with(inputs: inputs, outputs: outputs)] + whole.dropFirst())
    }

    private func last(_ change: (Transaction) -> Transaction) -> Block {
        repaired(whole.dropLast() + [change(whole[whole.count - 1])])
    }

    // MARK: The shape of a block

    func changesOfShape() -> [BlockMutation] {
        var changes = [
            BlockMutation("no transactions", rooted([]), "bad-blk-length"),
            BlockMutation("unchanged", allowed: repaired(whole)),
        ]
        let other = whole[0].with(inputs: { $0[0].script = [0x51, 0x51] })
        changes.append(
            BlockMutation("coinbase twice", repaired(whole + [other]), "bad-cb-multiple"))
        guard whole.count > 1 else { return changes }
        changes += [
            BlockMutation("coinbase missing", rooted(Array(whole.dropFirst())), "bad-cb-missing"),
            BlockMutation(
                "coinbase last", rooted(whole.dropFirst() + [whole[0]]), "bad-cb-missing"),
        ]
        return changes
    }

    func changesOfCoinbase() -> [BlockMutation] {
        let script = Array(whole[0].inputs[0].script.bytes)
        let start = isUnder(.bip34) ? ScriptBuilder().adding(number: Int64(height)).bytes : []
        func scripted(_ script: [UInt8]) -> Block {
            coinbase(inputs: { $0[0].script = Script(script) })
        }
        func padded(_ count: Int) -> [UInt8] {
            Array((start + [UInt8](repeating: 0, count: 101)).prefix(count))
        }
        var changes = [
            BlockMutation("coinbase script length", scripted([0x51]), "bad-cb-length"),
            BlockMutation("coinbase script length", scripted(padded(101)), "bad-cb-length"),
            BlockMutation("coinbase script length", allowed: scripted(padded(100))),
            BlockMutation("coinbase script length", allowed: scripted(padded(max(2, start.count)))),
        ]
        let wrong = ScriptBuilder().adding(number: Int64(height + 1)).bytes
        let shifted = scripted(wrong + script.dropFirst(min(wrong.count, script.count)).prefix(90))
        changes.append(
            isUnder(.bip34)
                ? BlockMutation("coinbase height", shifted, "bad-cb-height")
                : BlockMutation("coinbase height", allowed: shifted))
        changes += valueChanges("coinbase") { change in coinbase(outputs: change) }
        return changes
    }

    private func valueChanges(
        _ whose: String, _ make: ((inout [TransactionOutput]) -> Void) -> Block
    ) -> [BlockMutation] {
        func first(_ satoshis: Int64) -> Block {
            make { $0[0].value = Amount(satoshis: satoshis) }
        }
        let most = Amount.max.satoshis
        return [
            BlockMutation(
                "\(whose) without outputs", make { $0.removeAll() }, "bad-txns-vout-empty"),
            BlockMutation("\(whose) output negative", first(-1), "bad-txns-vout-negative"),
            BlockMutation("\(whose) output negative", first(.min), "bad-txns-vout-negative"),
            BlockMutation("\(whose) output too large", first(most + 1), "bad-txns-vout-toolarge"),
            BlockMutation("\(whose) output too large", first(.max), "bad-txns-vout-toolarge"),
            BlockMutation(
                "\(whose) outputs too large",
                make { outputs in
                    outputs[0].value = .max
                    outputs.append(TransactionOutput(value: Amount(satoshis: 1)))
                    for index in outputs.indices.dropFirst().dropLast() {
                        outputs[index].value = .zero
                    }
                }, "bad-txns-txouttotal-toolarge"),
        ]
    }

    // MARK: Witnesses

    func changesOfCommitment() -> [BlockMutation] {
        guard isUnder(.segwit), let place = block.witnessCommitmentIndex else { return [] }
        func rebuilt(_ change: (inout [TransactionOutput]) -> Void) -> Block {
            rooted([whole[0].with(outputs: change)] + whole.dropFirst())
        }
        let other = TransactionOutput(
            value: .zero, script: Block.witnessCommitmentScript(.max))
        return [
            BlockMutation(
                "commitment missing", rebuilt { $0.remove(at: place) }, "unexpected-witness"),
            BlockMutation(
                "commitment wrong", rebuilt { $0[place] = other }, "bad-witness-merkle-match"),
            BlockMutation(
                "commitment extra", rebuilt { $0.append(other) }, "bad-witness-merkle-match"),
            BlockMutation("commitment extra", allowed: rebuilt { $0.insert(other, at: 0) }),
            BlockMutation(
                "commitment short",
                rebuilt { $0[place].script = Script($0[place].script.bytes.prefix(37)) },
                "unexpected-witness"),
            BlockMutation(
                "commitment longer",
                allowed: rebuilt { $0[place].script = Script($0[place].script.bytes + [1]) }),
        ]
    }

    // MARK: Limits

    func changesOfSigOps(cost: Int?) -> [BlockMutation] {
        let legacy = whole.reduce(0) { $0 + $1.legacySigOpCount }
        let room = (ConsensusLimits.maximumSigOpCost - (cost ?? legacy * 4)) / 4
        func adding(_ count: Int) -> Block {
            let script =
                [UInt8](repeating: Opcode.checkMultiSig.rawValue, count: count / 20)
                + [UInt8](repeating: Opcode.checkSig.rawValue, count: count % 20)
            return coinbase(outputs: {
                $0.insert(TransactionOutput(value: .zero, script: Script(script)), at: 0)
            })
        }
        let full = adding(room)
        guard full.strippedSize < 1_000_000 - 4, full.weight.units < 4_000_000 - 16 else {
            return []
        }
        var changes = [
            BlockMutation("signature operations", allowed: full),
            BlockMutation("signature operations", adding(room + 1), "bad-blk-sigops"),
        ]
        if cost != nil, legacy + room < 20_000 {
            // Not the old count, but the cost is what speaks.
            changes[1].name = "signature operation cost"
        }
        return changes
    }

    func changesOfSize() -> [BlockMutation] {
        func padded(_ count: Int, _ extraWitness: Int = 0) -> Block {
            let script = [Opcode.return.rawValue] + [UInt8](repeating: 0, count: count - 1)
            var transactions = whole
            transactions[0] = whole[0].with(outputs: {
                $0.insert(TransactionOutput(value: .zero, script: Script(script)), at: 0)
            })
            if extraWitness > 0,
                let place = whole.indices.last(where: { whole[$0].hasWitness && $0 > 0 })
            {
                transactions[place] = whole[place].with(inputs: { inputs in
                    guard let index = inputs.firstIndex(where: { !$0.witness.isEmpty }) else {
                        return
                    }
                    var stack = inputs[index].witness.stack
                    stack[stack.count - 1] += [UInt8](repeating: 0, count: extraWitness)
                    inputs[index].witness = Witness(stack)
                })
            }
            return repaired(transactions)
        }
        let hasWitness = whole.dropFirst().contains { $0.hasWitness }
        let slack = min(
            1_000_000 - block.strippedSize,
            hasWitness ? (4_000_000 - block.weight.units) / 4 : .max)
        guard slack > 800 else { return [] }
        // On one side of where the length of a script takes more bytes itself.
        let start = slack > 67_000 ? 66_000 : 300
        let bare = padded(start)
        guard hasWitness else {
            let full = start + 1_000_000 - bare.strippedSize
            return [
                BlockMutation("stripped size", allowed: padded(full)),
                BlockMutation("stripped size", padded(full + 1), "bad-blk-length"),
            ]
        }
        // A byte without witness weighs four units, the rest is made up by one within.
        let room = 4_000_000 - bare.weight.units
        let extra = room % 4 > 0 ? room % 4 : 4
        let full = start + (room - extra) / 4
        // Where there is little witness the other limit is met first.
        guard padded(full).strippedSize <= 1_000_000 else { return [] }
        return [
            BlockMutation("weight", allowed: padded(full, extra)),
            BlockMutation("weight", padded(full, extra + 1), "bad-blk-weight"),
        ]
    }

    // MARK: Transactions

    func changesOfTransactions() -> [BlockMutation] {
        guard whole.count > 1 else { return [] }
        var changes = valueChanges("transaction") { change in last { $0.with(outputs: change) } }
        // An input more must not be what makes the block too long.
        if 1_000_000 - block.strippedSize > 1000 {
            changes += [
                BlockMutation(
                    "input twice in a transaction", last { $0.with(inputs: { $0.append($0[0]) }) },
                    "bad-txns-inputs-duplicate"),
                BlockMutation(
                    "input of no coin",
                    last { $0.with(inputs: { $0.append(TransactionInput(outPoint: .null)) }) },
                    "bad-txns-prevout-null"),
            ]
        }
        let time = isUnder(.csv) ? medianTimePast : Int64(block.header.time)
        for (lock, isOpen) in [
            (UInt32(height - 1), true), (UInt32(height), false), (UInt32(time - 1), true),
            (UInt32(time), false),
        ] {
            // A sequence that is not final, and that as a relative lock is switched off.
            let locked = last {
                $0.with(lockTime: lock, inputs: { $0[0].sequence = 0xffff_fffe })
            }
            changes.append(
                BlockMutation("lock time", locked, isOpen ? nil : "bad-txns-nonfinal"))
        }
        changes.append(
            BlockMutation(
                "lock time",
                allowed: last {
                    $0.with(
                        lockTime: .max,
                        inputs: { inputs in
                            for index in inputs.indices {
                                inputs[index].sequence = TransactionInput.finalSequence
                            }
                        })
                }))
        return changes
    }

    // MARK: Coins

    /// What needs the coins; nothing where they are not published or none is spent.
    func changesOfCoins(fees: Amount) -> [BlockMutation] {
        guard coins != nil, whole.count > 1 else { return [] }
        let table = coinTable
        let subsidy = network.consensus.subsidy(at: height)
        let slack = subsidy + fees - whole[0].outputValue
        var changes = [
            BlockMutation(
                "coinbase amount",
                coinbase(outputs: { $0[0].value += slack + Amount(satoshis: 1) }), "bad-cb-amount"),
            BlockMutation("coinbase amount", allowed: coinbase(outputs: { $0[0].value += slack })),
        ]
        let final = whole[whole.count - 1]
        let fee = feeOf(final, table)
        changes.append(
            fee > slack
                ? BlockMutation("last dropped", repaired(whole.dropLast()), "bad-cb-amount")
                : BlockMutation("last dropped", allowed: repaired(whole.dropLast())))
        changes += [
            BlockMutation(
                "outputs raised",
                last { $0.with(outputs: { $0[0].value += fee + Amount(satoshis: 1) }) },
                "bad-txns-in-belowout"),
            BlockMutation(
                "outputs raised",
                allowed: repaired(
                    [whole[0].with(outputs: { $0[0].value = .zero })] + whole.dropFirst().dropLast()
                        + [final.with(outputs: { $0[0].value += fee })])),
        ]
        // The same spend again, told apart by its version.
        let again = final.with(version: final.version ^ 4)
        changes.append(
            BlockMutation(
                "coin twice in the block", repaired(whole + [again]),
                "bad-txns-inputs-missingorspent"))
        return changes + swapped(slack) + coinChanges(table) + lockChanges(table)
    }

    private func feeOf(_ transaction: Transaction, _ table: [OutPoint: Coin]) -> Amount {
        var made: [OutPoint: Amount] = [:]
        for transaction in whole {
            for (place, output) in transaction.outputs.enumerated() {
                made[OutPoint(txid: transaction.txid, index: UInt32(place))] = output.value
            }
        }
        let paid = transaction.inputs.reduce(Amount.zero) {
            $0 + (table[$1.outPoint]?.output.value ?? made[$1.outPoint] ?? .zero)
        }
        return paid - transaction.outputValue
    }

    /// Each transaction before the one in front of it.
    private func swapped(_ slack: Amount) -> [BlockMutation] {
        guard whole.count > 2 else { return [] }
        // The first that spends what its neighbour made, and the first that does not.
        let pairs = (2..<whole.count).map { place in
            let former = whole[place - 1].txid
            return (place, whole[place].inputs.contains { $0.outPoint.txid == former })
        }
        return [true, false].compactMap { depends in
            guard let (place, _) = pairs.first(where: { $0.1 == depends }) else { return nil }
            var swapped = whole
            swapped.swapAt(place - 1, place)
            return BlockMutation(
                depends ? "spend before what it spends" : "two swapped", repaired(swapped),
                depends ? "bad-txns-inputs-missingorspent" : nil)
        }
    }

    /// The first and the last coin missing, or minted too late.
    private func coinChanges(_ table: [OutPoint: Coin]) -> [BlockMutation] {
        let points = block.spentOutPoints.filter { table[$0] != nil }
        guard let first = points.first, let last = points.last else { return [] }
        return [first, last].flatMap { point in
            func with(_ change: (inout Coin?) -> Void) -> [OutPoint: Coin] {
                var table = table
                change(&table[point])
                return table
            }
            func minted(_ depth: Int) -> [OutPoint: Coin] {
                with {
                    $0?.isCoinbase = true
                    $0?.height = height - depth
                }
            }
            return [
                BlockMutation(
                    "coin missing", block, "bad-txns-inputs-missingorspent",
                    coins: with { $0 = nil }, leaving: .scripts),
                BlockMutation(
                    "coinbase spent early", block, "bad-txns-premature-spend-of-coinbase",
                    coins: minted(99), leaving: .scripts),
                BlockMutation(
                    "coinbase spent early", allowed: block, coins: minted(100), leaving: .scripts),
                BlockMutation(
                    "coin of too much", block, "bad-txns-inputvalues-outofrange",
                    coins: with { $0?.output.value = Amount(satoshis: Amount.max.satoshis + 1) },
                    leaving: .scripts),
            ]
        }
    }

    /// Relative locks of the last transaction, by height and by time, on a coin of known age.
    private func lockChanges(_ table: [OutPoint: Coin]) -> [BlockMutation] {
        let final = whole[whole.count - 1]
        guard table[final.inputs[0].outPoint] != nil else { return [] }
        var table = table
        for input in final.inputs {
            table[input.outPoint]?.height = height - 7
            table[input.outPoint]?.isCoinbase = false
        }
        func locked(_ sequence: UInt32, version: UInt32 = 2) -> Block {
            last {
                $0.with(
                    version: version,
                    inputs: { inputs in
                        for index in inputs.indices { inputs[index].sequence = .max - 1 }
                        inputs[0].sequence = sequence
                    })
            }
        }
        // The rule holds from BIP68 on.
        let shut = isUnder(.csv) ? "bad-txns-nonfinal" : nil
        return [
            BlockMutation("relative lock", locked(8), shut, coins: table),
            BlockMutation("relative lock", allowed: locked(7), coins: table),
            BlockMutation("relative lock", allowed: locked(8, version: 1), coins: table),
            BlockMutation("relative lock", allowed: locked(1 << 31 | 8), coins: table),
        ]
    }
}
