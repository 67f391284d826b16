import Chain
import Indexes
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Indexes that the disk has damaged", .serialized) struct DamagedIndexTests {
    private static let folder = "/indexes/blockfilter/basic"

    /// What becomes of a store.
    enum Damage: CaseIterable {
        case noCurrent, noManifest, noTable, garbledManifest, garbledTable

        func strike(_ folder: String) throws {
            for name in try System.names(in: folder) {
                let path = "\(folder)/\(name)"
                switch self {
                case .noCurrent: if name == "CURRENT" { try System.remove(path) }
                case .noManifest: if name.hasPrefix("MANIFEST") { try System.remove(path) }
                case .noTable: if name.hasSuffix(".sst") { try System.remove(path) }
                case .garbledManifest: if name.hasPrefix("MANIFEST") { try DamagedIndexTests.garble(path) }
                // It begins with the cursor.
                case .garbledTable: if name.hasSuffix(".sst") { try DamagedIndexTests.garble(path) }
                }
            }
        }
    }

    private static func garble(_ path: String) throws {
        let garbage = [UInt8](repeating: 0xa5, count: 64)
        try File(path, .writing).write(garbage.span, at: 0)
    }

    /// Four hundred blocks in small files, and an index over all of them that is closed.
    private func indexed(
        _ configure: (inout Validator.Configuration) -> Void = { _ in }
    ) async throws -> IndexedChain {
        let chain = try await IndexedChain {
            $0.maximumBlockFileSize = 4096
            configure(&$0)
        }
        try await chain.submit(chain.busyBlocks(400, onto: chain.builder.genesis))
        let index = try chain.filters()
        try await chain.build(index)
        await index.close()
        // Opened and closed again, the store has its rows in tables rather than in its log.
        try await chain.filters().close()
        return chain
    }

    @Test("One that cannot be opened is built anew, and that is told", arguments: Damage.allCases)
    func unopened(_ damage: Damage) async throws {
        let lines = Mutex<[String]>([])
        let chain = try await indexed { $0.report = { line in lines.withLock { $0.append(line) } } }
        let folder = chain.folder.path + Self.folder
        try damage.strike(folder)
        let index = try chain.filters()
        #expect(await index.progress == (false, 0))
        let told = lines.withLock { $0.filter { $0.contains("basic block filter index") } }
        #expect(told.count == 1 && told[0].contains(folder))
        try await chain.build(index)
        try await chain.expectFilters(index)
        await index.close()
        #expect(try System.names(in: chain.folder.path + "/indexes/blockfilter") == ["basic"])
    }

    @Test("One that is open elsewhere is not taken for damaged")
    func locked() async throws {
        let chain = try await indexed()
        let index = try chain.filters()
        #expect(throws: StorageError.self) { try chain.filters() }
        try await chain.expectFilters(index)
        await index.close()
    }

    @Test("Where the blocks it was built of are pruned, the node says so")
    func pruned() async throws {
        let chain = try await indexed { $0.prune = .manual }
        try await chain.validator.prune(upTo: 100)
        #expect(await chain.validator.prunedHeight != nil)
        try Damage.noManifest.strike(chain.folder.path + Self.folder)
        let index = try chain.filters()
        let thrown = await #expect(throws: StorageError.self) { try await index.prepare() }
        #expect(thrown?.reason.contains("goes beyond pruned data") == true)
        await index.close()
    }

    @Test("One to be made anew is gone at once, however long it takes to remove its files")
    func removal() async throws {
        let chain = try await indexed()
        let folder = chain.folder.path + Self.folder
        // What cannot be removed like a file cuts it short.
        try System.createFolder(folder + "/obstacle")
        #expect(throws: StorageError.self) { try chain.filters(isAnew: true) }
        #expect(!System.exists(folder))
        try System.removeFolder(folder + ".old/obstacle")
        let index = try chain.filters()
        #expect(await index.progress == (false, 0))
        try await chain.build(index)
        try await chain.expectFilters(index)
        await index.close()
        #expect(!System.exists(folder + ".old"))
    }
}
