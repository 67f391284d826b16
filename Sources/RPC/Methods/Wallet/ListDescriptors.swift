import Notation
import Wallets

struct ListDescriptors: RPCMethod {
    let name = "listdescriptors"
    let summary =
        "List all descriptors present in a wallet.\n"
    let parameters: [Parameter] = [
        Parameter("private", .bool, default: false, "Show private descriptors.")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let list = try await wallet.descriptors(showsPrivateKeys: request.bool("private"))
        let descriptors = list.map { item -> JSON in
            var object: JSONObject = [
                "desc": .string(item.text), "timestamp": .int(item.createdAt),
                "active": .bool(item.isActive),
            ]
            if let isInternal = item.isInternal { object.append("internal", .bool(isInternal)) }
            if let range = item.range {
                object.append("range", [.int(range.lowerBound), .int(range.upperBound)])
                object.append("next", .int(item.nextIndex))
                object.append("next_index", .int(item.nextIndex))
            }
            return .object(object)
        }
        return [
            "wallet_name": .string(wallet.name), "descriptors": .array(descriptors),
        ]
    }
}
