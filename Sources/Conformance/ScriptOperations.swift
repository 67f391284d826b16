import Cryptography
import Notation
import Primitives
import Scripting

extension ConformanceTool {
    /// Runs the scripts of one input.
    func verifyInput(_ request: Request) throws(RequestError) -> JSON {
        let transaction = try request.transaction()
        let index = try request.integer("input")
        let spent = try request.spentOutputs()
        guard spent.count == transaction.inputs.count else {
            throw RequestError("spent names \(spent.count) coins for \(transaction.inputs.count) inputs")
        }
        guard spent.indices.contains(index) else { throw RequestError("there is no input \(index)") }
        let flags = try flags(request)
        do {
            try transaction.verifyInput(
                index,
                precomputed: PrecomputedTransactionData(
                    transaction: transaction, spentOutputs: spent),
                flags: flags)
            return .passes()
        } catch {
            return .fails(error.name)
        }
    }

    private func flags(_ request: Request) throws(RequestError) -> ScriptFlags {
        let field = try request.field("flags")
        switch field.stringValue {
        case "consensus": return .mandatory
        case "standard": return .standard
        case let other?: throw RequestError("unknown set of flags \(other)")
        case nil: break
        }
        var flags: ScriptFlags = []
        for item in try request.array("flags") {
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
            throw RequestError("spent names \(spent.count) coins for \(transaction.inputs.count) inputs")
        }
        let script =
            request.has("script") ? try request.bytes("script")[...] : spent[index].script.bytes
        let type = SignatureHashType(
            rawValue: UInt32(truncatingIfNeeded: try request.integer("hashtype")))
        let precomputed = PrecomputedTransactionData(
            transaction: transaction, spentOutputs: spent, forced: true)
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
