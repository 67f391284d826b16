import ArgumentParser
import Foundation
import NodeService

/// Runs a node as `cellblockd` does, for as long as the process that started it lives.
///
/// The demo starts itself again under this name, so that one product is all that need be built.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Run a node.", shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough, help: "What cellblockd takes.")
    var arguments: [String] = []

    func run() async throws {
        let parent = getppid()
        let watch = Task.detached {
            while getppid() == parent { try await Task.sleep(for: .milliseconds(250)) }
            kill(getpid(), SIGTERM)
            try await Task.sleep(for: .seconds(5))
            kill(getpid(), SIGKILL)
        }
        let code = await NodeProgram.run(arguments: arguments)
        watch.cancel()
        throw ExitCode(code)
    }
}
