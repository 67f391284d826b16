import Cryptography
import Primitives

extension Block {
    /// Puts the first block together from its fields, and checks that it is the one that is meant.
    init(genesisFrom reader: inout DefinitionReader, limit: UInt256) throws(NetworkError) {
        let coinbase = try Transaction(genesisFrom: &reader)
        let merkleRoot = try reader.hash("merkleRoot")
        guard merkleRoot == coinbase.txid else {
            throw reader.failure(
                "merkleRoot", "the coinbase of these fields has \(coinbase.txid.displayHex)")
        }
        let header = BlockHeader(
            version: Int32(
                try reader.integer("version", in: Int64(Int32.min)...Int64(Int32.max), default: 1)),
            previous: .zero, merkleRoot: merkleRoot,
            time: UInt32(try reader.integer("time", in: 0...Int64(UInt32.max))),
            bits: try reader.compact("bits"),
            nonce: UInt32(try reader.integer("nonce", in: 0...Int64(UInt32.max))))
        let target = UInt256.decodeCompact(header.bits)
        guard !target.isNegative, !target.isOverflow, target.value != .zero else {
            throw reader.failure("bits", "is no target")
        }
        guard target.value <= limit else {
            throw reader.failure("bits", "is an easier target than proofOfWork.limit")
        }
        let hash = try reader.hash("hash")
        let actual = header.hash
        guard hash == actual else {
            throw reader.failure("hash", "the block of these fields has \(actual.displayHex)")
        }
        guard UInt256(hash) <= target.value else {
            throw reader.failure("hash", "does not meet the target of genesis.bits")
        }
        self.init(header: header, transactions: [coinbase])
    }
}

extension Transaction {
    /// The coinbase of a first block: a text that dates it, and an output nobody can spend.
    fileprivate init(genesisFrom reader: inout DefinitionReader) throws(NetworkError) {
        let script: [UInt8]
        if reader.has("coinbaseText") {
            guard !reader.has("coinbaseScript") else {
                throw reader.failure("coinbaseScript", "is given along with genesis.coinbaseText")
            }
            let text = Array(try reader.text("coinbaseText").utf8)
            guard (1...91).contains(text.count) else {
                throw reader.failure("coinbaseText", "must be 1 to 91 bytes of UTF-8")
            }
            // What Bitcoin's first block has before its headline: a target and the number 4.
            let prefix: [UInt8] = [0x04, 0xff, 0xff, 0x00, 0x1d, 0x01, 0x04]
            let length =
                text.count < 0x4c ? [UInt8(text.count)] : [0x4c, UInt8(text.count)]
            script = prefix + length + text
        } else {
            script = try reader.bytes("coinbaseScript", count: 2...100)
        }
        self.init(
            version: 1,
            inputs: [TransactionInput(outPoint: .null, script: Script(script))],
            outputs: [
                TransactionOutput(
                    value: Amount(
                        satoshis: try reader.integer("value", in: 0...Amount.max.satoshis)),
                    script: Script(try reader.bytes("outputScript", count: 1...10_000)))
            ])
    }
}
