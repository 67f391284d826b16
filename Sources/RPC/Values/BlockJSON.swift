import Chain
import Consensus
import Cryptography
import Genesis
import Notation
import Primitives

/// Blocks and headers as answers show them.
enum BlockJSON {
    /// A header and what the chain says of it (Core's blockheaderToJSON).
    static func header(_ info: BlockInfo, _ network: Network) -> JSONObject {
        let header = info.header
        var object: JSONObject = [
            "hash": .string(info.hash.displayHex), "confirmations": .int(info.confirmations),
            "height": .int(info.height), "version": .int(header.version),
            "versionHex": hex32(UInt32(bitPattern: header.version)),
            "merkleroot": .string(header.merkleRoot.displayHex), "time": .int(header.time),
            "mediantime": .int(info.medianTimePast), "nonce": .int(header.nonce),
            "bits": hex32(header.bits), "target": target(header.bits, network),
            "difficulty": difficulty(header.bits), "chainwork": .string(info.chainWork.hex),
            "nTx": .int(info.transactionCount ?? 0),
        ]
        if info.height > 0 {
            object.append("previousblockhash", .string(header.previous.displayHex))
        }
        if let next = info.nextHash { object.append("nextblockhash", .string(next.displayHex)) }
        return object
    }

    /// A block (Core's blockToJSON). Verbosity 1 lists the ids of its transactions, 2 shows them,
    /// 3 shows the coins they spend as well.
    static func block(
        _ block: Block, _ info: BlockInfo, _ network: Network, verbosity: Int,
        undo: [[Coin]]? = nil
    ) -> JSONObject {
        var object = header(info, network)
        object.append("strippedsize", .int(block.strippedSize))
        object.append("size", .int(block.totalSize))
        object.append("weight", .int(block.weight.units))
        if let coinbase = block.transactions.first {
            object.append("coinbase_tx", self.coinbase(coinbase))
        }
        guard verbosity > 1 else {
            let ids = block.transactions.indices.map { index -> JSON in
                .string(block.transactions.txid(at: index).displayHex)
            }
            object.append("tx", .array(ids))
            return object
        }
        let transactions = block.transactions.enumerated().map { index, transaction -> JSON in
            let spent =
                index > 0 && undo?.indices.contains(index - 1) == true
                ? undo?[index - 1] : nil
            return .object(
                TransactionJSON.object(
                    transaction, network, spent: spent, showsSpent: verbosity > 2))
        }
        object.append("tx", .array(transactions))
        return object
    }

    /// What stands in a coinbase beside its outputs.
    private static func coinbase(_ transaction: Transaction) -> JSON {
        guard let input = transaction.inputs.first else { return [:] }
        var object: JSONObject = [
            "version": .int(transaction.version), "locktime": .int(transaction.lockTime),
            "sequence": .int(input.sequence), "coinbase": .hex(input.script.bytes),
        ]
        if let item = input.witness.first { object.append("witness", .hex(item)) }
        return .object(object)
    }

    static func hex32(_ value: UInt32) -> JSON { .string(value.eightDigits) }

    /// The target that compact bits stand for; zero where they stand for none.
    static func target(_ bits: UInt32, _ network: Network) -> JSON {
        let target = ProofOfWork.target(bits: bits, limit: network.consensus.powLimit)
        return .string((target ?? .zero).hex)
    }

    static func difficulty(_ bits: UInt32) -> JSON {
        .double(ProofOfWork.difficulty(bits: bits))
    }
}
