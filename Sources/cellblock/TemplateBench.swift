import ArgumentParser
import Benchmarks
import Foundation
import Notation

/// Templates made anew against templates made with nothing kept.
struct TemplateBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template",
        abstract: "Time block templates on a large pool, made from scratch and made anew.",
        discussion: """
            Each figure is what getblocktemplate does but the network: to choose the \
            transactions, to commit to them, and to write them down. The first part alone holds up \
            the validator. Every template made anew is compared with one made from scratch.
            """)

    @Option(help: "Transactions in the pool.")
    var transactions = 50_000

    @Option(help: "How often to measure.")
    var rounds = 15

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        try (1...1_000_000).check(transactions, of: "transactions")
        try (1...1000).check(rounds, of: "rounds")
    }

    func run() throws {
        let console = Console(toStandardError: json)
        console.progress("making up \(transactions) transactions")
        var bench = try TemplateBenchmark(transactions: transactions)
        console.progress("measuring")
        var rows: [JSON] = []
        let scratch = try row("from scratch", try (0..<rounds).map { _ in try bench.scratch() })
        _ = try bench.renewed()
        let same = try row("nothing changed", try (0..<rounds).map { _ in try bench.renewed() })
        let one = try row(
            "one more transaction", try (0..<rounds).map { _ in try bench.afterTransaction() })
        let chosen = try row(
            "one that is chosen",
            try (0..<rounds).map { _ in try bench.afterTransaction(isChosen: true) })
        let several = try row(
            "35 of any rate", try (0..<rounds).map { _ in try bench.afterTransactions(35) })
        let block = try row(
            "a new block",
            try (0..<min(rounds, 5)).map { _ in try bench.afterBlock() })
        console.line(
            "after                    whole   choosing   of scratch   transactions   weight")
        for row in [scratch, same, one, chosen, several, block] {
            let ratio = row.whole / scratch.whole
            console.line(
                row.name.padding(toLength: 21, withPad: " ", startingAt: 0)
                    + String(
                        format: "%6.2f ms  %6.2f ms       %6.3f   %12d  %7d", row.whole * 1e3,
                        row.choosing * 1e3, ratio, row.size.transactions, row.size.weight))
            rows.append([
                "after": .string(row.name), "seconds": .number(String(format: "%.6f", row.whole)),
                "choosing_seconds": .number(String(format: "%.6f", row.choosing)),
                "ratio": .number(String(format: "%.4f", ratio)),
                "transactions": .int(row.size.transactions), "weight": .int(row.size.weight),
                "fees": .int(row.size.fees), "text_bytes": .int(row.size.textBytes),
            ])
        }
        console.line("all made anew hold what those made from scratch do; medians of processor time")
        if json { print(JSON.array(rows).text(indent: 2)) }
    }

    private struct Row {
        var name: String
        var whole: Double
        var choosing: Double
        var size: TemplateBenchmark.Size
    }

    private func row(_ name: String, _ figures: [TemplateBenchmark.Figure]) throws -> Row {
        guard figures.allSatisfy(\.isRight), let last = figures.last else {
            throw ValidationError("\(name): the template differs from one made from scratch")
        }
        func median(_ part: (TemplateBenchmark.Figure) -> Measure) -> Double {
            figures.map { part($0).processor }.sorted()[figures.count / 2]
        }
        return Row(
            name: name, whole: median(\.whole), choosing: median(\.choosing), size: last.size)
    }
}
