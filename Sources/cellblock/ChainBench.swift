import ArgumentParser
import Benchmarks
import Foundation
import Notation

/// What a chain costs a node, from import to reorganisation.
struct ChainBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chain",
        abstract: "Time importing a chain, starting with it, hashing and reorganising it.",
        discussion: """
            The blocks come from a file of a whole chain as linearize and -loadblock know it. They \
            are kept in a temporary folder, which needs about twice the size of the file. Every \
            script is run.
            """)

    @Argument(help: "A .dat file of a chain.")
    var path: String

    @Option(help: "The network of the chain.")
    var network = "regtest"

    @Option(help: "Threads for scripts; 0 is one for each processor.")
    var threads = 0

    @Option(name: .customLong("dbcache"), help: "MiB for coins, as -dbcache.")
    var cache = 450

    @Option(help: "How many of the last blocks to take back and connect again.")
    var reorganise = 100

    @Option(help: "Where the temporary folder is made.")
    var directory = NSTemporaryDirectory()

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        try (0...16).check(threads, of: "threads")
        try (4...65_536).check(cache, of: "dbcache", in: "MiB")
        try (1...10_000).check(reorganise, of: "reorganise")
    }

    func run() async throws {
        let definition = try BenchOptions.network(network)
        let console = Console(toStandardError: json)
        guard FileManager.default.isReadableFile(atPath: path) else {
            console.failure("\(path) cannot be read")
            throw ExitCode.failure
        }
        let folder = URL(fileURLWithPath: directory)
            .appendingPathComponent("cellblock-bench-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var bench = ChainBenchmark(importing: path, of: definition, into: folder)
        bench.threads = threads
        bench.databaseCacheBytes = cache << 20
        bench.reorganisedBlocks = reorganise
        var rows: [JSON] = []
        console.progress("importing \(path)")
        console.line("                               by the clock   of processors")
        do {
            try await bench.run { step in
                console.line(
                    step.name.padding(toLength: 30, withPad: " ", startingAt: 0)
                        + String(
                            format: "%11.2f s %13.2f s", step.measure.wall, step.measure.processor))
                rows.append([
                    "step": .string(step.name),
                    "seconds": .number(String(format: "%.4f", step.measure.wall)),
                    "processor_seconds": .number(String(format: "%.4f", step.measure.processor)),
                ])
            }
        } catch {
            console.failure("\(error)")
            throw ExitCode.failure
        }
        if json { print(JSON.array(rows).text(indent: 2)) }
    }
}
