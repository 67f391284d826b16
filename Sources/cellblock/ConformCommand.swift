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
        let output = FileHandle.standardOutput
        var input = LineInput(descriptor: STDIN_FILENO)
        var answers: [UInt8] = []
        while try input.readMore() {
            input.takeLines { line in
                answers += tool.answer(line)
                answers.append(UInt8(ascii: "\n"))
            }
            if !answers.isEmpty { try output.write(contentsOf: answers) }
            answers.removeAll(keepingCapacity: true)
        }
    }
}
