import Keys
import Notation
import Primitives
import Wallets

struct GetAddressInfo: RPCMethod {
    let name = "getaddressinfo"
    let summary =
        "Return information about the given bitcoin address.\n"
        + "Some of the information will only be present if the address is in the active wallet.\n"
    let parameters: [Parameter] = [
        Parameter(
            "address", .string, "The bitcoin address for which to get information.")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let address: Address
        do {
            address = try Address(request.string("address"), network: context.definition)
        } catch let error as AddressError {
            throw RPCError.invalidAddressOrKey(error.message)
        }
        let info = await wallet.information(address)
        var result: JSONObject = [
            "address": .string(address.text(on: context.definition)),
            "scriptPubKey": .hex(address.script.bytes), "ismine": .bool(info.isMine),
            "solvable": .bool(info.isSolvable),
        ]
        if let text = info.descriptor { result.append("desc", .string(text)) }
        if let text = info.parentDescriptor { result.append("parent_desc", .string(text)) }
        result.append("iswatchonly", false)
        result.append(contentsOf: AddressJSON.details(address))
        result.append(
            contentsOf: AddressJSON.details(address, info.provider, context.definition))
        result.append("ischange", .bool(info.isChange))
        if info.isMine { result.append("timestamp", .int(info.createdAt)) }
        if let origin = info.keyOrigin {
            result.append("hdkeypath", .string("m" + origin.path.text()))
            // The seed has no place in a descriptor wallet; Core shows zeroes, too.
            result.append("hdseedid", .string(String(repeating: "0", count: 40)))
            result.append("hdmasterfingerprint", .string(origin.fingerprintText))
        }
        result.append("labels", .array(info.label.map { [.string($0)] } ?? []))
        return .object(result)
    }
}
