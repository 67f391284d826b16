public import Cryptography
public import Primitives

/// Why a block is refused, in the order in which it is looked at.
public enum BlockError: Error, Hashable, Sendable {
    // By itself.
    case header(HeaderError)
    /// It does not answer the network's challenge (BIP325).
    case signetSolution
    /// Its transactions are not those of its merkle root.
    case merkleRoot
    /// Transactions are repeated without the merkle root showing it (CVE-2012-2459).
    case repeatedTransactions
    case length
    case coinbaseMissing
    case coinbaseMultiple
    case transaction(TransactionError, Txid)
    case legacySigOps
    // By the headers before it.
    case nonFinal
    /// Its coinbase does not begin with its height (BIP34).
    case coinbaseHeight
    case witnessNonceSize
    case witnessMerkleRoot
    case unexpectedWitness
    case weight
    // By the coins it spends.
    /// A transaction would replace an unspent one with the same id (BIP30).
    case overwrites
    case connection(TransactionError, Txid)
    case feesNotMoney
    /// A relative lock time is not over (BIP68).
    case sequenceLock(Txid)
    case sigOps
    case coinbaseAmount(actual: Amount, limit: Amount)
    case script(ScriptFailure)
}

extension BlockError: CustomStringConvertible {
    /// Bitcoin Core's word for it.
    public var rejectReason: String {
        switch self {
        case .header(let error): error.rejectReason
        case .signetSolution: "bad-signet-blksig"
        case .merkleRoot: "bad-txnmrklroot"
        case .repeatedTransactions: "bad-txns-duplicate"
        case .length: "bad-blk-length"
        case .coinbaseMissing: "bad-cb-missing"
        case .coinbaseMultiple: "bad-cb-multiple"
        case .transaction(let error, _): error.rejectReason
        case .legacySigOps, .sigOps: "bad-blk-sigops"
        case .nonFinal, .sequenceLock: "bad-txns-nonfinal"
        case .coinbaseHeight: "bad-cb-height"
        case .witnessNonceSize: "bad-witness-nonce-size"
        case .witnessMerkleRoot: "bad-witness-merkle-match"
        case .unexpectedWitness: "unexpected-witness"
        case .weight: "bad-blk-weight"
        case .overwrites: "bad-txns-BIP30"
        case .connection(let error, _): error.rejectReason
        case .feesNotMoney: "bad-txns-accumulated-fee-outofrange"
        case .coinbaseAmount: "bad-cb-amount"
        case .script(let failure): failure.blockRejectReason
        }
    }

    /// Bitcoin Core's further words.
    public var debugMessage: String {
        switch self {
        case .header(let error): error.debugMessage
        case .signetSolution: "signet block signature validation failure"
        case .merkleRoot: "hashMerkleRoot mismatch"
        case .repeatedTransactions: "duplicate transaction"
        case .length: "size limits failed"
        case .coinbaseMissing: "first tx is not coinbase"
        case .coinbaseMultiple: "more than one coinbase"
        case .transaction(let error, let txid):
            "Transaction check failed (tx hash \(txid.displayHex)) \(error.debugMessage)"
        case .legacySigOps: "out-of-bounds SigOpCount"
        case .nonFinal: "non-final transaction"
        case .coinbaseHeight: "block height mismatch in coinbase"
        case .witnessNonceSize: "CheckWitnessMalleation : invalid witness reserved value size"
        case .witnessMerkleRoot: "CheckWitnessMalleation : witness merkle commitment mismatch"
        case .unexpectedWitness: "CheckWitnessMalleation : unexpected witness data found"
        case .weight: "ContextualCheckBlock : weight limit failed"
        case .overwrites: "tried to overwrite transaction"
        case .connection(let error, let txid):
            "\(error.debugMessage) in transaction \(txid.displayHex)"
        case .feesNotMoney: "accumulated fee in the block out of range"
        case .sequenceLock(let txid):
            "contains a non-BIP68-final transaction \(txid.displayHex)"
        case .sigOps: "too many sigops"
        case .coinbaseAmount(let actual, let limit):
            "coinbase pays too much (actual=\(actual.satoshis) vs limit=\(limit.satoshis))"
        case .script(let failure): failure.debugMessage
        }
    }

    public var result: BlockResult {
        switch self {
        case .header(let error): error.result
        case .merkleRoot, .repeatedTransactions, .witnessNonceSize, .witnessMerkleRoot,
            .unexpectedWitness:
            .mutated
        default: .consensus
        }
    }

    /// The word and the further words, as Bitcoin Core logs them.
    public var description: String {
        debugMessage.isEmpty ? rejectReason : "\(rejectReason), \(debugMessage)"
    }
}
