import Consensus
import Cryptography
import Genesis
import Peers
import Primitives
import Wire

/// A chain that judges little: enough for peers to talk about.
struct ToyChain {
    let network: Network
    private(set) var headers: [BlockHash: BlockHeader] = [:]
    private(set) var records: [BlockHash: HeaderRecord] = [:]
    private(set) var blocks: [BlockHash: Block] = [:]
    private(set) var tip: BlockHash
    /// Records the swarm has not been told yet.
    private(set) var news: [HeaderRecord] = []
    /// Blocks that are here with all before them, and others by the block they wait for.
    private var complete: Set<BlockHash> = []
    private var waiting: [BlockHash: [BlockHash]] = [:]
    private var assumedBase: BlockHash?
    /// The heights of the blocks that came, in that order.
    private(set) var arrivals: [Int] = []
    var pool: [Wtxid: Transaction] = [:]
    var poolSequence: UInt64 = 9
    var isInitialDownload = false
    /// Blocks that are to be found invalid.
    var invalid: Set<BlockHash> = []
    /// Transactions whose outputs count as known.
    var spendable: Set<Txid> = []
    /// What is said of some transactions, by their wtxids, once their inputs are known.
    var verdicts: [Wtxid: TransactionVerdict.Result] = [:]
    /// Transactions that were judged, in that order.
    private(set) var judged: [Wtxid] = []
    /// The blocks whose filters were asked for last.
    var filterBlocks: [BlockHash]?

    init(_ network: Network) {
        self.network = network
        tip = network.genesisHash
        let genesis = Self.genesis(network)
        headers[tip] = network.genesis.header
        records[tip] = genesis
        complete = [tip]
        blocks[tip] = network.genesis
    }

    static func genesis(_ network: Network) -> HeaderRecord {
        let header = network.genesis.header
        return HeaderRecord(
            hash: network.genesisHash, previous: .zero, height: 0, time: header.time,
            bits: header.bits, chainWork: ProofOfWork.work(bits: header.bits), hasData: true,
            isInvalid: false)
    }

    var height: Int { records[tip]?.height ?? 0 }

    /// Mines on the tip.
    mutating func mine(at time: UInt32, tag: UInt8 = 0, with transactions: [Transaction] = [])
        -> Block
    {
        let block = Self.block(
            on: tip, height: height + 1, time: time, tag: tag, bits: network.genesis.header.bits,
            limit: network.consensus.powLimit, with: transactions)
        _ = accept(block)
        return block
    }

    static func block(
        on previous: BlockHash, height: Int, time: UInt32, tag: UInt8, bits: UInt32, limit: UInt256,
        with transactions: [Transaction] = []
    ) -> Block {
        let coinbase = Transaction(
            version: 2,
            inputs: [
                TransactionInput(
                    outPoint: .null,
                    script: Script([4, UInt8(height & 0xFF), UInt8(height >> 8 & 0xFF), tag, 1]),
                    sequence: .max, witness: Witness([] as [[UInt8]]))
            ], outputs: [TransactionOutput(value: Amount(satoshis: 1), script: Script([0x51]))],
            lockTime: 0)
        var header = BlockHeader(
            version: 0x2000_0000, previous: previous,
            merkleRoot: MerkleTree.root([coinbase.txid] + transactions.map(\.txid)), time: time,
            bits: bits, nonce: 0)
        while !ProofOfWork.check(hash: header.hash, bits: bits, limit: limit) { header.nonce += 1 }
        return Block(header: header, transactions: [coinbase] + transactions)
    }

    mutating func accept(_ list: [BlockHeader]) -> HeadersVerdict {
        var last: BlockHash?
        for header in list {
            let hash = header.hash
            guard let parent = records[header.previous] else {
                return HeadersVerdict(last: last, rejection: "prev-blk-not-found", blame: .peer)
            }
            if records[hash] == nil {
                headers[hash] = header
                note(
                    HeaderRecord(
                        hash: hash, previous: header.previous, height: parent.height + 1,
                        time: header.time, bits: header.bits,
                        chainWork: parent.chainWork &+ ProofOfWork.work(bits: header.bits),
                        hasData: false, isInvalid: false))
            }
            last = hash
        }
        return HeadersVerdict(last: last)
    }

