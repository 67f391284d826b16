import Foundation
import Testing

/// The rules of the house that a compiler does not check.
@Suite("The house") struct HouseTests {
    private static let root = URL(filePath: #filePath, directoryHint: .notDirectory)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What each pure module may import: the modules under it, and nothing that reads a clock, a
    /// file, a socket, a lock or a random source.
    static let pureModules: [String: Set<String>] = [
        "Sources/Notation": [],
        "Sources/Options": ["Notation"],
        "Sources/Cryptography": [
            "Notation", "CSHA256", "CMuHash", "CSecp256k1", "COpenSSL",
        ],
        "Sources/Primitives": ["Notation", "Cryptography"],
        "Genesis": ["Notation", "Cryptography", "Primitives"],
        "Sources/Scripting": ["Notation", "Cryptography", "Primitives"],
        "Sources/Consensus": ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting"],
        "Sources/Keys": ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting"],
        "Sources/MemoryPool": [
            "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus",
        ],
        "Sources/Mining": [
            "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus", "Keys",
            "MemoryPool",
        ],
        "Sources/Wire": ["Notation", "Cryptography", "Primitives"],
        "Sources/Peers": [
            "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus", "Wire",
        ],
    ]

    private static func sources(of module: String) throws -> [URL] {
        let folder = root.appending(path: module, directoryHint: .isDirectory)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    /// The modules a file imports, however it writes the import.
    static func imports(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({
                    ["public", "package", "internal", "private", "fileprivate"].contains($0)
                        || $0.hasPrefix("@")
                })
            else { return nil }
            // `import struct Foundation.URL` names a kind first and a member after the dot.
            let kinds = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]
            let name = kinds.contains(String(words[place + 1])) ? words[place + 2] : words[place + 1]
            return name.split(separator: ".").first.map(String.init)
        }
    }

    @Test("A pure module imports only the modules under it", arguments: pureModules.keys.sorted())
    func pureImports(_ module: String) throws {
        let under = try #require(Self.pureModules[module])
        // What is computed when it is first asked for needs an atomic reference, of the language's own.
        let allowed = under.union(["Synchronization"])
        let files = try Self.sources(of: module)
        #expect(!files.isEmpty)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            let strangers = Set(Self.imports(in: text)).subtracting(allowed)
            #expect(strangers.isEmpty, "\(module)/\(file.lastPathComponent)")
        }
    }

    @Test("The check of imports sees every way of writing one")
    func importForms() {
        let text = """
            import Foundation
            public import NIOCore
            @preconcurrency import Dispatch
            import struct Foundation.URL
            // import Nothing
            let important = 1
            """
        #expect(Self.imports(in: text) == ["Foundation", "NIOCore", "Dispatch", "Foundation"])
    }

    @Test("No file carries a path of the machine it was written on")
    func noMachinePaths() throws {
        for folder in ["Sources", "Genesis", "Tests", "Docs"] {
            let place = Self.root.appending(path: folder, directoryHint: .isDirectory)
            let files = try #require(
                FileManager.default.enumerator(at: place, includingPropertiesForKeys: nil))
            for case let file as URL in files
            where ["swift", "md", "py", "sh", "c", "h"].contains(file.pathExtension) {
                let text = try String(contentsOf: file, encoding: .utf8)
                let path = ["/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/"].first { text.contains($0) }
                #expect(path == nil, "\(file.lastPathComponent)")
            }
        }
    }
}
