import Cryptography
import Primitives
import Scripting

/// The output by which a coinbase commits to its split: `OP_RETURN`, a tag and a hash.
enum PayoutCommitment {
    /// "CBPL".
    static let tag: [UInt8] = [0x43, 0x42, 0x50, 0x4c]

    private static let hashTag = SHA256Stream(tag: "Cellblock/payout")

    static func script(_ hash: Hash256) -> Script { Script.nullData(tag + hash.bytes) }

    /// The hash that `script` commits to, if it is of this kind.
    static func hash(in script: Script) -> Hash256? {
        let prefix: [UInt8] = [Opcode.return.rawValue, UInt8(tag.count + 32)] + tag
        guard script.count == prefix.count + 32, script.bytes.starts(with: prefix) else {
            return nil
        }
        return Hash256(bytes: script.bytes.dropFirst(prefix.count))
    }

    /// Over scheme and parameters (the roster's hash holds them too), finder, roster, share window,
    /// and the roots of the ledger before and after.
    ///
    /// - Parameter payees: how many the plan pays at most, its size class counted in.
    static func hash(
        of plan: PayoutPlan, rosterHash: Hash256, payees: Int, before: Hash256, after: Hash256
    ) -> Hash256 {
        var writer = ByteWriter()
        let roster = plan.roster
        writer.writeSized(roster.scheme.rawValue.utf8)
        writer.write(Int64(payees))
        writer.write(roster.minPayout.satoshis)
        writer.write(Int64(roster.feeBasisPoints))
        writer.write(Int64(roster.finderBasisPoints))
        writer.write(Int64(roster.pplnsFactor))
        writer.writeSized((plan.paidFinder ?? "").utf8)
        writer.write(rosterHash)
        writer.write(plan.shares?.root ?? .zero)
        writer.write(before)
        writer.write(after)
        var stream = hashTag
        stream.update(writer.bytes.span)
        return stream.finalize()
    }
}
