import ArgumentParser
import Conformance
import Foundation

/// The engine as a line tool: requests on standard input, answers on standard output.
struct ConformCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conform",
        abstract: "Answer what the engine makes of scripts, transactions, blocks and keys.",
        discussion: """
            One JSON request a line on standard input, one JSON answer a line on standard output, in \
            order, until the input ends. The answers come from the functions the node itself calls.

            Operations: verifyinput, checktx, checkblock, verifyblock, checkheader, sighash, crypto, derive, payout.

              echo '{"op":"crypto","name":"sha256","message":"616263"}' | cellblock conform
            """)

    func run() throws {
        var tool = ConformanceTool(
            loadDefinition: { path in
                FileManager.default.contents(atPath: path).map { [UInt8]($0) }
            },
            normalize: { $0.decomposedStringWithCompatibilityMapping })
        let input = FileHandle.standardInput
        var pending: [UInt8] = []
        while true {
            let more = input.availableData
            guard !more.isEmpty else { break }
            pending += more
            try answerLines(of: &pending, with: &tool)
        }
        // A last line may lack its end.
        if !pending.isEmpty {
            pending.append(newline)
            try answerLines(of: &pending, with: &tool)
        }
    }

    /// Answers the whole lines there are in one write, and leaves what follows them.
    private func answerLines(of pending: inout [UInt8], with tool: inout ConformanceTool) throws {
        var answers: [UInt8] = []
        var start = 0
        while let end = pending[start...].firstIndex(of: newline) {
            answers += tool.answer(Array(pending[start..<end])).utf8
            answers.append(newline)
            start = end + 1
        }
        pending.removeFirst(start)
        if !answers.isEmpty { try FileHandle.standardOutput.write(contentsOf: answers) }
    }

    private var newline: UInt8 { 0x0A }
}
