import Notation

/// The demo's own books: every coin of the chain, added up from what `getblock` tells.
///
/// It knows nothing of the nodes' inmates and wallets, so that it can be held against them.
struct Recount {
    /// A coin nobody has spent yet.
    struct Coin {
        var owner: String?
        var value: Int64
        var height: Int64
        var isReward: Bool
    }

    /// What the chain has paid an inmate, in satoshis.
    struct Rewards: Equatable {
        var paid: Int64 = 0
        /// What no block can spend yet.
        var immature: Int64 = 0
        /// What the next block may spend, or an earlier one has.
        var mature: Int64 = 0
    }

    /// What an inmate's wallet holds, in satoshis.
    struct Holdings: Equatable {
        var spendable: Int64 = 0
        var immature: Int64 = 0
    }

    private(set) var height: Int64 = -1
    private(set) var coins: [String: Coin] = [:]
    private var owners: [String: String]
    private var rewards: [(owner: String, value: Int64, height: Int64)] = []

    /// Confirmations after which the next block may spend a reward. Wallets, as Core's, wait for
    /// one more.
    static let maturity: Int64 = 100

    /// - Parameter owners: who is paid by which script (hex).
    init(owners: [String: String]) { self.owners = owners }

    /// Adds the next block, as `getblock` with verbosity 2 tells it.
    mutating func add(_ block: JSON, subsidy: Int64) throws {
        guard block["height"]?.int == height + 1, let transactions = block["tx"]?.array else {
            throw DemoFailure("getblock tells no block \(height + 1)")
        }
        height += 1
        var fees: Int64 = 0
        for transaction in transactions.dropFirst() { fees += try spend(transaction) }
        guard let coinbase = transactions.first else { throw DemoFailure("a block is empty") }
        let minted = try outputs(of: coinbase).reduce(0) { $0 + $1.value }
        // The coinbase of the first block is no coin.
        guard height > 0 else { return }
        guard minted == subsidy + fees else {
            throw DemoFailure("block \(height) mints \(minted) sat, not \(subsidy + fees)")
        }
        try receive(coinbase, isReward: true, change: nil)
    }

    /// Removes what a transaction spends and adds what it makes; answers its fee.
    private mutating func spend(_ transaction: JSON) throws -> Int64 {
        var paidIn: Int64 = 0
        var payer: String?
        for input in transaction["vin"]?.array ?? [] {
            guard let txid = input["txid"]?.stringValue, let index = input["vout"]?.int,
                let coin = coins.removeValue(forKey: "\(txid):\(index)")
            else { throw DemoFailure("block \(height) spends a coin that is not there") }
            paidIn += coin.value
            payer = payer ?? coin.owner
        }
        try receive(transaction, isReward: false, change: payer)
        return paidIn - (try outputs(of: transaction).reduce(0) { $0 + $1.value })
    }

    /// Adds what a transaction makes. What goes to a script not seen before is change.
    private mutating func receive(_ transaction: JSON, isReward: Bool, change: String?) throws {
        guard let txid = transaction["txid"]?.stringValue else {
            throw DemoFailure("a transaction has no txid")
        }
        for (index, output) in try outputs(of: transaction).enumerated() {
            guard !output.script.hasPrefix("6a") else { continue }
            if owners[output.script] == nil { owners[output.script] = change }
            let owner = owners[output.script]
            coins["\(txid):\(index)"] = Coin(
                owner: owner, value: output.value, height: height, isReward: isReward)
            if isReward, let owner { rewards.append((owner, output.value, height)) }
        }
    }

    private func outputs(of transaction: JSON) throws -> [(script: String, value: Int64)] {
        try (transaction["vout"]?.array ?? []).map { output in
            guard let value = output["value"]?.satoshis,
                let script = output["scriptPubKey"]?["hex"]?.stringValue
            else { throw DemoFailure("an output has no value or script") }
            return (script, value)
        }
    }

    /// What the chain has paid an inmate by these books.
    func rewards(of owner: String) -> Rewards {
        var sums = Rewards()
        for reward in rewards where reward.owner == owner {
            sums.paid += reward.value
            if confirmations(reward.height) >= Self.maturity {
                sums.mature += reward.value
            } else {
                sums.immature += reward.value
            }
        }
        return sums
    }

    /// What an inmate's wallet should hold by these books.
    func holdings(of owner: String) -> Holdings {
        var sums = Holdings()
        for coin in coins.values where coin.owner == owner {
            if coin.isReward, confirmations(coin.height) <= Self.maturity {
                sums.immature += coin.value
            } else {
                sums.spendable += coin.value
            }
        }
        return sums
    }

    private func confirmations(_ coinHeight: Int64) -> Int64 { height - coinHeight + 1 }

    /// The value of all coins.
    var total: Int64 { coins.values.reduce(0) { $0 + $1.value } }
}
