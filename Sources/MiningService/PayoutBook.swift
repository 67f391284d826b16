import Chain
public import Cryptography
import Genesis
import Keys
import Mining
public import Primitives

/// Follows the chain and notes what its coinbases pay to members of the roster.
///
/// It remembers the last block it has seen and reads on from there, so nothing is missed and a
/// reorganisation is the same code.
actor PayoutBook {
    private struct Entry {
        var hash: BlockHash
        var height: Int
        var payouts: [(name: String, output: Int, amount: Amount, script: Script)]
        var txid: Txid
    }

    /// Orphaned entries that are kept.
    private static let orphansKept = 1000
    /// Blocks read in one go.
    private static let step = 500
    /// How far ahead of the last payout a descriptor's scripts are known.
    private static let lookAhead: UInt32 = 20

    private let validator: Validator
    private let network: Network
    private var roster: Roster?
    private var names: [Script: String] = [:]
    /// How many payouts each member has had, counting every script once.
    private var known: [String: UInt32] = [:]
    private var cursor: BlockHash?
    /// Blocks of the active chain that pay members, oldest first.
    private var entries: [Entry] = []
    private var orphaned: [Entry] = []
    private var isFollowing = false
    /// Grows when it begins anew, so that a reader under way sees it.
    private var generation = 0

    init(validator: Validator, network: Network) {
        self.validator = validator
        self.network = network
    }

    func use(roster: Roster) {
        self.roster = roster
        generation += 1
        names = [:]
        known = [:]
        cursor = nil
        entries = []
        for inmate in roster.inmates { learn(inmate, upTo: Self.lookAhead) }
    }

    private func learn(_ inmate: Roster.Inmate, upTo limit: UInt32) {
        guard case .descriptor = inmate.destination else {
            if let script = inmate.script(after: 0) { names[script] = inmate.name }
            return
        }
        let from = known[inmate.name] ?? 0
        guard limit > from else { return }
        for index in from..<limit {
            if let script = inmate.script(after: index) { names[script] = inmate.name }
        }
        known[inmate.name] = limit
    }

    // MARK: Following

    /// Reads on to the tip. A branch that comes and goes between two calls is not seen.
    func follow() async throws {
        // One reader at a time: a second would read the same blocks again.
        while isFollowing { try await Task.sleep(for: .milliseconds(5)) }
        isFollowing = true
        defer { isFollowing = false }
        // A descriptor that replaced another goes on at the index the ledger has reached.
        if let ledger = try await validator.ledger() {
            for inmate in roster?.inmates ?? [] {
                learn(inmate, upTo: (ledger[inmate.name]?.payouts ?? 0) &+ Self.lookAhead)
            }
        }
        reading: while true {
            let reader = generation
            let path = await validator.followPath(from: cursor, limit: Self.step)
            guard reader == generation else { continue }
            for hash in path.disconnected { forget(hash) }
            if !path.disconnected.isEmpty { cursor = path.fork?.hash }
            for hash in path.connected {
                guard let block = try await validator.block(hash),
                    let info = await validator.blockInfo(hash)
                else {
                    // What was pruned cannot be told of; what stands after it can.
                    cursor = hash
                    continue
                }
                guard reader == generation else { continue reading }
                note(block, hash: hash, height: info.height)
                cursor = hash
            }
            if path.connected.isEmpty { return }
        }
    }

    private func forget(_ hash: BlockHash) {
        guard let last = entries.last, last.hash == hash else { return }
        entries.removeLast()
        orphaned.append(last)
        if orphaned.count > Self.orphansKept { orphaned.removeFirst() }
    }

    private func note(_ block: Block, hash: BlockHash, height: Int) {
        guard let coinbase = block.transactions.first else { return }
        var entry = Entry(hash: hash, height: height, payouts: [], txid: coinbase.txid)
        for (index, output) in coinbase.outputs.enumerated() {
            guard let name = names[output.script] else { continue }
            entry.payouts.append((name, index, output.value, output.script))
            if let inmate = roster?[name] {
                learn(inmate, upTo: UInt32(clamping: entries.count) + Self.lookAhead)
            }
        }
        orphaned.removeAll { $0.hash == hash }
        if !entry.payouts.isEmpty { entries.append(entry) }
    }

    // MARK: Telling

    func inmates(of roster: Roster, ledger: PayoutLedger) async throws -> [InmateStatus] {
        try await follow()
        let tip = validator.tip
        var statuses: [String: InmateStatus] = [:]
        let total = roster.inmates.reduce(Int128(0)) { $0 + Int128($1.weight) }
        for inmate in roster.inmates {
            let account = ledger[inmate.name]
            let script = inmate.script(after: account?.payouts ?? 0) ?? []
            statuses[inmate.name] = InmateStatus(
                name: inmate.name, address: Address(script)?.text(on: network), script: script,
                weight: inmate.weight, share: Double(inmate.weight) / Double(total),
                balance: account?.balance ?? 0)
        }
        for entry in entries {
            let isMature = isMature(entry.height, tip: tip)
            for payout in entry.payouts {
                statuses[payout.name]?.add(payout.amount, isMature: isMature)
            }
        }
        for entry in orphaned {
            for payout in entry.payouts { statuses[payout.name]?.orphaned += payout.amount }
        }
        return roster.inmates.compactMap { statuses[$0.name] }
    }

    /// Whether a coinbase at `height` may be spent in the next block.
    private func isMature(_ height: Int, tip: ChainTip) -> Bool {
        height + network.consensus.coinbaseMaturity <= tip.height + 1
    }

    func payouts(template: BlockTemplate?) async throws -> [PayoutRecord] {
        try await follow()
        let tip = validator.tip
        var records: [PayoutRecord] = []
        if let template, let split = template.payout {
            for (index, payout) in split.payouts.enumerated() where !payout.name.isEmpty {
                records.append(
                    PayoutRecord(
                        name: payout.name, amount: payout.amount, status: .template,
                        height: template.context.height, confirmations: 0, output: index,
                        block: nil, txid: nil, script: payout.script))
            }
        }
        for entry in entries.reversed() {
            records += self.records(of: entry) {
                isMature(entry.height, tip: tip) ? .mature : .immature
            } confirmations: {
                tip.height - entry.height + 1
            }
        }
        for entry in orphaned.reversed() {
            records += self.records(of: entry) {
                .orphaned
            } confirmations: {
                -1
            }
        }
        return records
    }

    private func records(
        of entry: Entry, status: () -> PayoutRecord.Status, confirmations: () -> Int
    ) -> [PayoutRecord] {
        entry.payouts.map {
            PayoutRecord(
                name: $0.name, amount: $0.amount, status: status(), height: entry.height,
                confirmations: confirmations(), output: $0.output, block: entry.hash,
                txid: entry.txid, script: $0.script)
        }
    }
}

