import ArgumentParser
import Foundation
import Notation

/// Shows the whole of it: mining, payouts, gossip, a payment, a reorganisation, a crash.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Start a private network of nodes on this machine and put it through its paces.",
        discussion: """
            Every figure is read over RPC from a node that did not produce it. The exit code is not \
            zero if any of them is wrong.
            """)

    @Option(help: "Blocks to mine first; more than the 100 a reward takes to mature.")
    var blocks = 120

    @Option(help: "Nodes in the network.")
    var nodes = 3

    @Flag(help: "Keep the nodes' data when done.")
    var keep = false

    @Flag(help: "Print the result as JSON; progress goes to standard error.")
    var json = false

    func validate() throws {
        try (101...5_000).check(blocks, of: "blocks")
        try (3...16).check(nodes, of: "nodes")
    }

    func run() throws {
        let console = Console(toStandardError: json)
        let yard: DemoYard
        do {
            yard = try DemoYard(nodeCount: nodes, keepsData: keep)
        } catch {
            console.failure("\(error)")
            throw ExitCode.failure
        }
        let signals = yard.cleansUpOnSignal()
        defer { withExtendedLifetime(signals) {} }
        var demo = Demo(yard: yard, blocks: blocks, console: console)
        do {
            let report = try demo.run()
            try yard.close()
            if json { print(report.json.text(indent: 2)) }
            if keep { console.line("Data kept in \(yard.folder)") }
        } catch {
            let lastWords = yard.lastWords()
            yard.abandon()
            console.failure("\(error)")
            for line in lastWords { console.line("  \(line)") }
            if keep { console.line("Data kept in \(yard.folder)") }
            throw ExitCode.failure
        }
    }
}

/// A claim of the demo that did not hold, or a node that did not do what it was asked.
struct DemoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
