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
        guard let json = try? JSON(parsing: bytes), json.object != nil,
            let roster = try? RosterDefinition(json).roster(on: .regtest)
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

extension RosterDefinition {
    /// Reads what a roster file says from JSON with the same keys. What is of the wrong kind is
    /// left out, since checking that is the business of the file's reader.
    fileprivate init(_ json: JSON) {
        self.init()
        func text(_ json: JSON, _ key: String) -> Located<String>? {
            json[key]?.stringValue.map { Located($0) }
        }
        func integer(_ json: JSON, _ key: String) -> Located<Int64>? {
            json[key]?.int.map { Located($0) }
        }
        if let payout = json["payout"] {
            scheme = text(payout, "scheme")
            maxPayees = integer(payout, "max_payees")
            minPayout = integer(payout, "min_payout")
            feeBasisPoints = integer(payout, "fee_bps")
            finderBasisPoints = integer(payout, "finder_bps")
            pplnsFactor = integer(payout, "pplns_factor")
            operatorAddress = text(payout, "operator")
        }
        for entry in json["inmate"]?.array ?? [] {
            var member = Member()
            member.name = text(entry, "name")
            member.weight = integer(entry, "weight")
            member.address = text(entry, "address")
            member.descriptor = text(entry, "descriptor")
            member.wallet = text(entry, "wallet")
            members.append(member)
        }
    }
}
