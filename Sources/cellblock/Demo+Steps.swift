import Foundation
import NodeClient
import Notation

extension Demo {
    /// What a block mints besides fees; the demo is far from the first halving.
    static let subsidy: Int64 = 50 * Decimal8.unit

    // MARK: - 1

    mutating func mineFirstBlocks() throws {
        let start = Date.now
        let threads = try mine(Int64(blocks), showing: true)
        let rate = Double(blocks) / Date.now.timeIntervalSince(start)
        try waitForAgreement()
        let tip = try b.tip()
        try claim(
            "height \(tip.height) by \(threads) threads, \(Int(rate)) blocks/s, read from B",
            tip.height == Int64(blocks))
        let books = try recount(from: b)
        try claim(
            "every coinbase mints exactly the subsidy and the fees: \(text(books.total)) in all",
            books.total == Int64(blocks) * Self.subsidy)
        let weights = inmates.reduce(0) { $0 + $1.weight }
        for inmate in inmates {
            let exact = books.total * inmate.weight
            let paid = books.rewards(of: inmate.name).paid
            try claim(
                "\(inmate.name) is paid \(text(paid)), \(inmate.weight)/\(weights) of it",
                abs(paid * weights - exact) < 2 * weights)
        }
    }

    /// Has A mine so many blocks, waits until it has them, and answers how many threads searched.
    @discardableResult
    func mine(_ count: Int64, showing: Bool = false) throws -> Int64 {
        let goal = try a.tip().height + count
        _ = try a.rpc.call("startmining", .object(["threads": 0, "blocks": .int(count)]))
        let threads = try a.rpc.call("getminerinfo")["threads"]?.int ?? 0
        try wait("A to mine \(count) blocks", atMost: 30 + Double(count)) {
            let height = try a.tip().height
            if showing { console.progress("\(height) of \(goal) blocks") }
            return height >= goal
        }
        _ = try a.rpc.call("stopmining")
        return threads
    }

    // MARK: - 2

    mutating func compareNodes() throws {
        try waitForAgreement()
        let tips = try yard.nodes.map { try $0.tip() }
        let coins = try yard.nodes.map { try $0.coins() }
        let names = yard.nodes.map(\.name).joined(separator: ", ")
        try claim(
            "\(names) have tip \(tips[0].hash.prefix(16))… at height \(tips[0].height)",
            tips.allSatisfy { $0 == tips[0] })
        try claim(
            "\(names) hold \(coins[0].count) coins of hash \(coins[0].hash.prefix(16))…",
            coins.allSatisfy { $0 == coins[0] && $0.block == tips[0].hash })
        let books = try recount(from: c)
        try claim(
            "a recount of C's blocks finds as many coins, worth \(text(books.total))",
            books.coins.count == Int(coins[0].count) && books.total == coins[0].total)
    }

    // MARK: - 3

    mutating func pay() throws {
        let (ana, beto) = (inmates[0], inmates[1])
        let amount = 7 * Decimal8.unit
        let before = try beto.balances()
        let answer = try ana.node.rpc.call(
            "sendtoaddress", [.string(beto.address), .amount(amount)], wallet: ana.name)
        guard let txid = answer.stringValue else { throw DemoFailure("sendtoaddress: no txid") }
        paymentID = txid
        try wait("the payment to reach C", atMost: 20) { try c.hasInMempool(txid) }
        try claim("C sees \(txid.prefix(16))… unconfirmed", try c.hasInMempool(txid))
        let pending = try beto.balances().pending
        try claim("Beto's wallet on C tells \(text(pending)) pending", pending == amount)

        try wait("the payment to reach A", atMost: 20) { try a.hasInMempool(txid) }
        try mine(1)
        try waitForAgreement()
        let tip = try c.tip()
        let block = try c.rpc.call("getblock", [.string(tip.hash), 1])
        try claim(
            "block \(tip.height) holds it, read from C",
            block["tx"]?.array?.contains(.string(txid)) ?? false)
        let books = try recount(from: c)
        let after = try beto.balances()
        try claim(
            "Beto has \(text(after.holdings.spendable)) to spend, \(text(amount)) of it from Ana",
            after.pending == 0 && after.holdings == books.holdings(of: beto.name)
                && after.holdings.spendable >= before.holdings.spendable + amount)
        let left = try ana.balances().holdings
        try claim("Ana has \(text(left.spendable)) left", left == books.holdings(of: ana.name))
    }

    // MARK: - 4