/// What a member has been paid, and is owed.
public struct InmateStatus: Sendable {
    public var name: String
    /// Where the next payout goes; nil where the script has no address.
    public var address: String?
    public var script: Script
    public var weight: Int64
    /// The weight's part of all weights.
    public var share: Double
    /// Owed, or owing below zero, in millisatoshis.
    public var balance: Int64
    /// By coinbases of the active chain, mature or not.
    public var paid = Amount.zero
    /// What cannot be spent in the next block yet.
    public var immature = Amount.zero
    public var mature = Amount.zero
    /// By coinbases that left the active chain, as far as this node saw it.
    public var orphaned = Amount.zero
    /// How many coinbase outputs on the active chain.
    public var payouts = 0

    init(
        name: String, address: String?, script: Script, weight: Int64, share: Double, balance: Int64
    ) {
        self.name = name
        self.address = address
        self.script = script
        self.weight = weight
        self.share = share
        self.balance = balance
    }

    mutating func add(_ amount: Amount, isMature: Bool) {
        paid += amount
        payouts += 1
        if isMature { mature += amount } else { immature += amount }
    }
}

/// One payment to a member.
public struct PayoutRecord: Sendable {
    /// The life of a payout.
    public enum Status: String, Sendable {
        case template, immature, mature, orphaned
    }

    public var name: String
    public var amount: Amount
    public var status: Status
    public var height: Int
    /// -1 where the block is not on the active chain.
    public var confirmations: Int
    /// Which output of the coinbase.
    public var output: Int
    public var block: BlockHash?
    public var txid: Txid?
    public var script: Script
}
