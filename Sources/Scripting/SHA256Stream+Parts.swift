import Cryptography
import Primitives

extension SHA256Stream {
    /// Appends bytes to the message.
    mutating func update(_ bytes: ArraySlice<UInt8>) { update(bytes.span) }

    /// Appends a length as Bitcoin writes it, in one to nine bytes.
    mutating func update(compactSize count: Int) {
        switch count {
        case ..<0xfd: update(UInt8(count))
        case ...0xffff:
            update(0xfd as UInt8)
            update(littleEndian: UInt16(count))
        case ...0xffff_ffff:
            update(0xfe as UInt8)
            update(littleEndian: UInt32(count))
        default:
            update(0xff as UInt8)
            update(littleEndian: UInt64(count))
        }
    }

    /// Appends bytes with their length before them.
    mutating func update(sized bytes: ArraySlice<UInt8>) {
        update(compactSize: bytes.count)
        update(bytes)
    }

    mutating func update(_ outPoint: OutPoint) {
        update(outPoint.txid)
        update(littleEndian: outPoint.index)
    }

    mutating func update(_ output: TransactionOutput) {
        update(littleEndian: output.value.satoshis)
        update(sized: output.script.bytes)
    }
}
