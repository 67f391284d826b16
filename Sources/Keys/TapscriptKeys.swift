internal import Primitives
internal import Scripting

/// The keys of the two tapscripts that descriptors have names for: `<key> CHECKSIG`, and that of
/// `multi_a()`.
struct TapscriptKeys {
    let required: Int
    let keys: [ArraySlice<UInt8>]

    init?(_ script: Script) {
        var reader = InstructionReader(script.bytes)
        var keys: [ArraySlice<UInt8>] = []
        while let push = reader.next(), push.isDataPush, push.data.count == 32 {
            guard reader.next()?.opcode == (keys.isEmpty ? .checkSig : .checkSigAdd) else {
                return nil
            }
            keys.append(push.data)
            var ahead = reader
            guard let next = ahead.next(), next.byte == 32 else { break }
        }
        if reader.isAtEnd, keys.count == 1 {
            self.init(required: 1, keys: keys)
            return
        }
        guard let number = reader.next(), let required = Self.number(number),
            reader.next()?.opcode == .numEqual, reader.isAtEnd,
            (1...max(keys.count, 1)).contains(required), !keys.isEmpty
        else { return nil }
        self.init(required: required, keys: keys)
    }

    private init(required: Int, keys: [ArraySlice<UInt8>]) {
        self.required = required
        self.keys = keys
    }

    private static func number(_ instruction: Instruction) -> Int? {
        let small = Int(instruction.byte) - Int(Opcode.op1.rawValue) + 1
        if (1...16).contains(small) { return small }
        return ScriptNumber(instruction.data, requiringMinimal: true).map { Int($0.value) }
    }
}
