import Cryptography
public import Genesis
import Keys
public import Notation
import Primitives

/// A roster as JSON: what archives and exports hold. Scripts stand for addresses, so that nothing
/// else is needed to check a payment.
extension Roster {
    public var json: JSON {
        var object: JSONObject = [
            "hash": .string(hash.hex), "scheme": .string(scheme.rawValue),
            "max_payees": .int(maxPayees), "min_payout": .int(minPayout.satoshis),
            "fee_bps": .int(feeBasisPoints), "finder_bps": .int(finderBasisPoints),
            "pplns_factor": .int(pplnsFactor),
            "operator": .optional(operatorScript?.hex),
        ]
        object.append(
            "inmates",
            .array(
                inmates.map { inmate in
                    switch inmate.destination {
                    case .script(let script):
                        [
                            "name": .string(inmate.name), "weight": .int(inmate.weight),
                            "script": .string(script.hex),
                        ]
                    case .descriptor(_, let text):
                        [
                            "name": .string(inmate.name), "weight": .int(inmate.weight),
                            "descriptor": .string(text),
                        ]
                    }
                }))
        return .object(object)
    }

    /// Reads what `json` gave; all of it is checked, and the hash must be right.
    public init(json: JSON, network: Network) throws(RosterError) {
        func wrong(_ key: String) -> RosterError {
            RosterError(line: nil, reason: "\(key) is missing or wrong")
        }
        func number(_ key: String, _ range: ClosedRange<Int64>) throws(RosterError) -> Int64 {
            guard let value = json[key]?.int, range.contains(value) else { throw wrong(key) }
            return value
        }
        guard let scheme = json["scheme"]?.stringValue.flatMap(Scheme.init(rawValue:)) else {
            throw wrong("scheme")
        }
        var operatorScript: Script?
        if let text = json["operator"]?.stringValue {
            guard let script = Script(hex: text) else { throw wrong("operator") }
            operatorScript = script
        }
        guard let members = json["inmates"]?.array, !members.isEmpty,
            members.count <= RosterDefinition.maximumMembers
        else { throw wrong("inmates") }
        var inmates: [Inmate] = []
        for member in members {
            inmates.append(try Self.inmate(member, network: network))
        }
        guard Set(inmates.map(\.name)).count == inmates.count else { throw wrong("inmates") }
        self.init(
            scheme: scheme, maxPayees: Int(try number("max_payees", 1...10_000)),
            minPayout: Amount(satoshis: try number("min_payout", 0...Amount.max.satoshis)),
            feeBasisPoints: Int(try number("fee_bps", 0...10_000)),
            finderBasisPoints: Int(try number("finder_bps", 0...10_000)),
            pplnsFactor: Int(try number("pplns_factor", 1...10_000)), inmates: inmates,
            operatorScript: operatorScript)
        guard feeBasisPoints + finderBasisPoints <= 10_000 else { throw wrong("fee_bps") }
        guard json["hash"]?.stringValue == hash.hex else { throw wrong("hash") }
    }

    private static func inmate(_ json: JSON, network: Network) throws(RosterError) -> Inmate {
        guard let name = json["name"]?.stringValue, !name.isEmpty,
            name.utf8.count <= RosterDefinition.maximumNameLength,
            let weight = json["weight"]?.int, weight > 0, weight <= RosterDefinition.maximumWeight
        else { throw RosterError(line: nil, reason: "an inmate has no name or weight") }
        if let script = json["script"]?.stringValue.flatMap(Script.init(hex:)) {
            return Inmate(name: name, weight: weight, destination: .script(script))
        }
        guard let text = json["descriptor"]?.stringValue else {
            throw RosterError(line: nil, reason: "\"\(name)\" has neither script nor descriptor")
        }
        do {
            let descriptor = try Descriptor(text, network: network)
            return Inmate(
                name: name, weight: weight,
                destination: .descriptor(descriptor, text: descriptor.text(on: network)))
        } catch {
            throw RosterError(line: nil, reason: "descriptor of \"\(name)\": \(error)")
        }
    }
}
