import ArgumentParser
import Benchmarks
import Cryptography
import Foundation
import Notation

/// Measures what a node is made of against what the machine could do at best.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the node's work against what this machine can do at best.",
        subcommands: [
            ValidateBench.self, ChainBench.self, HashBench.self, TemplateBench.self,
            TransportBench.self,
        ])
}

/// Verification of blocks against their signature checks alone.
struct ValidateBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Time verifying blocks beside checking their signatures alone.",
        discussion: """
            The blocks come from a folder with an index.json and the coins they spend, or from a \
            file of a whole chain (.dat) as linearize and -loadblock know it. Each round times \
            the signature checks alone, in libsecp256k1, then everything a node does but the \
            disk, on as many threads. The ratio of the two says what we add.
            """)

    @Argument(help: "A folder of blocks with their coins, or a .dat file of a chain.")
    var path: String

    @Option(help: "The network of a chain file.")
    var network = "regtest"

    @Option(help: "Threads; 0 is one for each processor.")
    var threads = 0

    @Option(help: "How often to measure.")
    var rounds = 5

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        try (0...16).check(threads, of: "threads")
        try (1...100).check(rounds, of: "rounds")
    }

    func run() throws {
        let definition = try BenchOptions.network(network)
        let console = Console(toStandardError: json)
        console.progress("reading \(path)")
        let bench: ValidationBenchmark
        do {
            bench = try ValidationBenchmark(reading: path, network: definition)
        } catch {
            console.failure("\(error)")
            throw ExitCode.failure
        }
        let threads = BenchOptions.threads(threads)
        console.line(
            "\(bench.blockCount) blocks, \(bench.inputCount) inputs, \(bench.signatureCount) "
                + "signatures, \(threads) threads")
        var results: [ValidationBenchmark.Round] = []
        for number in 1...rounds {
            console.progress("round \(number) of \(rounds)")
            let round = try bench.round(threads: threads)
            results.append(round)
            console.line(
                String(
                    format: "  signatures alone %.3f s (%.3f s of processors)   "
                        + "whole %.3f s (%.3f s)   ratio %.3f (%.3f)",
                    round.floor.wall, round.floor.processor, round.whole.wall,
                    round.whole.processor, round.ratio, round.processorRatio))
        }
        let median = results.map(\.ratio).sorted()[results.count / 2]
        let processorMedian = results.map(\.processorRatio).sorted()[results.count / 2]
        console.line(
            String(format: "median ratio %.3f, of processor time %.3f", median, processorMedian))
        guard json else { return }
        let rows = results.map { round in
            JSON.object([
                "floor_seconds": Self.number(round.floor.wall),
                "floor_processor_seconds": Self.number(round.floor.processor),
                "whole_seconds": Self.number(round.whole.wall),
                "whole_processor_seconds": Self.number(round.whole.processor),
            ])
        }
        let answer = JSON.object([
            "blocks": .int(bench.blockCount), "inputs": .int(bench.inputCount),
            "signatures": .int(bench.signatureCount), "threads": .int(threads),
            "rounds": .array(rows), "median_ratio": Self.number(median),
            "median_processor_ratio": Self.number(processorMedian),
        ])
        print(answer.text(indent: 2))
    }

    private static func number(_ value: Double) -> JSON { .number(String(format: "%.4f", value)) }
}

/// The kernels that search for proof of work.
struct HashBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        abstract: "Time the header search of every SHA-256 kernel this processor runs.")

    @Option(help: "Threads of the second column; 0 is one for each processor.")
    var threads = 0

    @Option(help: "Seconds a figure.")
    var seconds = 1.0

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        try (0...256).check(threads, of: "threads")
        guard seconds > 0, seconds <= 600 else {
            throw ValidationError("--seconds must be above 0 and at most 600, not \(seconds).")
        }
    }

    func run() throws {
        let console = Console(toStandardError: json)
        let threads = BenchOptions.threads(threads)
        var rows: [JSON] = []
        console.line("kernel        versions   1 thread   \(threads) threads   scaling")
        // Each nonce under the block's own version alone, and under as many as the miner tries.
        let cases = SHA256Kernel.available.flatMap { [($0, 1), ($0, HeaderSearch.mostVersions)] }
        for (kernel, versions) in cases {
            console.progress(kernel.name)
            let one = HashBenchmark.rate(
                of: kernel, versions: versions, threads: 1, seconds: seconds)
            let all = HashBenchmark.rate(
                of: kernel, versions: versions, threads: threads, seconds: seconds)
            let name = kernel.name + (kernel == .best ? " *" : "")
            console.line(
                name.padding(toLength: 13, withPad: " ", startingAt: 0)
                    + String(
                        format: "%9ld %7.2f MH/s %7.2f MH/s   %5.3f", versions, one / 1e6,
                        all / 1e6, all / one / Double(threads)))
            rows.append(
                .object([
                    "kernel": .string(kernel.name), "is_used": .bool(kernel == .best),
                    "versions": .int(versions),
                    "hashes_per_second": .int(Int(one)),
                    "hashes_per_second_all": .int(Int(all)), "threads": .int(threads),
                ]))
        }
        console.line(
            "* in use: under many versions by this node's own miner, under one by all else")
        if json { print(JSON.array(rows).text(indent: 2)) }
    }
}

/// The transports of a connection.
struct TransportBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transport",
        abstract: "Time messages through the plain and the encrypted transport.")

    @Option(help: "Seconds a figure.")
    var seconds = 0.5

    func validate() throws {
        guard seconds > 0, seconds <= 600 else {
            throw ValidationError("--seconds must be above 0 and at most 600, not \(seconds).")
        }
    }

    func run() throws {
        print("  payload   v1 write    read   v2 write    read   us a message, of processor time")
        for payload in [8, 100, 160, 250, 1000, 10_000, 100_000, 1_000_000, 4_000_000] {
            let costs = [false, true].compactMap {
                TransportBenchmark.cost(of: payload, isEncrypted: $0, seconds: seconds)
            }
            guard costs.count == 2 else { throw ExitCode.failure }
            let figures = costs.flatMap { [$0.writing * 1e6, $0.reading * 1e6] }
            print(
                String(
                    format: "%9ld  %9.2f %7.2f  %9.2f %7.2f", payload, figures[0], figures[1],
                    figures[2], figures[3]))
        }
        let handshake = TransportBenchmark.handshake(seconds: seconds)
        print(String(format: "a handshake takes both ends %.0f us", handshake * 1e6))
    }
}
