import Foundation

/// Where progress is shown. On a terminal a line under way is written over, and marks are coloured.
struct Console {
    private let handle: FileHandle
    private let isTerminal: Bool

    init(toStandardError: Bool) {
        handle = toStandardError ? .standardError : .standardOutput
        isTerminal = isatty(handle.fileDescriptor) == 1
    }

    /// Writes a line.
    func line(_ text: String = "") { write(clearing + text + "\n") }

    /// Shows how far something has come, until the next line.
    func progress(_ text: String) {
        if isTerminal { write("\r\u{1b}[K  … \(text)") }
    }

    /// Begins a step.
    func step(_ number: Int, _ title: String) {
        line(isTerminal ? "\u{1b}[1m\(number)  \(title)\u{1b}[0m" : "\(number)  \(title)")
    }

    /// Tells of a claim that holds.
    func holds(_ claim: String) {
        line(isTerminal ? "   \u{1b}[32m✓\u{1b}[0m \(claim)" : "   ✓ \(claim)")
    }

    /// Tells of what went wrong.
    func failure(_ text: String) {
        line(isTerminal ? "   \u{1b}[31m✗\u{1b}[0m \(text)" : "   ✗ \(text)")
    }

    private var clearing: String { isTerminal ? "\r\u{1b}[K" : "" }

    private func write(_ text: String) { try? handle.write(contentsOf: Data(text.utf8)) }
}
