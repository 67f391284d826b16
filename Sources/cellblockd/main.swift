import Foundation
import NodeService

// There is always the name of the program. Where a library that was put before it has moved the environment, the
// arguments behind which that stood are not found: another network than was meant is not to be run.
guard !CommandLine.arguments.isEmpty else {
    try? FileHandle.standardError.write(
        contentsOf: Data("Error: The arguments of the program could not be read\n".utf8))
    exit(1)
}
exit(await NodeProgram.run(arguments: Array(CommandLine.arguments.dropFirst())))
