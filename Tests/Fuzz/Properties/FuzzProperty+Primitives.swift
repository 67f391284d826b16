import Consensus
import Genesis
import Primitives
import Scripting

extension FuzzProperty {
    /// A transaction that decodes consists of its bytes, and its parts make it again.
    public static let transaction = FuzzProperty("transaction") { (bytes) throws(FuzzFailure) in
        for allowsWitness in [true, false] {
            guard let read = try? Transaction(decoding: bytes, allowWitness: allowsWitness)
            else { continue }
            try claim(Array(read.bytes) == bytes, "the bytes are not those read")
            try claim(read.totalSize == bytes.count, "the size is not that of the bytes")
            try examine(read)
        }
    }

    /// A block that decodes consists of its bytes; every rule gives a verdict on it.
    public static let block = FuzzProperty("block") { (bytes) throws(FuzzFailure) in
        if let header = try? BlockHeader(decoding: bytes) {
            try claim(header.bytes == bytes, "the header's bytes are not those read")
            try? header.check(hash: header.hash, in: .mainnet)
        }
        guard let block = try? Block(decoding: bytes) else { return }
        try claim(block.bytes == bytes, "the bytes are not those read")
        let made = Block(header: block.header, transactions: block.transactions)
        try claim(made == block, "the parts make another block")
        try claim(made.hash == block.header.hash, "the hash is not the header's")
        let stripped = block.strippedBytes
        try claim(stripped.count == block.strippedSize, "the stripped size is not counted right")
        for transaction in block.transactions { try examine(transaction) }
        for network in [Network.mainnet, .signet, .regtest] {
            try? block.check(in: network, proofOfWork: false)
            try? block.check(in: network, proofOfWork: false, merkleRoot: false)
            try? block.check(in: network)
        }
        _ = BlockFilter(
            of: block, spentScripts: block.transactions.flatMap(\.outputs).map(\.script))
    }

    private static func examine(_ transaction: Transaction) throws(FuzzFailure) {
        let made = Transaction(
            version: transaction.version, inputs: transaction.inputs,
            outputs: transaction.outputs, lockTime: transaction.lockTime)
        try claim(made.txid == transaction.txid, "the parts make another transaction")
        try claim(made.wtxid == transaction.wtxid, "the parts make another witness")
        try claim(made == transaction, "the parts make an unequal transaction")
        try claim(
            transaction.strippedBytes.count == transaction.baseSize, "the base size is wrong")
        try claim(
            transaction.detached().bytes.elementsEqual(transaction.bytes),
            "it changes when it is detached")
        try? transaction.check()
        _ = transaction.legacySigOpCount
        _ = transaction.isCoinbase
        for output in transaction.outputs {
            _ = output.script.template
            _ = output.script.asm()
        }
    }
}
