import Notation
import Primitives
import Scripting

/// Reads a transaction as people paste it: with or without witness, complete or not.
enum TransactionDecoder {
    /// The transaction that hexadecimal text most likely means (Core's DecodeHexTx).
    ///
    /// A transaction without inputs looks like one with a witness. Where both readings use up all
    /// bytes, the one with sensible scripts counts, and the one with a witness first.
    static func decode(
        hex: String, triesWitness: Bool = true, triesNoWitness: Bool = true
    ) -> Transaction? {
        guard !hex.isEmpty, let bytes = Hex.decode(hex) else { return nil }
        let extended = triesWitness ? try? Transaction(decoding: bytes) : nil
        if let extended, isSensible(extended) { return extended }
        let legacy =
            triesNoWitness ? try? Transaction(decoding: bytes, allowWitness: false) : nil
        if let legacy, isSensible(legacy) { return legacy }
        return extended ?? legacy
    }

    private static func isSensible(_ transaction: Transaction) -> Bool {
        let inputs =
            transaction.isCoinbase || transaction.inputs.allSatisfy { isSensible($0.script) }
        return inputs && transaction.outputs.allSatisfy { isSensible($0.script) }
    }

    private static func isSensible(_ script: Script) -> Bool {
        script.count <= ScriptLimits.maximumScriptSize && script.hasValidOperations
    }
}
