import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

struct CreateMultisig: RPCMethod {
    let name = "createmultisig"
    let summary = """
        Creates a multi-signature address with n signatures of m keys required.
        It returns a json object with the address and redeemScript.

        """
    let parameters = [
        Parameter(
            "nrequired", .number, "The number of required signatures out of the m keys."),
        Parameter(
            "keys", .array, "The hex-encoded public keys.",
            inner: [Parameter("key", .hex, .omitted, "The hex-encoded public key")]),
        Parameter(
            "address_type", .string, default: "legacy",
            "The address type to use. Options are \"legacy\", \"p2sh-segwit\", and \"bech32\"."),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.string, "address", "The value of the new multisig address."),
                ResultText(
                    .hex, "redeemScript",
                    "The string value of the hex-encoded redemption script."),
                ResultText(.string, "descriptor", "The descriptor for this multisig"),
                ResultText(
                    .array, "warnings",
                    "Any warnings resulting from the creation of this multisig",
                    [ResultText(.string)], optional: true),
            ])
    ]
    private static let exampleKeys =
        "[\"03789ed0bb717d88f7d321a368d905e7430207ebbd82bd342cf11ae157a7ace5fd\","
        + "\"03dbc6764b8884a92e871274b87583e6d5c2a58819473e17e107ef3f6aa5a61626\"]"
    let examples = [
        Example.words("\nCreate a multisig address from 2 public keys\n"),
        .shell(["2", exampleKeys]), .words("\nAs a JSON-RPC call\n"),
        .web(["2", exampleKeys]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let required = try request.int("nrequired")
        let keys = try request.array("keys").map { try Self.publicKey(try $0.asString()) }
        let typeName = try request.string("address_type")
        guard let type = AddressType(rawValue: typeName) else {
            throw RPCError.invalidAddressOrKey("Unknown address type '\(typeName)'")
        }
        guard type != .bech32m else {
            throw RPCError.invalidAddressOrKey(
                "createmultisig cannot create bech32m multisig addresses")
        }
        try Self.check(required: required, of: keys.count)
        let script = Script.multisig(required: required, publicKeys: keys)
        // Witness scripts take compressed keys only.
        let actual = keys.allSatisfy { $0.count == 33 } ? type : .legacy
        guard actual != .legacy || script.count <= ScriptLimits.maximumElementSize else {
            throw RPCError.invalidParameter(
                "redeemScript exceeds size limit: \(script.count) > "
                    + "\(ScriptLimits.maximumElementSize)")
        }
        let program = Script.payToWitnessScriptHash(SHA256.hash(script.span))
        let address: Address =
            switch actual {
            case .legacy: .scriptHash(Hash160.hash(script.span))
            case .p2shSegwit: .scriptHash(Hash160.hash(program.span))
            case .bech32, .bech32m: .witnessScriptHash(SHA256.hash(script.span))
            }
        var provider = SigningProvider()
        provider.add(script)
        provider.add(program)
        let descriptor = Descriptor.infer(address.script, provider: provider)
        var result: JSONObject = [
            "address": .string(address.text(on: context.definition)),
            "redeemScript": .hex(script.bytes),
            "descriptor": .string(descriptor.text(on: context.definition)),
        ]
        if descriptor.addressType != type {
            result.append(
                "warnings",
                [
                    "Unable to make chosen address type, please ensure no uncompressed public keys are present."
                ])
        }
        return .object(result)
    }

    private static func publicKey(_ text: String) throws -> [UInt8] {
        let subject = "Pubkey \"\(text)\" must "
        guard let bytes = Hex.decode(text), !bytes.isEmpty else {
            throw RPCError.invalidAddressOrKey(subject + "be a hex string")
        }
        guard bytes.count == 33 || bytes.count == 65 else {
            throw RPCError.invalidAddressOrKey(
                subject + "have a length of either 33 or 65 bytes")
        }
        guard PublicKey.isValid(bytes.span) else {
            throw RPCError.invalidAddressOrKey(subject + "be cryptographically valid.")
        }
        return bytes
    }

    private static func check(required: Int, of count: Int) throws {
        guard required >= 1 else {
            throw RPCError.invalidParameter(
                "a multisignature address must require at least one key to redeem")
        }
        guard count >= required else {
            throw RPCError.invalidParameter(
                "not enough keys supplied (got \(count) keys, but need at least \(required) to "
                    + "redeem)")
        }
        guard count <= ScriptLimits.maximumMultisigKeys else {
            throw RPCError.invalidParameter(
                "Number of keys involved in the multisignature address creation > "
                    + "\(ScriptLimits.maximumMultisigKeys)\nReduce the number")
        }
    }
}
