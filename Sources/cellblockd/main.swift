import Foundation
import NodeService

exit(await NodeProgram.run(arguments: Array(CommandLine.arguments.dropFirst())))
