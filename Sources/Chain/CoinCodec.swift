package import Consensus
import Cryptography
package import Primitives

/// Coins as they stand on the disk, in the store and in undo files: Core's compressed form.
package enum CoinCodec {
    // MARK: Amounts

    /// Amounts are mostly round: the trailing zeros become an exponent.
    package static func compress(amount: Int64) -> UInt64 {
        var rest = UInt64(bitPattern: amount)
        guard rest != 0 else { return 0 }
        var exponent: UInt64 = 0
        while rest % 10 == 0, exponent < 9 {
            rest /= 10
            exponent += 1
        }
        guard exponent < 9 else { return 1 &+ (rest &- 1) &* 10 &+ 9 }
        let digit = rest % 10
        return 1 &+ (rest / 10 &* 9 &+ digit &- 1) &* 10 &+ exponent
    }

    package static func decompress(amount: UInt64) -> Int64 {
        guard amount != 0 else { return 0 }
        var rest = amount - 1
        let exponent = rest % 10
        rest /= 10
        var value: UInt64
        if exponent < 9 {
            value = rest / 9 &* 10 &+ rest % 9 &+ 1
        } else {
            value = rest &+ 1
        }
        for _ in 0..<exponent { value = value &* 10 }
        return Int64(bitPattern: value)
    }

    // MARK: Scripts

    static let specialKinds: UInt64 = 6

    package static func append(script: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        let start = script.startIndex
        func byte(_ offset: Int) -> UInt8 { script[start + offset] }
        switch script.count {
        case 25
        where byte(0) == 0x76 && byte(1) == 0xA9 && byte(2) == 20 && byte(23) == 0x88
            && byte(24) == 0xAC:
            bytes.append(0)
            bytes.append(contentsOf: script[start + 3..<start + 23])
        case 23 where byte(0) == 0xA9 && byte(1) == 20 && byte(22) == 0x87:
            bytes.append(1)
            bytes.append(contentsOf: script[start + 2..<start + 22])
        case 35 where byte(0) == 33 && (byte(1) == 2 || byte(1) == 3) && byte(34) == 0xAC:
            bytes.append(contentsOf: script[start + 1..<start + 34])
        case 67
        where byte(0) == 65 && byte(1) == 4 && byte(66) == 0xAC
            && PublicKey(script[start + 1..<start + 66].span) != nil:
            bytes.append(4 | byte(65) & 1)
            bytes.append(contentsOf: script[start + 2..<start + 34])
        default:
            Variable.append(UInt64(script.count) + specialKinds, to: &bytes)
            bytes.append(contentsOf: script)
        }
    }

    package static func script(from reader: inout ByteReader) throws(DecodingError) -> [UInt8] {
        let kind = try reader.readVariable()
        switch kind {
        case 0: return [0x76, 0xA9, 20] + (try reader.readBytes(count: 20)) + [0x88, 0xAC]
        case 1: return [0xA9, 20] + (try reader.readBytes(count: 20)) + [0x87]
        case 2, 3: return [33, UInt8(kind)] + (try reader.readBytes(count: 32)) + [0xAC]
        case 4, 5: return try longKeyScript(kind, from: &reader)
        default:
            let count = kind - specialKinds
            guard count <= UInt64(reader.remaining) else {
                throw .truncated(needed: Int(clamping: count), remaining: reader.remaining)
            }
            return try reader.readBytes(count: Int(count))
        }
    }

    /// The script of a long public key, of which the store has the short one.
    static func longKeyScript(
        _ kind: UInt64, from reader: inout ByteReader
    ) throws(DecodingError) -> [UInt8] {
        let compressed = [UInt8(truncatingIfNeeded: kind - 2)] + (try reader.readBytes(count: 32))
        guard let key = PublicKey(compressed.span) else {
            throw .invalid("a compressed public key is not on the curve")
        }
        return [65] + key.uncompressed + [0xAC]
    }

    // MARK: Coins

    package static func append(output: TransactionOutput, to bytes: inout [UInt8]) {
        Variable.append(compress(amount: output.value.satoshis), to: &bytes)
        append(script: output.script.bytes, to: &bytes)
    }

    package static func output(from reader: inout ByteReader) throws(DecodingError)
        -> TransactionOutput
    {
        let value = decompress(amount: try reader.readVariable())
        let script = try script(from: &reader)
        return TransactionOutput(value: Amount(satoshis: value), script: Script(script))
    }

    package static func append(_ coin: Coin, to bytes: inout [UInt8]) {
        Variable.append(code(coin), to: &bytes)
        append(output: coin.output, to: &bytes)
    }

    package static func coin(from reader: inout ByteReader) throws(DecodingError) -> Coin {
        let code = try reader.readVariable()
        return Coin(
            output: try output(from: &reader), height: Int(code >> 1), isCoinbase: code & 1 != 0)
    }

    package static func coin(decoding bytes: Span<UInt8>) throws(DecodingError) -> Coin {
        var reader = ByteReader(bytes)
        return try coin(from: &reader)
    }

    package static func code(_ coin: Coin) -> UInt64 {
        UInt64(coin.height) << 1 | (coin.isCoinbase ? 1 : 0)
    }

    /// The same in 32 bits, which hold twice any height of a block.
    static func shortCode(_ coin: Coin) -> UInt32 { UInt32(truncatingIfNeeded: code(coin)) }
}