    mutating func accept(_ block: Block) -> BlockVerdict {
        let verdict = accept([block.header])
        guard verdict.rejection == nil, var record = records[block.hash] else {
            return BlockVerdict(
                hash: block.hash, rejection: "prev-blk-not-found", blame: .peer, isNew: false)
        }
        if invalid.contains(block.hash) {
            record.isInvalid = true
            note(record)
            return BlockVerdict(
                hash: block.hash, rejection: "bad-cb-amount", blame: .peerUnlessCompact,
                isNew: false)
        }
        let isNew = blocks[block.hash] == nil
        if isNew { arrivals.append(record.height) }
        blocks[block.hash] = block
        record.hasData = true
        record.wasReceived = true
        note(record)
        connect(block.hash)
        for transaction in block.transactions { pool[transaction.wtxid] = nil }
        return BlockVerdict(hash: block.hash, isNew: isNew)
    }

    private mutating func note(_ record: HeaderRecord) {
        records[record.hash] = record
        news.append(record)
    }

    /// The block has come: it and those that waited for it may become the tip.
    private mutating func connect(_ hash: BlockHash) {
        var queue = [hash]
        while let next = queue.popLast() {
            guard let record = records[next], record.hasData, !record.isInvalid else { continue }
            guard complete.contains(record.previous) else {
                waiting[record.previous, default: []].append(next)
                continue
            }
            complete.insert(next)
            if let current = records[tip], record.chainWork > current.chainWork { tip = next }
            queue += waiting.removeValue(forKey: next) ?? []
        }
    }

    /// Goes on from a block whose coins came from outside; those before it may be missing.
    mutating func assume(_ base: BlockHash) {
        assumedBase = base
        complete.insert(base)
        tip = base
    }

    /// What is missing below that block.
    private var history: MissingHistory? {
        guard let base = assumedBase else { return nil }
        var path = [base]
        while let header = headers[path[path.count - 1]], records[header.previous] != nil {
            path.append(header.previous)
        }
        let here = path.reversed().prefix { blocks[$0] != nil }
        guard here.count < path.count, let tip = here.last else { return nil }
        return MissingHistory(tip: tip, base: base)
    }

    /// What there is to tell the swarm.
    mutating func update(from old: BlockHash) -> ChainUpdate {
        defer { news = [] }
        var newest: [BlockHash] = []
        var at = tip
        while at != old, newest.count < 8, let header = headers[at] {
            newest.insert(at, at: 0)
            at = header.previous
        }
        let connected: [ConnectedBlock] = newest.compactMap { hash in
            guard let block = blocks[hash] else { return nil }
            let names = block.transactions.map { TransactionName(txid: $0.txid, wtxid: $0.wtxid) }
            let spends = block.transactions.flatMap { $0.inputs.map(\.outPoint) }
            return ConnectedBlock(
                hash: hash, header: block.header, transactions: names, spends: spends)
        }
        return ChainUpdate(
            records: news, tip: tip, isInitialDownload: isInitialDownload, connected: connected,
            history: history)
    }

    /// The chain in force, tip first.
    var active: [BlockHash] {
        var path = [tip]
        while let header = headers[path[path.count - 1]], records[header.previous] != nil {
            path.append(header.previous)
        }
        return path
    }

    func headers(after locator: [BlockHash], stop: BlockHash) -> [BlockHeader] {
        let path = Array(active.reversed())
        let start = locator.compactMap { path.firstIndex(of: $0) }.first ?? 0
        return path.dropFirst(start + 1).prefix(2000).compactMap { headers[$0] }
    }

    mutating func accept(_ transaction: Transaction) -> TransactionVerdict {
        judged.append(transaction.wtxid)
        return TransactionVerdict(
            transaction: transaction, result: result(for: transaction), reason: "")
    }

    private mutating func result(for transaction: Transaction) -> TransactionVerdict.Result {
        if pool[transaction.wtxid] != nil { return .alreadyHere }
        let known = spendable.union(pool.values.map(\.txid))
        guard transaction.inputs.allSatisfy({ known.contains($0.outPoint.txid) }) else {
            return .missingInputs
        }
        if let verdict = verdicts[transaction.wtxid] { return verdict }
        pool[transaction.wtxid] = transaction
        return .accepted
    }
}
