import Cryptography
import Networking
import Notation
import Peers
import Primitives

struct GetOrphanTxs: RPCMethod {
    let name = "getorphantxs"
    let summary = """
        Shows transactions in the tx orphanage.

        EXPERIMENTAL warning: this call may be changed in future releases.

        """
    let parameters = [
        Parameter(
            "verbosity", .number, default: 0,
            "0 for an array of txids (may contain duplicates), 1 for an array of objects with tx details, and 2 for details from (1) and tx hex"
        ).unchecked()
    ]
    let results = [
        ResultText(
            .array, "", "", [ResultText(.hex, "txid", "The transaction hash in hex")],
            when: "for verbose = 0"),
        ResultText(
            .array, "", "", [ResultText(.object, "", "", Self.parts)], when: "for verbose = 1"),
        ResultText(
            .array, "", "",
            [
                ResultText(
                    .object, "", "",
                    Self.parts + [
                        ResultText(
                            .hex, "hex", "The serialized, hex-encoded transaction data")
                    ])
            ], when: "for verbose = 2"),
    ]
    let examples = [Example(["2"])]

    private static let parts = [
        ResultText(.hex, "txid", "The transaction hash in hex"),
        ResultText(.hex, "wtxid", "The transaction witness hash in hex"),
        ResultText(.number, "bytes", "The serialized transaction size in bytes"),
        ResultText(
            .number, "vsize",
            "The virtual transaction size as defined in BIP 141. This is different from actual serialized size for witness transactions as witness data is discounted."
        ),
        ResultText(.number, "weight", "The transaction weight as defined in BIP 141."),
        ResultText(.array, "from", "", [ResultText(.number, "peer_id", "Peer ID")]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let orphans = await (try context.requirePeers()).orphans()
        let verbosity = try request.verbosity("verbosity", allowsBool: false)
        switch verbosity {
        case 0: return .array(orphans.map { .string($0.transaction.txid.displayHex) })
        case 1: return .array(orphans.map { .object(Self.details(of: $0)) })
        case 2:
            return .array(
                orphans.map { orphan -> JSON in
                    var object = Self.details(of: orphan)
                    object.append("hex", .hex(orphan.transaction.bytes))
                    return .object(object)
                })
        default: throw RPCError.invalidParameter("Invalid verbosity value \(verbosity)")
        }
    }

    private static func details(of orphan: OrphanInfo) -> JSONObject {
        let transaction = orphan.transaction
        return [
            "txid": .string(transaction.txid.displayHex),
            "wtxid": .string(transaction.wtxid.displayHex),
            "bytes": .int(transaction.totalSize), "vsize": .int(transaction.virtualSize),
            "weight": .int(transaction.weight.units),
            "from": .array(orphan.peers.map { .int(Int(clamping: $0.rawValue)) }),
        ]
    }
}
