import Genesis
import Keys
import Notation

struct GetDescriptorInfo: RPCMethod {
    let name = "getdescriptorinfo"
    let summary = "Analyses a descriptor.\n"
    let parameters = [Parameter("descriptor", .string, "The descriptor.")]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .string, "descriptor",
                    "The descriptor in canonical form, without private keys. For a multipath "
                        + "descriptor, only the first will be returned."),
                ResultText(
                    .array, "multipath_expansion",
                    "All descriptors produced by expanding multipath derivation elements. Only if "
                        + "the provided descriptor specifies multipath derivation elements.",
                    [ResultText(.string)], optional: true),
                ResultText(.string, "checksum", "The checksum for the input descriptor"),
                ResultText(.bool, "isrange", "Whether the descriptor is ranged"),
                ResultText(.bool, "issolvable", "Whether the descriptor is solvable"),
                ResultText(
                    .bool, "hasprivatekeys",
                    "Whether the input descriptor contained at least one private key"),
            ])
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let text = try request.string("descriptor")
        let all = try DescriptorArguments.parse(text, context.definition)
        guard let first = all.first else { throw RPCError.invalidAddressOrKey("") }
        var result: JSONObject = ["descriptor": .string(first.text(on: context.definition))]
        if all.count > 1 {
            result.append(
                "multipath_expansion",
                .array(all.map { .string($0.text(on: context.definition)) }))
        }
        let body = String(text.prefix { $0 != "#" })
        result.append("checksum", .string(Descriptor.checksum(of: body) ?? ""))
        result.append("isrange", .bool(first.isRange))
        result.append("issolvable", .bool(first.isSolvable))
        result.append("hasprivatekeys", .bool(first.hasPrivateKeys))
        return .object(result)
    }
}
