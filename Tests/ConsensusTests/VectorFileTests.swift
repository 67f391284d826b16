import Foundation
import Notation
import TestSupport
import Testing

/// No published block, chain or run of headers lies about that no test reads.
@Suite("Files of vectors", .enabled(if: Vectors.isPresent, Vectors.hint))
struct VectorFileTests {
    /// What the tests read by name, beside what an index names for them.
    private static let read: [String: Set<String>] = [
        "blocks": ["index.json", "bip158_basic_filters.json"],
        "chains": [
            "index.json", "mainnet-1-2100.hex", "mainnet-alt-1-2016.hex", "signet-1-40.hex",
            "regtest-kernel-1-206.hex",
        ],
        "headers": ["index.json", "mainnet-checkpoints.json", "mainnet-contexts.json"],
        "expected": [
            "index.json", "submitblock_orphans.json", "mainnet-1-2100.submit.json",
            "mainnet-alt-1-2016.submit.json", "signet-1-40.submit.json",
            "regtest-kernel-1-206.submit.json", "mainnet-1-2100.rpc.jsonl",
            "mainnet-alt-1-2016.rpc.jsonl", "signet-1-40.rpc.jsonl",
            "regtest-kernel-1-206.rpc.jsonl",
        ],
    ]

    @Test("Every file of a folder is read by a test", arguments: read.keys.sorted())
    func files(_ folder: String) throws {
        let place = Vectors.folder.appending(path: folder, directoryHint: .isDirectory)
        let files = try FileManager.default.contentsOfDirectory(
            atPath: place.path(percentEncoded: false))
        var read = try #require(Self.read[folder])
        if folder == "blocks" || folder == "headers" {
            for row in try Vectors.rows("\(folder)/index.json") {
                read.insert(try row.member("file").text())
                if let spent = row["spent_file"]?.stringValue { read.insert(spent) }
            }
        }
        #expect(Set(files) == read)
    }
}
