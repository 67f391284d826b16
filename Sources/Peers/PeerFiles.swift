public import Notation
import Wire

/// What of the peers outlives the node, as it is written: `peers.dat` and `banlist.json`, both JSON.
public enum PeerFiles {
    /// The addresses that a `peers.dat` holds. What is none is passed over.
    public static func addresses(in json: JSON) -> [KnownAddress] {
        (json["addresses"]?.array ?? []).compactMap(KnownAddress.init(json:))
    }

    public static func json(of addresses: [KnownAddress]) -> JSON {
        ["version": 1, "addresses": .array(addresses.map(\.json))]
    }

    /// The bans that a `banlist.json` holds, in Bitcoin Core's form. What is none is passed over.
    public static func bans(in json: JSON) -> [Ban] {
        (json["banned_nets"]?.array ?? []).compactMap(Ban.init(json:))
    }

    public static func json(of bans: [Ban]) -> JSON {
        ["banned_nets": .array(bans.map(\.json))]
    }
}

extension KnownAddress {
    fileprivate init?(json: JSON) {
        guard let text = json["address"]?.stringValue,
            let written = Endpoint(text, defaultPort: 0), let time = json["time"]?.int,
            let services = json["services"]?.unsigned
        else { return nil }
        var endpoint = written
        if json["network"]?.stringValue == NetworkAddress.Kind.cjdns.name,
            let address = NetworkAddress(kind: .cjdns, bytes: written.address.bytes)
        {
            endpoint = Endpoint(address, port: written.port)
        }
        self.init(
            PeerAddress(
                endpoint, services: Services(rawValue: services), time: UInt32(clamping: time)),
            sourceGroup: json["source"]?.stringValue.flatMap { Hex.decode($0) } ?? [],
            // Counted on and subtracted from the time: no file may bring those to their limits.
            lastTry: max(0, json["tried"]?.int ?? 0),
            lastSuccess: max(0, json["succeeded"]?.int ?? 0),
            attempts: min(max(0, Int(clamping: json["attempts"]?.int ?? 0)), 1000),
            isTried: json["proven"]?.bool ?? false)
    }

    fileprivate var json: JSON {
        let endpoint = address.endpoint
        var object: JSONObject = [
            "address": .string(endpoint.description),
            "services": .int(address.services.rawValue), "time": .int(address.time),
            "source": .hex(sourceGroup), "tried": .int(lastTry), "succeeded": .int(lastSuccess),
            "attempts": .int(attempts), "proven": .bool(isTried),
        ]
        // Such an address looks like one of IPv6.
        if endpoint.address.kind == .cjdns {
            object.append("network", .string(endpoint.address.kind.name))
        }
        return .object(object)
    }
}

extension Ban {
    fileprivate init?(json: JSON) {
        guard let text = json["address"]?.stringValue, let subnet = Subnet(text),
            let created = json["ban_created"]?.int, let until = json["banned_until"]?.int,
            created >= 0, until >= 0
        else { return nil }
        self.init(subnet: subnet, created: created, until: until)
    }

    fileprivate var json: JSON {
        [
            "version": 1, "ban_created": .int(created), "banned_until": .int(until),
            "address": .string(subnet.description),
        ]
    }
}