    mutating func reorganise() throws {
        let caro = inmates[2]
        let fork = try c.tip()
        let before = try caro.balances().holdings
        _ = try c.rpc.call("setnetworkactive", [false])
        try wait("C to be alone", atMost: 10) { try c.peerCount() == 0 }
        let tries: JSON = 1_000_000_000
        _ = try c.rpc.call("generatetoaddress", [2, .string(caro.address), tries])
        let alone = try c.tip()
        let during = try caro.balances().holdings
        // Meanwhile two of her older rewards may have become spendable, so not all of it shows.
        try claim(
            "C alone is at height \(alone.height): Caro has \(text(during.immature)) immature, "
                + "not \(text(before.immature))",
            alone.height == fork.height + 2
                && during.immature + during.spendable
                    == before.immature + before.spendable + 2 * Self.subsidy
        )

        try mine(3)
        let others = yard.nodes.filter { $0.name != c.name }
        try wait("the others to agree", atMost: 20) {
            let tips = try others.map { try $0.tip() }
            return tips.allSatisfy { $0 == tips[0] && $0.height == fork.height + 3 }
        }
        let main = try b.tip()
        try claim("the others are at height \(main.height)", main.height == fork.height + 3)

        _ = try c.rpc.call("setnetworkactive", [true])
        try c.redial(a)
        try c.redial(b)
        try wait("C to reorganise", atMost: 30) { try c.tip() == main }
        let tips = try c.rpc.call("getchaintips").array ?? []
        try claim(
            "C has left its two blocks for the others' three",
            tips.contains {
                $0["hash"]?.stringValue == alone.hash && $0["branchlen"]?.int == 2
                    && $0["status"]?.stringValue == "valid-fork"
            })
        let books = try recount(from: b)
        for inmate in inmates {
            let held = try inmate.balances().holdings
            try claim(
                "\(inmate.name) has \(text(held.immature)) immature, as B's blocks say",
                held == books.holdings(of: inmate.name))
        }
        let orphan = try c.rpc.call("getblock", [.string(alone.hash), 1])
        let after = try caro.balances().holdings
        try claim(
            "the orphaned rewards have left Caro's balance",
            orphan["confirmations"]?.int == -1
                && after.immature + after.spendable < during.immature + during.spendable)
        try waitForPeers()
    }

    // MARK: - 5

    mutating func crash() throws {
        let start = try b.tip()
        _ = try a.rpc.call("startmining", .object(["threads": 0]))
        try wait("A to mine two blocks more", atMost: 60) {
            try b.tip().height >= start.height + 2
        }
        yard.kill(a)
        let seen = try b.tip()
        console.progress("starting A again")
        try startMiner(["-networkactive=0"])
        let tip = try a.tip()
        let coins = try a.coins()
        let known = try a.rpc.call("getblockheader", [.string(seen.hash)])["confirmations"]?.int
        try claim(
            "A is back at height \(tip.height), with every block B had of it",
            tip.height >= seen.height && known == tip.height - seen.height + 1)
        _ = try a.rpc.call("setnetworkactive", [true])
        for node in yard.nodes.dropFirst() { try node.redial(a) }
        try waitForAgreement()
        try claim(
            "B and A hold the same \(coins.count) coins, as A did before it heard of B",
            try b.coins() == coins && b.tip() == tip)
        try waitForPeers()
    }

    // MARK: - 6

    mutating func settle() throws {
        try waitForAgreement()
        let books = try recount(from: b)
        let listed = try a.rpc.call("listinmates")
        let headings = ["paid", "immature", "mature", "spendable"]
        console.line("   inmate  weight" + headings.map { pad($0) }.joined())
        for inmate in inmates {
            let rewards = try Self.rewards(inmate, listed)
            let holdings = try inmate.balances().holdings
            let cells = [rewards.paid, rewards.immature, rewards.mature, holdings.spendable]
            console.line(
                "   " + inmate.name.padding(toLength: 8, withPad: " ", startingAt: 0)
                    + "\(inmate.weight)".padding(toLength: 6, withPad: " ", startingAt: 0)
                    + cells.map { pad(Decimal8.text($0)) }.joined())
            report.rows.append(
                DemoReport.Row(inmate: inmate, rewards: rewards, holdings: holdings))
            let counted = (books.rewards(of: inmate.name), books.holdings(of: inmate.name))
            guard rewards == counted.0, holdings == counted.1 else {
                throw DemoFailure(
                    "\(inmate.name): nodes tell \(rewards) \(holdings), a recount \(counted)")
            }
        }
        try claim("each equals what a recount of B's blocks gives", true)
        try claim(
            "a recount of C's blocks finds as many coins as C's set has",
            try recount(from: c).total == c.coins().total)
    }

    /// What the miner tells of an inmate's rewards.
    private static func rewards(_ inmate: Inmate, _ listed: JSON) throws -> Recount.Rewards {
        guard
            let row = listed.array?.first(where: { $0["name"]?.stringValue == inmate.name }),
            let paid = row["paid"]?.satoshis, let immature = row["immature"]?.satoshis,
            let mature = row["mature"]?.satoshis
        else { throw DemoFailure("listinmates does not tell of \(inmate.name)") }
        return Recount.Rewards(paid: paid, immature: immature, mature: mature)
    }

    private func pad(_ text: String) -> String {
        String(repeating: " ", count: max(1, 16 - text.count)) + text
    }
}
