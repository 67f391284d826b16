public import Cryptography
public import Primitives
public import Wire

/// What happened, told to the swarm.
public enum SwarmEvent: Sendable {
    case received(PeerID, Received)
    case transport(PeerID, TransportEvent)
    /// Whether the socket takes more, or the bytes pile up here.
    case writable(PeerID, Bool)
    case disconnected(PeerID)
    case dialFailed(DialRequest)
    case answered(PeerID, Answer)
    case chainChanged(ChainUpdate)
    /// A block that had been kept was found invalid when its turn came to be connected.
    case blockFailed(BlockVerdict)
    /// A transaction of our own entered the pool: it is to be told.
    case relay(TransactionName)
    case mempoolMinimum(FeeRate)
    /// Addresses the seeds gave.
    case seeded([Endpoint])
    case timePassed
}

/// A message from a peer, or what was wrong with it.
public struct Received: Sendable {
    public enum Content: Sendable {
        case message(Message)
        /// The frame was damaged.
        case damaged(Frame.Flaw)
        case undecodable(MessageError)
    }

    public var content: Content
    public var command: String
    /// Bytes on the wire, header included.
    public var size: Int
    public var payloadSize: Int

    /// Decodes a frame. Pure, so that it can be done on the socket's own thread.
    public init(_ frame: Frame) {
        command = frame.command
        size = frame.size
        payloadSize = frame.payload.count
        if let flaw = frame.flaw {
            content = .damaged(flaw)
            return
        }
        do {
            content = .message(try Message(command: frame.command, payload: frame.payload))
        } catch {
            content = .undecodable(error)
        }
    }
}

/// Both names of a transaction.
public struct TransactionName: Hashable, Sendable {
    public var txid: Txid
    public var wtxid: Wtxid

    public init(txid: Txid, wtxid: Wtxid) {
        self.txid = txid
        self.wtxid = wtxid
    }
}

/// How the chain changed since the last update.
public struct ChainUpdate: Sendable {
    /// Headers that are new or have changed, parents before children.
    public var records: [HeaderRecord]
    public var tip: BlockHash
    public var isInitialDownload: Bool
    /// The newest blocks of the chain in force that were not before, oldest first; those further
    /// back may be left out.
    public var connected: [ConnectedBlock]
    /// The blocks that are to be fetched beside those toward the tip; nil where there are none.
    public var history: MissingHistory?

    public init(
        records: [HeaderRecord], tip: BlockHash, isInitialDownload: Bool,
        connected: [ConnectedBlock] = [], history: MissingHistory? = nil
    ) {
        self.history = history
        self.records = records
        self.tip = tip
        self.isInitialDownload = isInitialDownload
        self.connected = connected
    }
}

/// Blocks below the tip that the node does not have yet, since its coins came from outside.
public struct MissingHistory: Hashable, Sendable {
    /// The last block that was connected.
    public var tip: BlockHash
    /// The last block that is wanted.
    public var base: BlockHash

    public init(tip: BlockHash, base: BlockHash) {
        self.tip = tip
        self.base = base
    }
}

public struct ConnectedBlock: Sendable {
    public var hash: BlockHash
    public var header: BlockHeader
    public var transactions: [TransactionName]
    /// What its transactions spend.
    public var spends: [OutPoint]

    public init(
        hash: BlockHash, header: BlockHeader, transactions: [TransactionName], spends: [OutPoint]
    ) {
        self.spends = spends
        self.hash = hash
        self.header = header
        self.transactions = transactions
    }
}

/// What the chain said to a `Question`.
public enum Answer: Sendable {
    case headers(HeadersVerdict)
    case block(BlockVerdict)
    case transaction(TransactionVerdict)
    /// Those of the transactions asked about that need not be fetched.
    case known(Set<TransactionID>)
    /// `findTransactions`: those at hand, by their places in the block.
    case found([Int: Transaction])
    /// `serveHeaders`, done: the last header that was sent, or our tip.
    case servedHeaders(last: BlockHash?)
    /// `serveBlocksAfter`: hashes to announce, the last to continue from when there are more.
    case blocksAfter([BlockHash], continues: Bool)
    /// `serveTransactions` and `serveBlock`, done: what there was not, and what is to be asked for
    /// again when the peer has taken what it was sent.
    case served(missing: [InventoryItem], rest: [InventoryItem])
    /// `chooseAnnouncements`: what to tell, in this order, the candidates done with, and the pool's
    /// state by then.
    case announcements([TransactionName], passed: [Wtxid], sequence: UInt64)
    /// The chain cannot be asked any more.
    case failed
}

/// Who is to blame for what the chain refused.
public enum Blame: Sendable {
    case peer
    /// Whoever has judged it, or should have.
    case peerUnlessCompact
    /// The same, but only one we chose to connect to ourselves.
    case outboundPeer
    case nobody
}

public struct HeadersVerdict: Sendable {
    /// The last header that was accepted; nil for none.
    public var last: BlockHash?
    /// Why the next one was refused.
    public var rejection: String?
    public var blame: Blame

    public init(last: BlockHash?, rejection: String? = nil, blame: Blame = .nobody) {
        self.last = last
        self.rejection = rejection
        self.blame = blame
    }
}

public struct BlockVerdict: Sendable {
    public var hash: BlockHash
    /// nil when it was accepted or had been before.
    public var rejection: String?
    public var blame: Blame
    /// Whether it became our tip or part of the chain up to it.
    public var isNew: Bool

    public init(hash: BlockHash, rejection: String? = nil, blame: Blame = .nobody, isNew: Bool) {
        self.hash = hash
        self.rejection = rejection
        self.blame = blame
        self.isNew = isNew
    }
}

public struct TransactionVerdict: Sendable {
    public enum Result: Sendable {
        case accepted
        /// It is in the pool already.
        case alreadyHere
        /// Inputs are not known: it may be an orphan.
        case missingInputs
        /// It came without its witness, so that its wtxid is its txid: the one it has with a witness
        /// as well, by which its children know it.
        case witnessStripped
        /// It pays too little by itself; with a child it might do.
        case reconsiderable
        /// What it spends is of no kind that is relayed, whatever its witness.
        case inputsNotStandard
        case rejected
    }

    public var transaction: Transaction
    public var result: Result
    public var reason: String

    public init(transaction: Transaction, result: Result, reason: String) {
        self.transaction = transaction
        self.result = result
        self.reason = reason
    }
}
