import Cryptography
public import Genesis
public import Mining
import Notation
public import Storage

/// Every roster that coinbases were ever paid or judged by, a file each, named by its hash: without
/// them the ledger could not be computed anew.
public struct RosterArchive: Sendable {
    public let folder: String

    /// The longest roster, in bytes: ten thousand members with long descriptors.
    private static let longest = 16 << 20

    public init(folder: String) { self.folder = folder }

    public func save(_ roster: Roster) throws(StorageError) {
        try System.createFolder(folder)
        let path = "\(folder)/\(roster.hash.hex).json"
        guard !System.exists(path) else { return }
        let bytes = roster.json.bytes(indent: 1)
        try File.replace(path, with: bytes.span)
    }

    /// All of them. One that cannot be read is reported, not skipped: the ledger may hang on it.
    public func load(network: Network) throws(StorageError) -> [Roster] {
        guard System.isFolder(folder) else { return [] }
        var rosters: [Roster] = []
        for name in try System.names(in: folder).sorted() where name.hasSuffix(".json") {
            let path = "\(folder)/\(name)"
            let bytes = try File.contents(of: path, limit: Self.longest) ?? []
            guard let json = try? JSON(parsing: bytes) else {
                throw StorageError(path: path, reason: "An archived roster is no JSON")
            }
            do throws(RosterError) {
                rosters.append(try Roster(json: json, network: network))
            } catch {
                throw StorageError(path: path, reason: "An archived roster is damaged: \(error)")
            }
        }
        return rosters
    }
}
