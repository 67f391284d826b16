import Notation
public import Primitives

extension Script {
    /// The script in Bitcoin Core's assembly: names of operations, numbers up to four bytes in
    /// decimal, other data in hex.
    ///
    /// - Parameter decodingSignatureHashTypes: show the last byte of what looks like a signature as
    ///   `[ALL]`; for the scripts of inputs.
    public func asm(decodingSignatureHashTypes: Bool = false) -> String {
        let decodes = decodingSignatureHashTypes && !isUnspendable
        var words: [String] = []
        var reader = InstructionReader(bytes)
        while !reader.isAtEnd {
            guard let step = reader.next() else {
                words.append("[error]")
                break
            }
            words.append(step.asm(decodingSignatureHashType: decodes))
        }
        return words.joined(separator: " ")
    }
}

extension Instruction {
    fileprivate func asm(decodingSignatureHashType: Bool) -> String {
        guard isDataPush else { return Opcode.name(ofByte: byte) }
        if let number = ScriptNumber(data, requiringMinimal: false) {
            return String(Int32(clamping: number.value))
        }
        guard decodingSignatureHashType, let hashType, let name = hashType.name else {
            return Hex.encode(data)
        }
        return Hex.encode(data.dropLast()) + "[\(name)]"
    }

    /// The hash type, if the data looks like a signature.
    private var hashType: SignatureHashType? {
        guard let last = data.last, DERLayout(data) != nil else { return nil }
        return SignatureHashType(rawValue: UInt32(last))
    }
}
