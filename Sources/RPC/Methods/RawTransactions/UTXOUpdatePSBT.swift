import Chain
import Consensus
import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

struct UTXOUpdatePSBT: RPCMethod {
    let name = "utxoupdatepsbt"
    let summary =
        "Updates all segwit inputs and outputs in a PSBT with data from output descriptors, "
        + "the UTXO set, txindex, or the mempool.\n"
    let parameters = [
        PSBTArguments.psbt,
        Parameter(
            "descriptors", .array, .omitted, "An array of either strings or objects",
            inner: PSBTUpdate.descriptors),
    ]
    let results = [
        ResultText(
            .string, "",
            "The base64-encoded partially signed transaction with inputs updated")
    ]
    let examples = [Example.shell(["\"psbt\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        var provider = SigningProvider()
        for item in try request.optionalArray("descriptors") ?? [] {
            try PSBTUpdate.learn(item, into: &provider, context.definition)
        }
        provider.secrets = [:]
        let psbt = try await PSBTUpdate.process(
            try PSBTArguments.decode(request["psbt"]), provider, context, finalizes: false)
        return .string(psbt.base64)
    }
}

/// Adds to a partially signed transaction what chain, pool and descriptors tell.
enum PSBTUpdate {
    /// The elements of the lists of descriptors.
    static let descriptors = [
        Parameter("", .string, .omitted, "An output descriptor"),
        Parameter(
            "", .object, .omitted, "An object with an output descriptor and extra information",
            inner: [
                Parameter("desc", .string, "An output descriptor"),
                Parameter(
                    "range", .range, default: 1000,
                    "Up to what index HD chains should be explored (either end or [begin,end])"),
            ]),
    ]

    /// Takes up the keys and scripts of a descriptor, given as text or with a range.
    static func learn(
        _ item: JSON, into provider: inout SigningProvider, _ network: Network
    ) throws {
        let object = try ScanObject(item, on: network)
        for index in object.range {
            for descriptor in object.descriptors {
                provider.merge(try object.expand(descriptor, at: index).provider)
                for key in descriptor.privateKeys(at: index) { provider.add(key) }
            }
        }
    }

    /// Finds what the inputs spend, and adds what the provider knows (Core's ProcessPSBT).
    static func process(
        _ psbt: PSBT, _ provider: SigningProvider, _ context: RPCContext,
        hashType: Int32? = nil, finalizes: Bool
    ) async throws -> PSBT {
        var psbt = psbt
        for index in psbt.inputs.indices where psbt.inputs[index].previousTransaction == nil {
            let txid = psbt.inputs[index].outPoint.txid
            var found = try await context.indexedTransaction(txid)?.transaction
            if found == nil { found = await context.validator.mempoolTransaction(txid) }
            psbt.inputs[index].previousTransaction = found
        }
        let points = psbt.inputs.map(\.outPoint)
        let coins = try await context.validator.coins(points, includingMempool: true)
        for (index, coin) in zip(psbt.inputs.indices, coins) {
            guard psbt.inputs[index].previousTransaction == nil, let output = coin?.output,
                isSegwit(output.script, provider)
            else { continue }
            psbt.inputs[index].witnessOutput = output
        }
        switch psbt.process(provider: provider, hashType: hashType, finalizes: finalizes) {
        case .hashTypeMismatch:
            throw RPCError.deserialization(
                "Specified sighash value does not match value stored in PSBT")
        case .invalidTransaction:
            throw RPCError.verify("The transaction cannot be valid")
        case .complete, .incomplete, .missingInputs: return psbt
        }
    }

    /// Whether an output is spent by witness, as far as can be seen.
    private static func isSegwit(_ script: Script, _ provider: SigningProvider) -> Bool {
        if script.witnessProgram != nil { return true }
        guard case .scriptHash(let hash) = script.template else { return false }
        return provider.scripts[hash]?.witnessProgram != nil
    }
}
