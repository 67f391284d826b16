import Chain
import Consensus
import Cryptography
import Notation
import Primitives

struct GetDescriptorActivity: RPCMethod {
    let name = "getdescriptoractivity"
    let summary =
        "Get spend and receive activity associated with a set of descriptors for a set of blocks. "
        + "This command pairs well with the `relevant_blocks` output of `scanblocks()`.\n"
        + "This call may take several minutes. If you encounter timeouts, try specifying no RPC "
        + "timeout (bitcoin-cli -rpcclienttimeout=0)"
    let parameters = [
        Parameter(
            "blockhashes", .array, .required,
            "The list of blockhashes to examine for activity. Order doesn't matter. Must be along main chain or an error is thrown.\n",
            inner: [Parameter("blockhash", .hex, .omitted, "A valid blockhash")]),
        Parameter(
            "scanobjects", .array, .required,
            "The list of descriptors (scan objects) to examine for activity. Every scan object is either a string descriptor or an object:",
            inner: ScanText.inner
        ).shown(as: "[scanobjects,...]"),
        Parameter(
            "include_mempool", .bool, default: true, "Whether to include unconfirmed activity"),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .fixedArray, "activity", "events",
                    [
                        ResultText(
                            .object, "", "",
                            [
                                ResultText(.string, "type", "always 'spend'"),
                                ResultText(
                                    .amount, "amount",
                                    "The total amount in BTC of the spent output"),
                                ResultText(
                                    .hex, "blockhash",
                                    "The blockhash this spend appears in (omitted if unconfirmed)",
                                    optional: true),
                                ResultText(
                                    .number, "height",
                                    "Height of the spend (omitted if unconfirmed)", optional: true),
                                ResultText(
                                    .hex, "spend_txid", "The txid of the spending transaction"),
                                ResultText(
                                    .number, "spend_vin", "The input index of the spend"),
                                ResultText(.hex, "prevout_txid", "The txid of the prevout"),
                                ResultText(.number, "prevout_vout", "The vout of the prevout"),
                                ResultText(.object, "prevout_spk", "", Self.scriptText),
                            ]),
                        ResultText(
                            .object, "", "",
                            [
                                ResultText(.string, "type", "always 'receive'"),
                                ResultText(
                                    .amount, "amount",
                                    "The total amount in BTC of the new output"),
                                ResultText(
                                    .hex, "blockhash",
                                    "The block that this receive is in (omitted if unconfirmed)",
                                    optional: true),
                                ResultText(
                                    .number, "height",
                                    "The height of the receive (omitted if unconfirmed)",
                                    optional: true),
                                ResultText(
                                    .hex, "txid", "The txid of the receiving transaction"),
                                ResultText(.number, "vout", "The vout of the receiving output"),
                                ResultText(.object, "output_spk", "", Self.scriptText),
                            ]),
                    ])
            ])
    ]
    let examples: [Example] = [
        .shell([
            "[\"000000000000000000001347062c12fded7c528943c8ce133987e2e2f5a840ee\"]",
            "[\"addr(bc1qzl6nsgqzu89a66l50cvwapnkw5shh23zarqkw9)\"]",
        ])
    ]

    private static let scriptText = [
        ResultText(.string, "asm", "Disassembly of the output script"),
        ResultText(.string, "desc", "Inferred descriptor for the output"),
        ResultText(.hex, "hex", "The raw output script bytes, hex-encoded"),
        ResultText(
            .string, "address",
            "The Bitcoin address (only if a well-defined address exists)", optional: true),
        ResultText(
            .string, "type",
            "The type (one of: nonstandard, anchor, pubkey, pubkeyhash, scripthash, multisig, nulldata, witness_v0_scripthash, witness_v0_keyhash, witness_v1_taproot, witness_unknown)"
        ),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        var blocks: [Int: BlockInfo] = [:]
        for text in try request.array("blockhashes") {
            let info = try await context.knownBlock(try text.asHash("blockhash"))
            guard info.isOnActiveChain else {
                throw RPCError.invalidParameter("Block is not in main chain")
            }
            blocks[info.height] = info
        }
        let scripts = try await ScanScripts(
            request.array("scanobjects"), on: context.definition
        ).scripts
        var activity: [JSON] = []
        for (_, info) in blocks.sorted(by: { $0.key < $1.key }) {
            let block = try await context.storedBlock(info)
            let undo = try await context.storedUndo(info)
            for (number, transaction) in block.transactions.enumerated() {
                let spent = number > 0 && number <= undo.count ? undo[number - 1] : []
                let events = Events(
                    transaction: transaction, spent: spent.map(\.output), block: info)
                activity += events.json(among: scripts, context)
            }
        }
        if try request.bool("include_mempool") {
            for spend in try await context.validator.mempoolSpends() {
                let events = Events(
                    transaction: spend.transaction, spent: spend.spent, block: nil)
                activity += events.json(among: scripts, context)
            }
        }
        return ["activity": .array(activity)]
    }

    /// What one transaction did to scripts.
    private struct Events {
        var transaction: Transaction
        /// The outputs it spends; none for a coinbase.
        var spent: [TransactionOutput?]
        /// Its block; nil while it waits.
        var block: BlockInfo?

        func json(among scripts: Set<Script>, _ context: RPCContext) -> [JSON] {
            var events: [JSON] = []
            let txid = JSON.string(transaction.txid.displayHex)
            for (index, output) in zip(transaction.inputs.indices, spent) {
                guard let output, scripts.contains(output.script) else { continue }
                let point = transaction.outPoint(at: index)
                var event = start("spend", output.value)
                event.append("spend_txid", txid)
                event.append("spend_vin", .int(index))
                event.append("prevout_txid", .string(point.txid.displayHex))
                event.append("prevout_vout", .int(point.index))
                event.append(
                    "prevout_spk",
                    .object(ScriptJSON.output(output.script, context.definition)))
                events.append(.object(event))
            }
            for (index, output) in transaction.outputs.enumerated()
            where scripts.contains(output.script) {
                var event = start("receive", output.value)
                event.append("txid", txid)
                event.append("vout", .int(index))
                event.append(
                    "output_spk", .object(ScriptJSON.output(output.script, context.definition)))
                events.append(.object(event))
            }
            return events
        }

        private func start(_ type: String, _ value: Amount) -> JSONObject {
            var event: JSONObject = [
                "type": .string(type), "amount": .amount(value.satoshis),
            ]
            if let block {
                event.append("blockhash", .string(block.hash.displayHex))
                event.append("height", .int(block.height))
            }
            return event
        }
    }
}
