public import Notation

extension RosterDefinition {
    private static let payoutKeys: Set<String> = [
        "scheme", "max_payees", "min_payout", "fee_bps", "finder_bps", "pplns_factor", "operator",
    ]
    private static let memberKeys: Set<String> = [
        "name", "weight", "address", "descriptor", "wallet",
    ]

    /// Reads what a roster's file says from JSON with the same keys: `payout`, an object, and
    /// `inmate`, a list of objects.
    public init(json: JSON) throws(RosterError) {
        self.init()
        try Self.check(json, "the roster", keys: ["payout", "inmate"])
        if let payout = json["payout"] {
            try Self.check(payout, "payout", keys: Self.payoutKeys)
            scheme = try Self.text(payout, "scheme")
            maxPayees = try Self.integer(payout, "max_payees")
            minPayout = try Self.integer(payout, "min_payout")
            feeBasisPoints = try Self.integer(payout, "fee_bps")
            finderBasisPoints = try Self.integer(payout, "finder_bps")
            pplnsFactor = try Self.integer(payout, "pplns_factor")
            operatorAddress = try Self.text(payout, "operator")
        }
        guard let entries = json["inmate"] else { return }
        guard let entries = entries.array else {
            throw RosterError(line: nil, reason: "inmate is no list")
        }
        for entry in entries {
            try Self.check(entry, "an inmate", keys: Self.memberKeys)
            var member = Member()
            member.name = try Self.text(entry, "name")
            member.weight = try Self.integer(entry, "weight")
            member.address = try Self.text(entry, "address")
            member.descriptor = try Self.text(entry, "descriptor")
            member.wallet = try Self.text(entry, "wallet")
            members.append(member)
        }
    }

    private static func check(
        _ json: JSON, _ what: String, keys: Set<String>
    ) throws(RosterError) {
        guard let object = json.object else {
            throw RosterError(line: nil, reason: "\(what) is no object")
        }
        for member in object.members where !keys.contains(member.key) {
            throw RosterError(line: nil, reason: "\(what) has an unknown key \"\(member.key)\"")
        }
    }

    private static func text(
        _ json: JSON, _ key: String
    ) throws(RosterError) -> Located<String>? {
        guard let value = json[key] else { return nil }
        guard let text = value.stringValue else {
            throw RosterError(line: nil, reason: "\(key) is no string")
        }
        return Located(text)
    }

    private static func integer(
        _ json: JSON, _ key: String
    ) throws(RosterError) -> Located<Int64>? {
        guard let value = json[key] else { return nil }
        guard let number = value.int else {
            throw RosterError(line: nil, reason: "\(key) is no integer")
        }
        return Located(number)
    }
}
