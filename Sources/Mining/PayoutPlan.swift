import Cryptography
import MemoryPool
import Primitives
import Scripting

/// Why a reward cannot be split.
public enum PayoutError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A descriptor gives no script at the index that is next.
    case noScript(name: String)
    /// The finder is no member.
    case unknownFinder(String)

    public var description: String {
        switch self {
        case .noScript(let name): "the descriptor of \"\(name)\" gives no further script"
        case .unknownFinder(let name): "\"\(name)\" is no inmate of the roster"
        }
    }
}

/// All that decides how a block's reward is split, but the reward and the block before.
public struct PayoutPlan: Sendable, Hashable {
    public var roster: Roster
    /// As of the block before.
    public var ledger: PayoutLedger
    /// For scheme `pplns`; without it the roster's weights count.
    public var shares: ShareWindow?
    /// The member whose machine looks for the block.
    public var finder: String?
    /// What the machine that looks for it can hold; nil: anything.
    public var sizeClass: CoinbaseSizeClass?

    public init(
        roster: Roster, ledger: PayoutLedger, shares: ShareWindow? = nil, finder: String? = nil,
        sizeClass: CoinbaseSizeClass? = nil
    ) {
        self.roster = roster
        self.ledger = ledger
        self.shares = shares
        self.finder = finder
        self.sizeClass = sizeClass
    }

    /// The finder, where it makes a difference who that is.
    var paidFinder: String? { roster.paysFinder ? finder : nil }

    /// One who may be paid: a member, or one who left and is still owed, or owes.
    struct Claim {
        var name: String
        var script: Script
        var weight: Int64
        /// In millisatoshis.
        var balance: Int64
        var payouts: UInt32
        var isMember: Bool
        /// The least he is paid, in satoshis: no output may be dust.
        var minimum: Int64
        var tie: TieKey
    }

    func claims(onto previous: BlockHash) throws(PayoutError) -> [Claim] {
        try claims(onto: previous) { inmate, payouts in inmate.script(after: payouts) }
    }

    /// - Parameter script: the script of a member after so many payouts.
    func claims(
        onto previous: BlockHash, script: (Roster.Inmate, UInt32) -> Script?
    ) throws(PayoutError) -> [Claim] {
        var claims: [Claim] = []
        // Names are compared by their bytes, as any program can: Swift's `==` also takes for equal
        // what is written with other bytes.
        var names: Set<[UInt8]> = []
        let weights = weights()
        let accounts = ledger.accountsByName
        for (inmate, weight) in zip(roster.inmates, weights) {
            let name = Array(inmate.name.utf8)
            let account = accounts[name]
            let payouts = account?.payouts ?? 0
            guard let script = script(inmate, payouts) else {
                throw .noScript(name: inmate.name)
            }
            names.insert(name)
            claims.append(
                Claim(
                    name: inmate.name, script: script, weight: weight,
                    balance: account?.balance ?? 0, payouts: payouts, isMember: true,
                    minimum: minimum(for: script),
                    tie: TieKey(previous: previous, name: inmate.name)))
        }
        for account in ledger.accounts where !names.contains(Array(account.name.utf8)) {
            claims.append(
                Claim(
                    name: account.name, script: account.script, weight: 0,
                    balance: account.balance, payouts: account.payouts, isMember: false,
                    // Who has left can reach no more than he is owed.
                    minimum: max(1, Self.dust(for: account.script).satoshis),
                    tie: TieKey(previous: previous, name: account.name)))
        }
        return claims
    }

    /// The same claims by this plan's weights, where they were made by another of the same roster.
    func weighing(_ claims: [Claim]) -> [Claim] {
        var claims = claims
        for (place, weight) in weights().enumerated() where claims.indices.contains(place) {
            claims[place].weight = weight
        }
        return claims
    }

    private func minimum(for script: Script) -> Int64 {
        max(roster.minPayout, Self.dust(for: script)).satoshis
    }

    static func dust(for script: Script) -> Amount { MempoolPolicy().dustThreshold(for: script) }

    /// The weights of the roster's members under its scheme.
    private func weights() -> [Int64] {
        switch roster.scheme {
        case .weights, .rotation:
            return roster.inmates.map(\.weight)
        case .solo:
            let one = paidFinder ?? roster.inmates.first?.name
            return roster.inmates.map { $0.name == one ? 1 : 0 }
        case .pplns:
            let work = roster.inmates.map { shares?.work(of: $0.name) ?? 0 }
            // Nobody has shown any work yet.
            return work.contains { $0 > 0 } ? work : roster.inmates.map(\.weight)
        }
    }

    /// Outputs as large as those of any split can be, for keeping room.
    func largestOutputs() throws(PayoutError) -> [TransactionOutput] {
        let claims = try claims(onto: .zero)
        let scripts = claims.map(\.script).sorted { $0.count > $1.count }
        return outputs(to: scripts.prefix(payeeLimit(claims)), bonusTo: scripts.first)
    }

    /// The cost of signature operations that no split's outputs exceed, for keeping room. The
    /// scripts that cost most need not be the largest.
    func largestSigOpCost() throws(PayoutError) -> Int {
        let claims = try claims(onto: .zero)
        let scripts = claims.map(\.script).sorted {
            $0.sigOpCount(accurate: false) > $1.sigOpCount(accurate: false)
        }
        return Coinbase.sigOpCost(
            of: outputs(to: scripts.prefix(payeeLimit(claims)), bonusTo: scripts.first))
    }

    /// How many this plan pays at most: as the roster says, beside them those who left and are due,
    /// and no more than the machine that looks for the block can hold.
    func payeeLimit(_ claims: [Claim]) -> Int {
        let whole = wholePayeeLimit(claims)
        guard let sizeClass else { return whole }
        let scripts = claims.map(\.script).sorted { $0.count > $1.count }
        var size = CoinbaseSizeClass.fixedSize
        for output in outputs(to: [], bonusTo: scripts.first) { size += Self.size(of: output) }
        var count = 0
        while count < min(scripts.count, whole) {
            size += Self.size(of: TransactionOutput(value: .zero, script: scripts[count]))
            guard size <= sizeClass.rawValue else { break }
            count += 1
        }
        // Somebody must be paid.
        return max(count, 1)
    }

    private static func size(of output: TransactionOutput) -> Int {
        8 + ByteWriter.compactSizeLength(output.script.count) + output.script.count
    }

    private func outputs(
        to scripts: some Sequence<Script>, bonusTo largest: Script?
    ) -> [TransactionOutput] {
        var all = Array(scripts)
        if roster.finderBasisPoints > 0, let largest { all.append(largest) }
        if roster.feeBasisPoints > 0, let script = roster.operatorScript { all.append(script) }
        all.append(PayoutCommitment.script(.zero))
        return all.map { TransactionOutput(value: .zero, script: $0) }
    }
}
