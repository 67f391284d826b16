import Foundation
import Logging
import Notation
import Peers
import Storage
import Wire

/// What of the peers outlives the node: addresses in `peers.dat`, bans in `banlist.json`.
///
/// Both are JSON. A file is replaced as a whole, so that a crash leaves the old one.
struct PeerStore: Sendable {
    private let addressPath: String
    private let banPath: String

    init(directory: String) {
        addressPath = directory + "/peers.dat"
        banPath = directory + "/banlist.json"
    }

    /// nil where there is no file.
    func loadAddresses() throws(NetworkingError) -> [KnownAddress]? {
        guard let json = try load(addressPath, "Invalid or corrupt peers.dat") else { return nil }
        return (json["addresses"]?.array ?? []).compactMap(KnownAddress.init(json:))
    }

    func save(_ addresses: [KnownAddress]) throws {
        let list = JSON.array(addresses.map(\.json))
        try save(.object(JSONObject([("version", .int(1)), ("addresses", list)])), addressPath)
    }

    func loadBans() throws(NetworkingError) -> [Ban] {
        guard let json = try load(banPath, "Cannot read banlist.json") else { return [] }
        return (json["banned_nets"]?.array ?? []).compactMap(Ban.init(json:))
    }

    func save(_ bans: [Ban]) throws {
        try save(.object(JSONObject([("banned_nets", .array(bans.map(\.json)))])), banPath)
    }

    var missingAddressesNote: String {
        "Creating peers.dat because the file was not found (\"\(addressPath)\")"
    }

    private func load(_ path: String, _ complaint: String) throws(NetworkingError) -> JSON? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            return try JSON(parsing: bytes)
        } catch {
            throw .storage(
                "\(complaint) (\"\(path)\"): \(error). Move the file away to begin anew.")
        }
    }

    private func save(_ json: JSON, _ path: String) throws {
        try File.replace(path, with: Array(json.text(indent: 0).utf8).span)
    }
}

extension KnownAddress {
    fileprivate init?(json: JSON) {
        guard let text = json["address"]?.stringValue,
            let endpoint = Endpoint(text, defaultPort: 0), let time = json["time"]?.int,
            let services = json["services"]?.unsigned
        else { return nil }
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
        .object(
            JSONObject([
                ("address", .string(address.endpoint.description)),
                ("services", .int(address.services.rawValue)), ("time", .int(address.time)),
                ("source", .hex(sourceGroup)), ("tried", .int(lastTry)),
                ("succeeded", .int(lastSuccess)), ("attempts", .int(attempts)),
                ("proven", .bool(isTried)),
            ]))
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
        .object(
            JSONObject([
                ("version", .int(1)), ("ban_created", .int(created)),
                ("banned_until", .int(until)), ("address", .string(subnet.description)),
            ]))
    }
}

extension PeerNetwork {
    /// Reads what was stored.
    func restore() throws {
        if let addresses = try store.loadAddresses() {
            swarm.restore(addresses)
        } else {
            logger.info("\(store.missingAddressesNote)")
            save()
        }
        swarm.restore(try store.loadBans())
    }

    func save() {
        do {
            try store.save(swarm.book.all)
        } catch {
            logger.error("cannot write peers.dat: \(error)")
        }
    }

    func saveBans() {
        do {
            try store.save(swarm.bannedSubnets(at: time.now))
        } catch {
            logger.error("cannot write banlist.json: \(error)")
        }
    }
}
