import Chain
import Consensus
import Cryptography
import Indexes
import Notation
import Primitives

/// What several methods ask of the chain, with the errors that answer for it.
extension RPCContext {
    /// A block of any branch, or the error that it is unknown.
    func knownBlock(_ hash: BlockHash) async throws -> BlockInfo {
        guard let info = await validator.blockInfo(hash) else {
            throw RPCError.invalidAddressOrKey("Block not found")
        }
        return info
    }

    /// The bytes of a block, or the error that they are not here.
    func storedBytes(
        _ info: BlockInfo, unreadable: RPCError = .misc("Block not found on disk")
    ) async throws -> [UInt8] {
        guard info.hasData else {
            throw RPCError.misc(
                info.isPruned
                    ? "Block not available (pruned data)"
                    : "Block not available (not fully downloaded)")
        }
        do {
            if let bytes = try await validator.blockBytes(info.hash) { return bytes }
        } catch {
            // The file and what repairs it are for the operator, the answer is Core's.
            report("\(error)")
        }
        throw unreadable
    }

    /// The coins that a block spent, by transaction, or the error that they are not here.
    func storedUndo(_ info: BlockInfo) async throws -> [[Coin]] {
        guard info.height > 0 else { return [] }
        guard info.hasUndo else {
            throw RPCError.misc(
                info.isPruned
                    ? "Undo data not available (pruned data)" : "Undo data not available")
        }
        do {
            if let undo = try await validator.undo(info.hash) { return undo }
        } catch {
            report("\(error)")
        }
        throw RPCError.misc("Can't read undo data from disk")
    }

    func storedBlock(
        _ info: BlockInfo, unreadable: RPCError = .misc("Block not found on disk")
    ) async throws -> Block {
        let bytes = try await storedBytes(info, unreadable: unreadable)
        guard let block = try? Block(decoding: bytes), block.hash == info.hash else {
            throw unreadable
        }
        return block
    }

    /// A transaction of the chain and its block, where an index of them is kept.
    func indexedTransaction(
        _ txid: Txid
    ) async throws -> (transaction: Transaction, block: BlockHash)? {
        guard let transactionIndex else { return nil }
        // One that is still being built answers what it can.
        _ = try await transactionIndex.caughtUp()
        return try await transactionIndex.transaction(txid)
    }

    /// A block named by its hash or, on the active chain, by its height.
    func block(hashOrHeight argument: JSON) async throws -> BlockInfo {
        guard case .number = argument else {
            return try await knownBlock(try argument.asHash("hash_or_height"))
        }
        let height = try argument.asInt()
        guard height >= 0 else {
            throw RPCError.invalidParameter("Target block height \(height) is negative")
        }
        let tip = validator.tip.height
        guard let info = await validator.blockInfo(height: height) else {
            throw RPCError.invalidParameter(
                "Target block height \(height) after current tip \(tip)")
        }
        return info
    }
}

extension Parameter {
    /// A parameter that names a block.
    static func blockHash(_ text: String = "The block hash") -> Parameter {
        Parameter("blockhash", .hex, text)
    }

    static func hashOrHeight(_ fallback: Fallback, _ text: String) -> Parameter {
        Parameter("hash_or_height", .number, fallback, text).unchecked()
            .typed("", "string or numeric")
    }
}

extension Example {
    static let blockHash = Example([
        "\"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09\""
    ])
}
