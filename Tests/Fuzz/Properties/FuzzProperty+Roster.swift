import Cryptography
import Genesis
import Mining
import Notation
import Primitives

extension FuzzProperty {
    /// A roster that passes its checks pays out any reward to the last satoshi, block after block,
    /// and the ledger it leaves comes back from its bytes.
    ///
    /// The bytes are the roster in JSON, its keys those of the file; or a ledger's own bytes.
    public static let roster = FuzzProperty("roster") { (bytes) throws(FuzzFailure) in
        if let ledger = try? PayoutLedger(decoding: bytes) {
            try claim(ledger.encoded == bytes, "a ledger is written otherwise than it was read")
        }
        guard let json = try? JSON(parsing: bytes),
            let roster = try? RosterDefinition(json: json).roster(on: .regtest)
        else { return }
        var ledger = PayoutLedger()
        var reward = Amount(satoshis: 5_000_000_000)
        for block: UInt8 in 0..<4 {
            let previous = SHA256.hash([block].span)
            let finder = roster.inmates.first?.name
            let plan = PayoutPlan(roster: roster, ledger: ledger, finder: finder)
            guard let split = try? plan.split(reward: reward, onto: previous) else { return }
            try claim(
                split.payouts.map(\.amount).sum() == reward, "a reward is not paid out exactly")
            ledger = split.ledgerAfter
            try claim(
                (try? PayoutLedger(decoding: ledger.encoded)) == ledger,
                "a ledger does not come back from its bytes")
            reward = Amount(satoshis: reward.satoshis / 7)
        }
    }
}
