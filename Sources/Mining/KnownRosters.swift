import Cryptography
import Primitives

/// A roster, and what is the same in all its plans for one block.
struct KnownRoster {
    let roster: Roster
    let hash: Hash256
    let claims: [PayoutPlan.Claim]
    /// The size class for each limit on payees there is.
    let sizes: [(limit: Int, sizeClass: CoinbaseSizeClass?)]
}

/// The rosters that a search may try, each made ready when its turn comes: the scripts of all that a
/// node ever had take longer to derive than one block may.
struct KnownRosters {
    private struct Place: Hashable {
        var descriptor: String
        var payouts: UInt32
    }

    private let rosters: [Roster]
    private let ledger: PayoutLedger
    private let previous: BlockHash
    private let accounts: [[UInt8]: PayoutLedger.Account]
    /// Those made ready, by place; nil where a descriptor gives no script.
    private var ready: [Int: KnownRoster?] = [:]
    /// Rosters that followed each other have most members in common.
    private var scripts: [Place: Script?] = [:]

    /// How many claims are reckoned in the time that one script takes to be derived, about.
    private static let derivation = 64

    /// How many scripts were derived.
    var scriptCount: Int { scripts.count }

    init(_ rosters: [Roster], ledger: PayoutLedger, previous: BlockHash) {
        self.rosters = rosters
        self.ledger = ledger
        self.previous = previous
        accounts = ledger.accountsByName
    }

    subscript(place: Int) -> KnownRoster? { ready[place] ?? nil }

    /// What it takes to make a roster ready, in claims.
    func cost(of place: Int) -> Int {
        guard ready[place] == nil else { return 0 }
        let inmates = rosters[place].inmates
        let missing = inmates.lazy.compactMap(place(of:)).filter { scripts[$0] == nil }.count
        return inmates.count + accounts.count + missing * Self.derivation
    }

    mutating func prepare(_ place: Int) -> KnownRoster? {
        if let known = ready[place] { return known }
        let known = made(rosters[place])
        ready[place] = .some(known)
        return known
    }

    private mutating func made(_ roster: Roster) -> KnownRoster? {
        let plan = PayoutPlan(roster: roster, ledger: ledger)
        let claims = try? plan.claims(onto: previous) { inmate, payouts in
            script(of: inmate, after: payouts)
        }
        guard let claims else { return nil }
        return KnownRoster(
            roster: roster, hash: roster.hash, claims: claims,
            sizes: plan.inAllSizes(claims).map { ($0.payeeLimit(claims), $0.sizeClass) })
    }

    private mutating func script(of inmate: Roster.Inmate, after payouts: UInt32) -> Script? {
        guard let place = place(of: inmate) else { return inmate.script(after: payouts) }
        if let known = scripts[place] { return known }
        let script = inmate.script(after: payouts)
        scripts[place] = .some(script)
        return script
    }

    /// Where the script of a descriptor is kept.
    private func place(of inmate: Roster.Inmate) -> Place? {
        guard case .descriptor(_, let text) = inmate.destination else { return nil }
        return Place(descriptor: text, payouts: accounts[Array(inmate.name.utf8)]?.payouts ?? 0)
    }
}
