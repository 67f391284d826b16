import Cryptography
import Notation
import Primitives
import Scripting

extension ConformanceTool {
    /// Runs the scripts of one input: under `flags`, or under each of `flag_sets`.
    func verifyInput(_ request: Request) throws(RequestError) -> JSON {
        let transaction = try request.transaction()
        let index = try request.integer("input")
        let spent = try request.spentOutputs()
        guard spent.count == transaction.inputs.count else {
            throw RequestError(
                "spent names \(spent.count) coins for \(transaction.inputs.count) inputs")
        }
        guard spent.indices.contains(index) else {
            throw RequestError("there is no input \(index)")
        }
        let precomputed = PrecomputedTransactionData(transaction: transaction, spentOutputs: spent)

        func verify(under flags: ScriptFlags) throws(ScriptError) {
            try transaction.verifyInput(
                index, precomputed: precomputed, flags: flags, verifier: verifier)
        }

        if request.has("flag_sets") {
            var verdicts: [JSON] = []
            for set in try request.array("flag_sets") {
                let flags = try flags(set)
                do {
                    try verify(under: flags)
                    verdicts.append(true)
                } catch {
                    verdicts.append(false)
                }
            }
            return .object(["verdicts": .array(verdicts)])
        }
        let flags = try flags(try request.field("flags"))
        do {
            try verify(under: flags)
            return .passes
        } catch {
            return .fails(error.name)
        }
    }

    /// The flags that an array names, or that `consensus` and `standard` stand for.
    private func flags(_ field: JSON) throws(RequestError) -> ScriptFlags {
        switch field.stringValue {
        case "consensus": return .mandatory
        case "standard": return .standard
        case let other?: throw RequestError("unknown set of flags \(other)")
        case nil: break
        }
        guard let items = field.array else { throw RequestError("flags is no array") }
        var flags: ScriptFlags = []
        for item in items {
            guard let name = item.stringValue, let flag = ScriptFlags(name: name) else {
                throw RequestError("unknown flag \(item.text())")
            }
            flags.formUnion(flag)
        }
        return flags
    }

    /// The 32 bytes that a signature signs.
    func signatureHash(_ request: Request) throws(RequestError) -> JSON {
        let transaction = try request.transaction()
        let index = try request.integer("input")
        guard transaction.inputs.indices.contains(index) else {
            throw RequestError("there is no input \(index)")
        }
        let spent = try request.spentOutputs()
        guard spent.count == transaction.inputs.count else {
            throw RequestError(
                "spent names \(spent.count) coins for \(transaction.inputs.count) inputs")
        }
        let script =
            request.has("script") ? try request.bytes("script")[...] : spent[index].script.bytes
        let type = SignatureHashType(
            rawValue: UInt32(truncatingIfNeeded: try request.integer("hashtype")))
        let precomputed = PrecomputedTransactionData(transaction: transaction, spentOutputs: spent)
        let hash: Hash256?
        switch try request.string("version") {
        case "legacy":
            hash = SignatureHash.legacy(
                transaction: transaction, inputIndex: index, scriptCode: script, hashType: type)
        case "v0":
            hash = SignatureHash.segwitV0(
                transaction: transaction, inputIndex: index, scriptCode: script,
                amount: spent[index].value, hashType: type, precomputed: precomputed)
        case "taproot":
            hash = SignatureHash.taproot(
                transaction: transaction, inputIndex: index, hashType: type,
                precomputed: precomputed)
        case let other: throw RequestError("unsupported: version \(other)")
        }
        guard let hash else { throw RequestError("there is no such signature hash") }
        return .object(["hash": .string(hash.hex)])
    }
}
