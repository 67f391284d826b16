import Foundation
import TestSupport
import Testing

/// No published vector lies about of which `Docs/Conformance.md` does not say by what it is tried.
@Suite("Files of vectors", .enabled(if: Vectors.isPresent, Vectors.hint))
struct VectorFileTests {
    /// A row of the document: some files, and what is said of them.
    private struct Row {
        let patterns: [String]
        let text: String

        var suites: [String] { ticked(in: text).filter { $0.hasSuffix("Tests") } }
    }

    private static let root = URL(filePath: #filePath, directoryHint: .notDirectory)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The files of all folders, named relative to that of the vectors.
    private func files() throws -> [String] {
        let base = Vectors.folder.path(percentEncoded: false)
        return try FileManager.default.subpathsOfDirectory(atPath: base).filter { name in
            var isFolder = false as ObjCBool
            let path = Vectors.folder.appending(path: name).path(percentEncoded: false)
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                && !isFolder.boolValue && name.contains("/")
        }.sorted()
    }

    private func rows() throws -> [Row] {
        let document = try String(
            contentsOf: Self.root.appending(path: "Docs/Conformance.md"), encoding: .utf8)
        var rows: [Row] = []
        var folder = ""
        for line in document.split(separator: "\n") {
            if line.hasPrefix("## ") {
                // Where several folders share a table its rows name theirs.
                let name = line.dropFirst(3)
                folder = name.contains(",") ? "" : String(name)
                continue
            }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            guard line.hasPrefix("| `"), cells.count >= 4 else { continue }
            rows.append(
                Row(
                    patterns: ticked(in: String(cells[1])).map { folder + $0 },
                    text: String(cells[3])))
        }
        return rows
    }

    @Test("Every file has a row, and every row has a file")
    func complete() throws {
        let (files, rows) = (try files(), try rows())
        #expect(files.count > 200)
        for file in files {
            #expect(
                rows.contains { $0.patterns.contains { matches(file, $0) } },
                "\(file) has no row in Docs/Conformance.md")
        }
        for pattern in rows.flatMap(\.patterns) {
            #expect(files.contains { matches($0, pattern) }, "there is no \(pattern)")
        }
    }

    @Test("What a row names reads the row's files, or the row says why nothing does")
    func readers() throws {
        let sources = try FileManager.default.subpathsOfDirectory(
            atPath: Self.root.appending(path: "Tests").path(percentEncoded: false)
        ).filter { $0.hasSuffix("Tests.swift") }
        for row in try rows() {
            let texts = try row.suites.map { suite in
                // Several modules may have a file of one name.
                let paths = sources.filter { $0.hasSuffix("/\(suite).swift") }
                try #require(!paths.isEmpty, "there is no \(suite)")
                return try paths.map {
                    try String(
                        contentsOf: Self.root.appending(path: "Tests/" + $0), encoding: .utf8)
                }.joined()
            }
            guard !texts.isEmpty else {
                let reasons = ["out of scope", "answers of a node"]
                #expect(
                    reasons.contains { row.text.contains($0) }, "nothing reads \(row.patterns)")
                continue
            }
            // Such a row names tests only to say what is done instead.
            guard !row.text.hasPrefix(" out of scope") else { continue }
            for pattern in row.patterns {
                let isRead = try texts.contains { text in
                    if Self.names(pattern, in: text) { return true }
                    if Self.isPutTogether(pattern, in: text) { return true }
                    return try isListed(pattern, in: text)
                }
                #expect(isRead, "\(row.suites) do not read \(pattern)")
            }
        }
    }

    /// Whether the text has the last part of a path, or what is beside the `*` in it.
    private static func names(_ pattern: String, in text: String) -> Bool {
        let name = pattern.split(separator: "/").last ?? ""
        guard name.hasPrefix("*") else {
            return name.split(separator: "*").allSatisfy { text.contains($0) }
        }
        // An ending alone is no name: the folder comes before it, and something between.
        return text.contains(pattern.dropLast(name.count) + #"\("#)
            && text.contains(")" + name.dropFirst())
    }

    /// Whether the text has the name's beginning with the rest left to fill in, the rest, and the
    /// ending.
    private static func isPutTogether(_ pattern: String, in text: String) -> Bool {
        let name = pattern.split(separator: "/").last ?? ""
        let stem = name.prefix { $0 != "." }
        let folder = pattern.dropLast(name.count)
        guard text.contains(")" + name.dropFirst(stem.count)) else { return false }
        return stem.indices.contains { index in
            (text.contains(folder + stem[..<index] + #"\("#)
                || stem[..<index].count > 3 && text.contains(stem[..<index] + #"\("#))
                && (text.contains("\"" + stem[index...] + "\"")
                    || text.contains("[" + stem[index...] + ",")
                    || text.contains(" " + stem[index...] + ","))
        }
    }

    /// Whether the text reads the index of the folder, and that names all files of the pattern.
    private func isListed(_ pattern: String, in text: String) throws -> Bool {
        guard let end = pattern.lastIndex(of: "/"), text.contains(pattern[...end] + "index.json")
        else { return false }
        let index = String(
            decoding: try Vectors.load(String(pattern[...end] + "index.json")), as: UTF8.self)
        return try files().filter { matches($0, pattern) }.allSatisfy { file in
            index.contains("\"" + file[file.index(after: end)...] + "\"")
        }
    }

    /// Whether a name is of a pattern, where `*` stands for anything within it.
    private func matches(_ file: String, _ pattern: String) -> Bool {
        if pattern.hasSuffix("/") { return file.hasPrefix(pattern) }
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return file == pattern }
        return file.hasPrefix(parts[0]) && file.hasSuffix(parts[1])
            && !file.dropFirst(parts[0].count).dropLast(parts[1].count).contains("/")
    }
}

/// What stands between backticks.
private func ticked(in text: String) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
}
