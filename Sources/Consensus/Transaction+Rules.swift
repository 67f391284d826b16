public import Primitives
public import Scripting

extension Transaction {
    /// Checks what needs nothing but the transaction (Bitcoin Core's `CheckTransaction`).
    public func check() throws(TransactionError) {
        let inputCount = inputs.count
        guard inputCount > 0 else { throw .noInputs }
        let outputCount = outputs.count
        guard outputCount > 0 else { throw .noOutputs }
        // Without the witness, which may have been tampered with on its way.
        guard baseSize * ConsensusLimits.witnessScaleFactor <= ConsensusLimits.maximumBlockWeight
        else { throw .oversize }

        var total = Amount.zero
        for index in 0..<outputCount {
            let value = value(at: index)
            guard value >= .zero else { throw .negativeOutput }
            guard value <= .max else { throw .outputTooLarge }
            total += value
            guard total.isMoney else { throw .outputTotalTooLarge }
        }

        // Bitcoin Core left this out once, and coins could be minted: CVE-2018-17144.
        if let point = repeatedOutPoint { throw .duplicateInput(point) }

        if isCoinbase {
            let length = inputs[0].script.count
            guard (2...100).contains(length) else { throw .coinbaseScriptLength(length) }
        } else {
            for index in 0..<inputCount where outPoint(at: index) == .null { throw .nullInput }
        }
    }

    /// The first out point that a former input names already.
    private var repeatedOutPoint: OutPoint? {
        let count = inputs.count
        if count <= 8 {
            for index in 0..<count {
                let point = outPoint(at: index)
                for former in 0..<index where outPoint(at: former) == point { return point }
            }
            return nil
        }
        var spent = Set<OutPoint>(minimumCapacity: count)
        for index in 0..<count {
            let point = outPoint(at: index)
            if !spent.insert(point).inserted { return point }
        }
        return nil
    }

    /// Checks the values against the coins it spends, in a block at `height`; returns the fee
    /// (Bitcoin Core's `CheckTxInputs`).
    ///
    /// - Parameters:
    ///   - coins: one an input, in order.
    ///   - maturity: the depth at which the network lets a coinbase be spent.
    public func fee(
        spending coins: some Collection<Coin>, at height: Int, maturity: Int
    ) throws(TransactionError) -> Amount {
        precondition(coins.count == inputs.count, "one coin for each input")
        var paidIn = Amount.zero
        for coin in coins {
            let depth = height - coin.height
            guard !coin.isCoinbase || depth >= maturity else {
                throw .immatureCoinbase(depth: depth)
            }
            guard coin.output.value.isMoney else { throw .inputsNotMoney }
            paidIn += coin.output.value
            guard paidIn.isMoney else { throw .inputsNotMoney }
        }
        // That the outputs are money was checked before.
        let paidOut = outputValue
        guard paidIn >= paidOut else {
            throw .spendsMoreThanInputs(inputs: paidIn, outputs: paidOut)
        }
        return paidIn - paidOut
    }

    /// The sum of the outputs of a transaction that passed `check()`.
    public var outputValue: Amount {
        var total = Amount.zero
        for index in 0..<outputs.count { total += value(at: index) }
        return total
    }
}

// MARK: Locks

/// The last height and the last time at which a transaction may not be mined yet (BIP68).
public struct SequenceLock: Hashable, Sendable {
    public var height: Int
    public var time: Int64

    public init(height: Int, time: Int64) {
        self.height = height
        self.time = time
    }

    /// Open at any height and time.
    public static let none = SequenceLock(height: -1, time: -1)

    /// Whether a block at `height`, whose parent has that median time past, may hold it.
    public func isOpen(height: Int, medianTimePast: Int64) -> Bool {
        self.height < height && time < medianTimePast
    }
}

extension Transaction {
    /// Whether its lock time lets it into a block at `height`, `time` being the median time past of
    /// the block's parent or, before BIP113, the block's own (Bitcoin Core's `IsFinalTx`).
    public func isFinal(height: Int, time: Int64) -> Bool {
        let lockTime = lockTime
        if lockTime == 0 { return true }
        let limit = lockTime < ConsensusLimits.lockTimeThreshold ? Int64(height) : time
        if Int64(lockTime) < limit { return true }
        return (0..<inputs.count).allSatisfy { sequence(at: $0) == TransactionInput.finalSequence }
    }

    /// When its relative lock times are over (Bitcoin Core's `CalculateSequenceLocks`).
    ///
    /// - Parameters:
    ///   - coinHeights: the heights of the coins it spends, one an input, in order.
    ///   - medianTimePast: that of the block at a height, in the chain it is to be mined in.
    public func sequenceLock(
        coinHeights: some Collection<Int>, medianTimePast: (_ height: Int) -> Int64
    ) -> SequenceLock {
        precondition(coinHeights.count == inputs.count, "one height for each input")
        var lock = SequenceLock.none
        guard version >= 2 else { return lock }
        for (index, coinHeight) in coinHeights.enumerated() {
            let sequence = sequence(at: index)
            if sequence & (1 << 31) != 0 { continue }
            let value = Int64(sequence & 0xffff)
            if sequence & (1 << 22) != 0 {
                // Counted from the earliest time that the coin's block could have had.
                let start = medianTimePast(max(coinHeight - 1, 0))
                lock.time = max(lock.time, start + value << 9 - 1)
            } else {
                lock.height = max(lock.height, coinHeight + Int(value) - 1)
            }
        }
        return lock
    }

    /// When its relative lock times are over in a block onto `parent`.
    public func sequenceLock(
        coinHeights: some Collection<Int>, onto parent: BlockID, of index: BlockIndex
    ) -> SequenceLock {
        sequenceLock(coinHeights: coinHeights) { height in
            index.medianTimePast(of: index.ancestor(of: parent, at: height) ?? parent)
        }
    }
}

// MARK: Signature operations

extension Transaction {
    /// The signature operations in its scripts as they stand, the old and inaccurate count.
    public var legacySigOpCount: Int {
        var count = 0
        forEachScript { count += SignatureOperations.count(in: $0, accurate: false) }
        return count
    }

    /// The cost of all its signature operations (BIP141).
    ///
    /// - Parameter coins: those it spends, one an input, in order; none for a coinbase.
    public func sigOpCost(spending coins: some Collection<Coin>, flags: ScriptFlags) -> Int {
        var cost = legacySigOpCount * ConsensusLimits.witnessScaleFactor
        if isCoinbase { return cost }
        for (input, coin) in zip(inputs.indices, coins) {
            let output = coin.output.script
            // Of most inputs the script is not looked at.
            let scriptSig = output.isPayToScriptHash ? script(ofInput: input) : Script()
            if flags.contains(.p2sh) {
                cost +=
                    SignatureOperations.payToScriptHash(scriptSig: scriptSig, scriptPubKey: output)
                    * ConsensusLimits.witnessScaleFactor
            }
            cost += SignatureOperations.witness(
                scriptSig: scriptSig, scriptPubKey: output, witness: witness(ofInput: input),
                flags: flags)
        }
        return cost
    }
}
