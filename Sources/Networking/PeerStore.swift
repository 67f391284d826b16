import Foundation
import Logging
import Notation
import Peers
import Storage

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
        return PeerFiles.addresses(in: json)
    }

    func save(_ addresses: [KnownAddress]) throws {
        try save(PeerFiles.json(of: addresses), addressPath)
    }

    func loadBans() throws(NetworkingError) -> [Ban] {
        guard let json = try load(banPath, "Cannot read banlist.json") else { return [] }
        return PeerFiles.bans(in: json)
    }

    func save(_ bans: [Ban]) throws {
        try save(PeerFiles.json(of: bans), banPath)
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
            try store.save(swarm.bannedSubnets(at: now))
        } catch {
            logger.error("cannot write banlist.json: \(error)")
        }
    }
}
