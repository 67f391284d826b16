public import Chain
public import Cryptography
import Genesis
import Keys
import Mining
public import Primitives

/// Follows the chain and notes what its coinbases paid to members of rosters, past ones too.
///
/// It goes by the records of what blocks did to the ledger, so other blocks are not read, and who
/// was paid is known whatever the roster says now. It remembers the last block it has seen and goes
/// on from there, so nothing is missed and a reorganisation is the same code.
actor PayoutBook {
    private typealias Payout = (name: String, output: Int, amount: Amount, script: Script)

    private struct Entry {
        var hash: BlockHash
        var height: Int
        var payouts: [Payout]
        var txid: Txid
        /// Why the ledger did not follow it.
        var flaw: PayoutFlaw?
    }

    /// Orphaned entries that are kept.
    private static let orphansKept = 1000
    /// Blocks followed in one go.
    private static let step = 500

    private let validator: Validator
    private let network: Network
    /// Those known, by which outputs are told of blocks that the ledger does not follow.
    private var rosters: [Roster] = []
    /// The last block seen; nil until the records were read.
    private var cursor: BlockHash?
    /// What is owed as of that block, carried along so that no flawed block asks for it; nil where it
    /// is to be asked for.
    private var ledger: PayoutLedger?
    /// Blocks of the active chain that pay by a split, oldest first.
    private var entries: [Entry] = []
    private var orphaned: [Entry] = []
    private var isFollowing = false

    init(validator: Validator, network: Network) {
        self.validator = validator
        self.network = network
    }

    func use(rosters: [Roster]) { self.rosters = rosters }

    // MARK: Following

    /// Goes on to the tip. A branch that comes and goes between two calls is not seen.
    func follow() async throws {
        // One reader at a time: a second would read the same blocks again.
        while isFollowing { try await Task.sleep(for: .milliseconds(5)) }
        isFollowing = true
        defer { isFollowing = false }
        if cursor == nil { try await begin() }
        while true {
            let path = await validator.followPath(from: cursor, limit: Self.step)
            for hash in path.disconnected { forget(hash) }
            if !path.disconnected.isEmpty { (cursor, ledger) = (path.fork?.hash, nil) }
            for hash in path.connected {
                var known = ledger
                if let height = await validator.blockInfo(hash)?.height,
                    let entry = try await entry(of: hash, at: height, ledger: &known)
                {
                    entries.append(entry)
                }
                ledger = known
                orphaned.removeAll { $0.hash == hash }
                cursor = hash
            }
            if path.connected.isEmpty { return }
        }
    }

    /// Reads all records there are, those of orphaned blocks too.
    private func begin() async throws {
        let history = try await validator.payoutHistory()
        var (active, orphaned): ([Entry], [Entry]) = ([], [])
        let lost = history.blocks.lazy.filter { !$0.isActive && $0.flaw == nil }
        let kept = Set(lost.map(\.hash).suffix(Self.orphansKept))
        // All that was ever owed is in these records.
        var known: PayoutLedger? = PayoutLedger()
        for block in history.blocks where block.isActive || kept.contains(block.hash) {
            var before = known
            let entry = try await entry(of: block.hash, at: block.height, ledger: &before)
            if block.isActive { known = before }
            guard let entry else { continue }
            if block.isActive { active.append(entry) } else { orphaned.append(entry) }
        }
        (entries, self.orphaned, cursor, ledger) = (active, orphaned, history.tip, known)
    }

    private func forget(_ hash: BlockHash) {
        guard let last = entries.last, last.hash == hash else { return }
        entries.removeLast()
        orphaned.append(last)
        if orphaned.count > Self.orphansKept { orphaned.removeFirst() }
    }

    /// What a block paid; nil where it pays by no split, or was pruned: then it cannot be told.
    ///
    /// - Parameter ledger: as of the block before, and then as of this one; nil where it is not known.
    private func entry(
        of hash: BlockHash, at height: Int, ledger: inout PayoutLedger?
    ) async throws -> Entry? {
        let change = try await validator.payoutChange(of: hash)
        if let change { ledger = change.after }
        let flaw = change == nil ? try await validator.payoutFlaw(of: hash) : nil
        guard change != nil || flaw != nil,
            let coinbase = try await validator.block(hash)?.transactions.first
        else { return nil }
        let payouts: [Payout]
        if let change {
            payouts = change.paidOutputs(of: coinbase).map {
                ($0.name, $0.output, $0.amount, $0.script)
            }
        } else {
            if ledger == nil { ledger = try await validator.ledger(at: hash) }
            payouts = outputs(of: coinbase, owing: ledger ?? PayoutLedger())
        }
        return Entry(
            hash: hash, height: height, payouts: payouts, txid: coinbase.txid, flaw: flaw)
    }

    /// The outputs of a block that the ledger does not follow: whose they are shows in scripts alone.
    private func outputs(of coinbase: Transaction, owing ledger: PayoutLedger) -> [Payout] {
        var names: [Script: String] = [:]
        let accounts = ledger.accountsByName
        for account in ledger.accounts { names[account.script] = account.name }
        for inmate in rosters.reversed().flatMap(\.inmates) {
            let payouts = accounts[Array(inmate.name.utf8)]?.payouts ?? 0
            guard let script = inmate.script(after: payouts) else { continue }
            names[script] = inmate.name
        }
        return coinbase.outputs.enumerated().compactMap { index, output in
            names[output.script].map { ($0, index, output.value, output.script) }
        }
    }

    // MARK: Telling

    /// Members in the roster's order, then who left it and is in the ledger still.
    func inmates(of roster: Roster, ledger: PayoutLedger) async throws -> [InmateStatus] {
        try await follow()
        let tip = validator.tip
        // Names are told apart by their bytes, as the ledger does.
        let accounts = ledger.accountsByName
        let total = roster.inmates.reduce(Int128(0)) { $0 + Int128($1.weight) }
        var statuses = roster.inmates.map { inmate in
            let account = accounts[Array(inmate.name.utf8)]
            let script = inmate.script(after: account?.payouts ?? 0) ?? []
            return InmateStatus(
                name: inmate.name, address: Address(script)?.text(on: network), script: script,
                weight: inmate.weight, share: Double(inmate.weight) / Double(total),
                balance: account?.balance ?? 0, isMember: true)
        }
        let members = Set(roster.inmates.map { Array($0.name.utf8) })
        for account in ledger.accounts where !members.contains(Array(account.name.utf8)) {
            statuses.append(
                InmateStatus(
                    name: account.name, address: Address(account.script)?.text(on: network),
                    script: account.script, weight: 0, share: 0, balance: account.balance,
                    isMember: false))
        }
        let places = Dictionary(
            statuses.enumerated().map { (Array($1.name.utf8), $0) },
            uniquingKeysWith: { first, _ in first })
        for entry in entries {
            let isMature = isMature(entry.height, tip: tip)
            for payout in entry.payouts {
                guard let place = places[Array(payout.name.utf8)] else { continue }
                statuses[place].add(payout.amount, isMature: isMature)
            }
        }
        for payout in orphaned.flatMap(\.payouts) {
            guard let place = places[Array(payout.name.utf8)] else { continue }
            statuses[place].orphaned += payout.amount
        }
        return statuses
    }

    /// The blocks of the active chain that the ledger does not follow, newest first.
    func flaws() async throws -> [PayoutBlock] {
        try await follow()
        return entries.reversed().filter { $0.flaw != nil }.map {
            PayoutBlock(hash: $0.hash, height: $0.height, isActive: true, flaw: $0.flaw)
        }
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
                        block: nil, txid: nil, script: payout.script, flaw: nil))
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
                txid: entry.txid, script: $0.script, flaw: entry.flaw)
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
    /// Whether he is in the roster still.
    public var isMember: Bool
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
        name: String, address: String?, script: Script, weight: Int64, share: Double,
        balance: Int64, isMember: Bool
    ) {
        self.name = name
        self.address = address
        self.script = script
        self.weight = weight
        self.share = share
        self.balance = balance
        self.isMember = isMember
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
    /// Why the ledger did not follow the block.
    public var flaw: PayoutFlaw?
}
