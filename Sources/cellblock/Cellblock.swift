import ArgumentParser

/// The program for people: it shows what a network of Cellblock nodes does.
@main
struct Cellblock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cellblock",
        abstract: "A Bitcoin network of your own, and whom it pays.",
        subcommands: [
            DemoCommand.self, RosterCommand.self, ConformCommand.self, BenchCommand.self,
            NodeCommand.self,
        ])
}
