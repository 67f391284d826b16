import Keys
import Notation

struct GenerateToDescriptor: RPCMethod {
    let name = "generatetodescriptor"
    let summary = "Mine to a specified descriptor and return the block hashes."
    let parameters = [
        Parameter("num_blocks", .number, .required, "How many blocks are generated."),
        Parameter(
            "descriptor", .string, .required,
            "The descriptor to send the newly generated bitcoin to."),
        Parameter("maxtries", .number, default: 1_000_000, "How many iterations to try."),
    ]
    let results = GeneratedBlocks.results
    let examples = [
        Example.words("\nGenerate 11 blocks to mydesc\n"), .shell(["11", "\"mydesc\""]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let count = try request.int("num_blocks")
        let tries = try request["maxtries"].asUInt64()
        let text = try request.string("descriptor")
        guard let script = try GeneratedBlocks.script(descriptor: text, context) else {
            throw RPCError.invalidAddressOrKey(problem(of: text, context))
        }
        return try await GeneratedBlocks.mine(count, to: script, tries, context)
    }

    private func problem(of text: String, _ context: RPCContext) -> String {
        do throws(DescriptorError) {
            _ = try Descriptor.parse(text, network: context.definition)
            return ""
        } catch {
            return error.message
        }
    }
}
