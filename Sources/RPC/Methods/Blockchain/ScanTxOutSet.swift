import Chain
import Consensus
import Cryptography
import Keys
import Notation
import Primitives

struct ScanTxOutSet: RPCMethod {
    let name = "scantxoutset"
    let summary = """
        Scans the unspent transaction output set for entries that match certain output descriptors.
        Examples of output descriptors are:
            addr(<address>)                      Outputs whose output script corresponds to the specified address (does not include P2PK)
            raw(<hex script>)                    Outputs whose output script equals the specified hex-encoded bytes
            combo(<pubkey>)                      P2PK, P2PKH, P2WPKH, and P2SH-P2WPKH outputs for the given pubkey
            pkh(<pubkey>)                        P2PKH outputs for the given pubkey
            sh(multi(<n>,<pubkey>,<pubkey>,...)) P2SH-multisig outputs for the given threshold and pubkeys
            tr(<pubkey>)                         P2TR
            tr(<pubkey>,{pk(<pubkey>)})          P2TR with single fallback pubkey in tapscript
            rawtr(<pubkey>)                      P2TR with the specified key as output key rather than inner
            wsh(and_v(v:pk(<pubkey>),after(2)))  P2WSH miniscript with mandatory pubkey and a timelock

        In the above, <pubkey> either refers to a fixed public key in hexadecimal notation, or to an xpub/xprv optionally followed by one
        or more path elements separated by "/", and optionally ending in "/*" (unhardened), or "/*'" or "/*h" (hardened) to specify all
        unhardened or hardened child keys.
        In the latter case, a range needs to be specified by below if different from 1000.
        For more information on output descriptors, see the documentation in the doc/descriptors.md file.
        """
    let parameters = [ScanText.action, ScanText.objects]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.bool, "success", "Whether the scan was completed"),
                ResultText(
                    .number, "txouts", "The number of unspent transaction outputs scanned"),
                ResultText(.number, "height", "The block height at which the scan was done"),
                ResultText(
                    .hex, "bestblock", "The hash of the block at the tip of the chain"),
                ResultText(
                    .array, "unspents", "",
                    [
                        ResultText(
                            .object, "", "",
                            [
                                ResultText(.hex, "txid", "The transaction id"),
                                ResultText(.number, "vout", "The vout value"),
                                ResultText(.hex, "scriptPubKey", "The output script"),
                                ResultText(
                                    .string, "desc",
                                    "A specialized descriptor for the matched output script"),
                                ResultText(
                                    .amount, "amount",
                                    "The total amount in BTC of the unspent output"),
                                ResultText(
                                    .bool, "coinbase", "Whether this is a coinbase output"),
                                ResultText(
                                    .number, "height",
                                    "Height of the unspent transaction output"),
                                ResultText(
                                    .hex, "blockhash",
                                    "Blockhash of the unspent transaction output"),
                                ResultText(
                                    .number, "confirmations",
                                    "Number of confirmations of the unspent transaction output when the scan was done"
                                ),
                            ])
                    ]),
                ResultText(
                    .amount, "total_amount",
                    "The total amount of all found unspent outputs in BTC"),
            ], when: "when action=='start'; only returns after scan completes"),
        ScanText.aborted,
        ResultText(
            .object, "", "", [ResultText(.number, "progress", "Approximate percent complete")],
            when: "when action=='status' and a scan is currently in progress"),
        ScanText.idle,
    ]
    let examples: [Example] = {
        let objects = "[\"raw(76a91411b366edfc0a8b66feebae5c2e25a7b6a5d1cf3188ac)#fm24fxxy\"]"
        return [
            .shell(["start", objects]), .shell(["status"]), .shell(["abort"]),
            .web(["\"start\"", objects]), .web(["\"status\""]), .web(["\"abort\""]),
        ]
    }()

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let action = try request.string("action")
        switch action {
        case "status":
            return context.coinScans.progress.map { ["progress": .int($0.percentage)] } ?? .null
        case "abort": return .bool(context.coinScans.abort())
        case "start":
            guard
                let answer = try await context.coinScans.run(
                    until: context.stopping, { try await scan(request, context) })
            else { throw ScanText.isRunning }
            return answer
        default: throw RPCError.invalidParameter("Invalid action '\(action)'")
        }
    }

    private func scan(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard request.count >= 2 else {
            throw RPCError.misc("scanobjects argument is required for the start action")
        }
        let wanted = try await ScanScripts(
            request.array("scanobjects"), on: context.definition)
        let scan = try await context.validator.scanCoins()
        let desk = context.coinScans
        let found = try await scan.find(wanted.scripts) { percentage in
            desk.report(ScanDesk.Progress(percentage: percentage))
        }
        let hashes = await context.hashes(
            at: Set(found.coins.map(\.coin.height)), below: scan.tip.hash)
        var total = Amount.zero
        var unspents: [JSON] = []
        for (point, coin) in found.coins {
            total += coin.output.value
            let script = coin.output.script
            unspents.append([
                "txid": .string(point.txid.displayHex), "vout": .int(point.index),
                "scriptPubKey": .hex(script.bytes),
                "desc": .string(wanted.descriptor(of: script, on: context.definition)),
                "amount": .amount(coin.output.value.satoshis),
                "coinbase": .bool(coin.isCoinbase), "height": .int(coin.height),
                "blockhash": .string(hashes[coin.height]?.displayHex ?? ""),
                "confirmations": .int(scan.tip.height - coin.height + 1),
            ])
        }
        return [
            "success": .bool(found.isComplete), "txouts": .int(found.count),
            "height": .int(scan.tip.height), "bestblock": .string(scan.tip.hash.displayHex),
            "unspents": .array(unspents), "total_amount": .amount(total.satoshis),
        ]
    }
}

extension RPCContext {
    /// The hashes of the blocks at some heights on the way from genesis to `tip`.
    func hashes(at heights: Set<Int>, below tip: BlockHash) async -> [Int: BlockHash] {
        await validator.index { index in
            guard let tip = index.find(tip) else { return [:] }
            var hashes: [Int: BlockHash] = [:]
            for height in heights {
                if let id = index.ancestor(of: tip, at: height) {
                    hashes[height] = index.hash(of: id)
                }
            }
            return hashes
        }
    }
}
