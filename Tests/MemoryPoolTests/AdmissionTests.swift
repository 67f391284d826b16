import Consensus
import Cryptography
import MemoryPool
import Primitives
import Scripting
import Testing

@Suite("Admission") struct AdmissionTests {
    private var builder = PoolBuilder()

    @Test("A plain payment gets in, and is there afterwards") mutating func payment() throws {
        let point = builder.coin(100_000)
        let transaction = builder.spend([point], paying: [99_000])
        let admission = try builder.judge(transaction)
        #expect(admission.fee.satoshis == 1000)
        #expect(admission.virtualSize == transaction.virtualSize)
        #expect(builder.pool.isEmpty, "judging changes nothing")
        try builder.pool.commit(admission, in: builder.context)
        #expect(builder.pool.contains(txid: transaction.txid))
        #expect(builder.pool.contains(wtxid: transaction.wtxid))
        #expect(builder.pool.spender(of: point) == transaction.txid)
        #expect(builder.pool.coin(transaction.point())?.height == Coin.mempoolHeight)
        #expect(builder.reason(transaction) == "txn-already-in-mempool")
    }

    @Test("The lowest fee relayed is 100 satoshis a kilobyte, rounded up")
    mutating func minimumFee() {
        let point = builder.coin(100_000)
        let size = builder.spend([point], paying: [99_000]).virtualSize
        let fee = Int64((100 * size + 999) / 1000)
        #expect(builder.reason(builder.spend([point], paying: [100_000 - fee])) == nil)
        #expect(
            builder.reason(builder.spend([point], paying: [100_000 - fee + 1]))
                == "min relay fee not met")
    }

    @Test("Coins must be there") mutating func missing() {
        let nowhere = OutPoint(txid: .max, index: 0)
        let transaction = builder.spend([nowhere], paying: [1000])
        #expect(builder.reason(transaction) == "bad-txns-inputs-missingorspent")
        #expect(throws: MempoolRejection(.conflict, "txn-already-known")) {
            try builder.pool.judge(
                transaction, in: builder.context,
                with: GatheredCoins(coins: [:], isAlreadyKnown: true), locks: { _, _ in .none })
        }
    }

    @Test("A coinbase may be spent at a depth of a hundred, not before") mutating func maturity() {
        let young = builder.coin(100_000, height: 102, isCoinbase: true)
        let mature = builder.coin(100_000, height: 101, isCoinbase: true)
        #expect(
            builder.reason(builder.spend([young], paying: [90_000]))
                == "bad-txns-premature-spend-of-coinbase")
        #expect(builder.reason(builder.spend([mature], paying: [90_000])) == nil)
    }

    @Test("Lock times must have passed for the next block") mutating func lockTimes() {
        let point = builder.coin(100_000)
        func reason(lockTime: UInt32) -> String? {
            builder.reason(builder.spend([point], paying: [90_000], lockTime: lockTime))
        }
        #expect(reason(lockTime: 200) == nil)
        #expect(reason(lockTime: 201) == "non-final")
        #expect(reason(lockTime: 1_699_999_999) == nil)
        #expect(reason(lockTime: 1_700_000_000) == "non-final")
    }

    @Test("A relative lock is measured on the next block") mutating func relativeLocks() {
        let point = builder.coin(100_000)
        let transaction = builder.spend([point], paying: [90_000])
        #expect(throws: MempoolRejection(.prematureSpend, "non-BIP68-final")) {
            try builder.judge(transaction) { _, _ in SequenceLock(height: 201, time: -1) }
        }
        #expect(throws: Never.self) {
            try builder.judge(transaction) { _, _ in SequenceLock(height: 200, time: -1) }
        }
    }

    @Test("Versions 1 to 3 are standard") mutating func versions() {
        let point = builder.coin(100_000)
        for version in [1, 2, 3] as [UInt32] {
            #expect(
                builder.reason(builder.spend([point], paying: [90_000], version: version)) == nil)
        }
        for version in [0, 4, .max] as [UInt32] {
            #expect(
                builder.reason(builder.spend([point], paying: [90_000], version: version))
                    == "version")
        }
    }

    @Test("One output may be dust, if nothing at all is paid") mutating func dust() {
        let point = builder.coin(100_000)
        #expect(builder.reason(builder.spend([point], paying: [294, 90_000])) == nil)
        #expect(builder.reason(builder.spend([point], paying: [293, 90_000])) == "dust")
        #expect(builder.reason(builder.spend([point], paying: [293, 293])) == "dust")
        // No fee is too little for one that comes alone.
        #expect(
            builder.reason(builder.spend([point], paying: [200, 99_800])) == "min relay fee not met"
        )
    }

    @Test("Dust is what costs more to spend at 3,000 satoshis a kilobyte")
    func dustThreshold() {
        let policy = MempoolPolicy()
        func threshold(_ script: Script) -> Int64 { policy.dustThreshold(for: script).satoshis }
        #expect(threshold(.payToPubKeyHash(.zero)) == 546)
        #expect(threshold(.payToScriptHash(.zero)) == 540)
        #expect(threshold(.payToWitnessPubKeyHash(.zero)) == 294)
        #expect(threshold(.payToWitnessScriptHash(.zero)) == 330)
        #expect(threshold(.payToAnchor) == 240)
        #expect(threshold(.nullData([1, 2, 3])) == 0)
    }

    @Test("Data may fill a transaction, but not exceed 100,000 bytes") mutating func data() {
        let point = builder.coin(100_000_000)
        func reason(bytes: Int, policy: MempoolPolicy = MempoolPolicy()) -> String? {
            let transaction = Transaction(
                version: 2, inputs: [TransactionInput(outPoint: point)],
                outputs: [
                    TransactionOutput(
                        value: .zero, script: .nullData([UInt8](repeating: 1, count: bytes)))
                ], lockTime: 0)
            return policy.nonStandardReason(of: transaction)
        }
        #expect(reason(bytes: 80) == nil)
        #expect(reason(bytes: 90_000) == nil)
        var small = MempoolPolicy()
        small.maxDataCarrierBytes = 83
        #expect(reason(bytes: 80, policy: small) == nil)
        #expect(reason(bytes: 81, policy: small) == "datacarrier")
        small.maxDataCarrierBytes = nil
        #expect(reason(bytes: 0, policy: small) == "datacarrier")
    }

    @Test("Scripts that sign must push only, and stay below 1,650 bytes") mutating func scriptSig()
    {
        let point = builder.coin(100_000)
        func reason(_ script: Script) -> String? {
            MempoolPolicy().nonStandardReason(
                of: builder.spend([point], paying: [90_000], scriptSig: script))
        }
        #expect(reason(Script([UInt8](repeating: 0x51, count: 1650))) == nil)
        #expect(reason(Script([UInt8](repeating: 0x51, count: 1651))) == "scriptsig-size")
        #expect(reason([0x51, 0x76]) == "scriptsig-not-pushonly")
    }

    @Test("Bare multisig of up to three keys is standard") func multisig() {
        let keys = (0..<4).map { [0x02] + [UInt8](repeating: UInt8($0 + 1), count: 32) }
        func reason(_ keys: [[UInt8]], permitted: Bool = true) -> String? {
            var policy = MempoolPolicy()
            policy.permitsBareMultisig = permitted
            let output = TransactionOutput(
                value: Amount(satoshis: 5000), script: .multisig(required: 1, publicKeys: keys))
            return policy.nonStandardReason(
                of: Transaction(
                    version: 2,
                    inputs: [TransactionInput(outPoint: OutPoint(txid: .max, index: 0))],
                    outputs: [output], lockTime: 0))
        }
        #expect(reason(Array(keys.prefix(3))) == nil)
        #expect(reason(keys) == "scriptpubkey")
        #expect(reason(Array(keys.prefix(3)), permitted: false) == "bare-multisig")
    }

    @Test("A transaction of 64 bytes could be taken for a node of a merkle tree")
    mutating func small() {
        let point = builder.coin(1000)
        let transaction = Transaction(
            version: 2, inputs: [TransactionInput(outPoint: point)],
            outputs: [TransactionOutput(value: .zero, script: [0x6a, 0x01, 0x01])], lockTime: 0)
        #expect(transaction.baseSize == 63)
        #expect(builder.reason(transaction) == "tx-size-small")
    }

    @Test("A coinbase is valid in a block alone") func coinbase() {
        let transaction = Transaction(
            version: 2, inputs: [TransactionInput(outPoint: .null, script: [1, 2])],
            outputs: [TransactionOutput(value: .coin, script: PoolBuilder.script())], lockTime: 0)
        #expect(builder.reason(transaction) == "coinbase")
    }

    @Test("The same transaction with another witness is known by its name")
    mutating func otherWitness() throws {
        let point = builder.coin(100_000)
        let transaction = builder.spend([point], paying: [90_000])
        try builder.add(transaction)
        let other = Transaction(
            version: 2,
            inputs: [
                TransactionInput(
                    outPoint: point, sequence: 0xffff_fffd, witness: Witness([[9], [9]]))
            ], outputs: Array(transaction.outputs), lockTime: 0)
        #expect(other.txid == transaction.txid)
        #expect(builder.reason(other) == "txn-same-nonwitness-data-in-mempool")
    }

    @Test("A delta counts as fee") mutating func delta() throws {
        let point = builder.coin(100_000)
        let transaction = builder.spend([point], paying: [100_000])
        #expect(builder.reason(transaction) == "min relay fee not met")
        builder.pool.prioritise(transaction.txid, by: 5000)
        try builder.add(transaction)
        #expect(builder.pool[transaction.txid]?.modifiedFee == 5000)
        #expect(builder.pool[transaction.txid]?.fee == .zero)
    }

    @Test("A witness for what is no witness program is nonstandard") mutating func stuffing() {
        let point = builder.coin(100_000)
        builder.coins[point] = Coin(
            output: TransactionOutput(
                value: Amount(satoshis: 100_000), script: .payToPubKeyHash(.zero)),
            height: 1, isCoinbase: false)
        #expect(
            builder.reason(builder.spend([point], paying: [90_000])) == "bad-witness-nonstandard")
    }

    @Test("Unknown scripts and witness versions are not spent") mutating func inputs() {
        func rejection(spending script: Script) -> MempoolRejection? {
            let point = builder.coin(100_000)
            builder.coins[point] = Coin(
                output: TransactionOutput(value: Amount(satoshis: 100_000), script: script),
                height: 1, isCoinbase: false)
            do throws(MempoolRejection) {
                _ = try builder.judge(builder.spend([point], paying: [90_000]))
                return nil
            } catch {
                return error
            }
        }
        #expect(
            rejection(spending: [0x76])
                == MempoolRejection(
                    .inputsNotStandard, "bad-txns-nonstandard-inputs", "input 0 script unknown"))
        #expect(
            rejection(spending: .witness(version: 5, program: [1, 2, 3]))
                == MempoolRejection(
                    .inputsNotStandard, "bad-txns-nonstandard-inputs",
                    "input 0 witness program is undefined"))
    }

    @Test("More than the maximum fee rate is refused where one is set") mutating func maximum() {
        let point = builder.coin(1_000_000)
        let transaction = builder.spend([point], paying: [500_000])
        let limit = AdmissionOptions(maximumFeeRate: FeeRate(satoshisPerKvB: 100_000))
        #expect(throws: MempoolRejection(.mempoolPolicy, "max feerate exceeded")) {
            try builder.judge(transaction, options: limit)
        }
    }
}
