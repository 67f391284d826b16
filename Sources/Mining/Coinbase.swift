public import Primitives
import Scripting

/// Builds the transaction that mints a block's reward.
public enum Coinbase {
    /// How long its script may be, by consensus.
    public static let scriptSizes = 2...100

    /// Not final, so that the lock time counts.
    static let sequence: UInt32 = 0xffff_fffe

    /// BIP141's reserved value: all zero.
    public static let witnessNonce = [UInt8](repeating: 0, count: 32)

    /// The input script: the height as BIP34 is enforced, then a number to vary the block by.
    ///
    /// Heights 1 to 16 are the operations `OP_1` to `OP_16`. They alone are too short, so `OP_0`
    /// follows them, as Core has it. No extra nonce is written for zero: the script then is Core's.
    public static func script(height: Int, extraNonce: UInt64) -> Script {
        var builder = ScriptBuilder()
        builder.append(number: Int64(height))
        if height <= 16 { builder.append(.op0) }
        if extraNonce != 0 {
            builder.append(push: (0..<8).map { UInt8(truncatingIfNeeded: extraNonce >> (8 * $0)) })
        }
        return builder.script
    }

    /// The whole transaction. `outputs` are the payees', then commitments.
    ///
    /// - Parameter sequence: of its input; nil: what all have that need no other.
    public static func transaction(
        height: Int, extraNonce: UInt64, sequence: UInt32? = nil, outputs: [TransactionOutput],
        hasWitness: Bool
    ) -> Transaction {
        let input = TransactionInput(
            outPoint: .null, script: script(height: height, extraNonce: extraNonce),
            sequence: sequence ?? Self.sequence,
            witness: hasWitness ? Witness([witnessNonce]) : .empty)
        return Transaction(
            version: 2, inputs: [input], outputs: outputs,
            lockTime: UInt32(clamping: height - 1))
    }

    /// What a block weighs beside its other transactions, its coinbase having these outputs.
    static func reservedWeight(height: Int, outputs: [TransactionOutput], hasWitness: Bool) -> Int {
        let coinbase = transaction(
            height: height, extraNonce: .max, outputs: outputs, hasWitness: hasWitness)
        // The count of transactions takes five bytes at most.
        return 4 * (BlockHeader.encodedSize + 5) + coinbase.weight.units
    }

    /// The cost of the outputs' signature operations.
    static func sigOpCost(of outputs: [TransactionOutput]) -> Int {
        outputs.reduce(0) { $0 + 4 * $1.script.sigOpCount(accurate: false) }
    }
}
