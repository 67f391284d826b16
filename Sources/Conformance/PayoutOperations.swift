import Cryptography
import Genesis
import Mining
import Notation
import Primitives

extension ConformanceTool {
    /// Splits a reward as a template for a block on `prev` would.
    func payout(_ request: Request, in network: Network) throws(RequestError) -> JSON {
        let split: PayoutSplit
        do {
            let definition = try RosterDefinition(json: try request.field("roster"))
            let roster = try definition.roster(on: network)
            let reward = Amount(satoshis: Int64(try request.integer("reward")))
            guard reward.isMoney else { throw RequestError("reward is no amount of money") }
            let plan = PayoutPlan(
                roster: roster, ledger: try ledger(request, of: roster),
                shares: try shares(request),
                finder: request.has("finder") ? try request.string("finder") : nil)
            split = try plan.split(reward: reward, onto: try request.displayHash("prev"))
        } catch let error as RequestError {
            throw error
        } catch let error as RosterError {
            throw RequestError("roster: \(error)")
        } catch {
            throw RequestError("\(error)")
        }
        var ledger: JSONObject = [:]
        for account in split.ledgerAfter.accounts {
            ledger.append(account.name, .int(account.balance))
        }
        return [
            "outputs": .array(
                split.coinbaseOutputs.map { [.string($0.script.hex), .int($0.value.satoshis)] }),
            "ledger": .object(ledger),
            "commitment": .string(split.commitment.hex),
        ]
    }

    /// `{name: millisatoshis}`, or for each name an object of `balance`, `payouts` (the index a
    /// descriptor is at) and `script`, which one who left the roster needs.
    private func ledger(
        _ request: Request, of roster: Roster
    ) throws(RequestError) -> PayoutLedger {
        guard request.has("ledger") else { return PayoutLedger() }
        guard let entries = try request.field("ledger").object else {
            throw RequestError("ledger is no object")
        }
        var accounts: [PayoutLedger.Account] = []
        for (name, entry) in entries.members.map({ ($0.key, $0.value) }) {
            let fields = Request(json: entry.object == nil ? ["balance": entry] : entry)
            let payouts = fields.has("payouts") ? try fields.integer("payouts") : 0
            guard let payouts = UInt32(exactly: payouts) else {
                throw RequestError("payouts of \(name) is out of range")
            }
            let inmate = roster.inmates.first { $0.name.utf8.elementsEqual(name.utf8) }
            let script =
                fields.has("script")
                ? Script(try fields.bytes("script"))
                : inmate?.script(after: payouts == 0 ? 0 : payouts - 1)
            guard let script else {
                throw RequestError("the ledger names \(name), no inmate, without a script")
            }
            accounts.append(
                PayoutLedger.Account(
                    name: name, script: script, balance: Int64(try fields.integer("balance")),
                    payouts: payouts))
        }
        do {
            return try PayoutLedger(checking: accounts)
        } catch {
            throw RequestError("ledger: \(error)")
        }
    }

    /// The work each member has shown, and the end of the log it stands in.
    private func shares(_ request: Request) throws(RequestError) -> ShareWindow? {
        guard request.has("shares") else { return nil }
        guard let entries = try request.field("shares").object else {
            throw RequestError("shares is no object")
        }
        var shares: [Share] = []
        for member in entries.members {
            guard let work = member.value.int.flatMap(UInt64.init(exactly:)) else {
                throw RequestError("shares of \(member.key) is no count of hashes")
            }
            shares.append(Share(name: member.key, work: work))
        }
        let root = request.has("share_root") ? try request.hash("share_root") : .zero
        return ShareWindow(shares, size: .max, root: root)
    }
}
