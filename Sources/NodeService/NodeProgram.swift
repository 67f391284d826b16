import CPlatform
import Chain
import Foundation
import Options
import RPC
import Storage

/// The program `cellblockd`: reads its configuration, runs a node, says what went wrong.
public enum NodeProgram {
    /// Runs to the end; gives the exit code.
    public static func run(arguments: [String]) async -> Int32 {
        // Whoever closes a connection while we write to it must not end us.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        umask(0o077)
        // Miners and peers alone can be more than are allowed by default.
        _ = System.openFileLimit
        // By itself the GNU library takes the size of the largest array that was ever dropped, such
        // as a block, for usual, and keeps the room of as many such for each thread.
        cellblock_malloc_keep_little(Int32(clamping: ProcessInfo.processInfo.activeProcessorCount))
        do {
            switch try Configuration.read(arguments) {
            case .print(let text):
                say(text, to: .standardOutput)
            case .run(let configuration):
                for warning in configuration.settings.warnings {
                    say("warning: \(warning)\n", to: .standardError)
                }
                try await Node(configuration).run()
            }
            return 0
        } catch {
            let text = describe(error)
            // Where Core asks a question it leaves the word out.
            let isQuestion = text.hasSuffix(Validator.recoveryHint)
            say("\(isQuestion ? "" : "Error: ")\(text)\n", to: .standardError)
            return 1
        }
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case is RPCServer.BindError:
            "Unable to start HTTP server. See debug log for details. (\(error))"
        default: "\(error)"
        }
    }

    private static func say(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
