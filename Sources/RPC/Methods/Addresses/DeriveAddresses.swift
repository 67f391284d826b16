import Genesis
import Keys
import Notation
import Primitives
import Scripting

struct DeriveAddresses: RPCMethod {
    let name = "deriveaddresses"
    let summary =
        "Derives one or more addresses corresponding to an output descriptor.\n"
        + "Examples of output descriptors are:\n"
        + "    pkh(<pubkey>)                                     "
        + "P2PKH outputs for the given pubkey\n"
        + "    wpkh(<pubkey>)                                    "
        + "Native segwit P2PKH outputs for the given pubkey\n"
        + "    sh(multi(<n>,<pubkey>,<pubkey>,...))              "
        + "P2SH-multisig outputs for the given threshold and pubkeys\n"
        + "    raw(<hex script>)                                 "
        + "Outputs whose output script equals the specified hex-encoded bytes\n"
        + "    tr(<pubkey>,multi_a(<n>,<pubkey>,<pubkey>,...))   "
        + "P2TR-multisig outputs for the given threshold and pubkeys\n"
        + "\nIn the above, <pubkey> either refers to a fixed public key in hexadecimal notation, "
        + "or to an xpub/xprv optionally followed by one\n"
        + "or more path elements separated by \"/\", where \"h\" represents a hardened child key.\n"
        + "For more information on output descriptors, see the documentation in the "
        + "doc/descriptors.md file.\n"
    let parameters = [
        Parameter("descriptor", .string, "The descriptor."),
        Parameter(
            "range", .range, .omitted,
            "If a ranged descriptor is used, this specifies the end or the range (in [begin,end] "
                + "notation) to derive."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let range =
            try request.has("range") ? DescriptorArguments.range(request["range"]) : 0...0
        let all = try DescriptorArguments.parse(
            request.string("descriptor"), context.definition, requireChecksum: true)
        let isRange = all.first?.isRange ?? false
        guard isRange || request.count < 2 else {
            throw RPCError.invalidParameter(
                "Range should not be specified for an un-ranged descriptor")
        }
        guard !isRange || request.count != 1 else {
            throw RPCError.invalidParameter(
                "Range must be specified for a ranged descriptor")
        }
        let lists = try all.map { try derive($0, range, context.definition) }
        return lists.count == 1 ? lists[0] : .array(lists)
    }

    private func derive(
        _ descriptor: Descriptor, _ range: ClosedRange<UInt32>, _ network: Network
    ) throws -> JSON {
        var addresses: [JSON] = []
        for index in range {
            guard let scripts = descriptor.expand(at: index)?.scripts else {
                throw RPCError.invalidAddressOrKey(
                    "Cannot derive script without private keys")
            }
            for script in scripts {
                if let address = Address(script) {
                    addresses.append(.string(address.text(on: network)))
                    continue
                }
                // combo() makes a bare key, too, which has no address.
                if scripts.count > 1, case .pubKey = script.template { continue }
                throw RPCError.invalidAddressOrKey(
                    "Descriptor does not have a corresponding address")
            }
        }
        guard !addresses.isEmpty else { throw RPCError.misc("Unexpected empty result") }
        return .array(addresses)
    }
}
