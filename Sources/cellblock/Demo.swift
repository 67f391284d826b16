import Foundation
import NodeClient
import Notation

/// The demo: six steps, each a number of claims that are checked as they are made.
struct Demo {
    let yard: DemoYard
    let blocks: Int
    let console: Console

    var inmates: [Inmate] = []
    var report = DemoReport()
    /// The payment of step 3.
    var paymentID = ""

    init(yard: DemoYard, blocks: Int, console: Console) {
        self.yard = yard
        self.blocks = blocks
        self.console = console
    }

    /// A mines. B follows and holds Ana's wallet, C follows and holds Beto's and Caro's.
    var a: DemoNode { yard.nodes[0] }
    var b: DemoNode { yard.nodes[1] }
    var c: DemoNode { yard.nodes[2] }

    /// Goes through all steps; throws where a claim does not hold.
    mutating func run() throws -> DemoReport {
        let start = Date.now
        try open()
        try step("A mines \(blocks) blocks, each paying three inmates by weight") {
            try $0.mineFirstBlocks()
        }
        try step("The others follow by gossip, and all agree") { try $0.compareNodes() }
        try step("Ana pays Beto from her wallet on B; C sees it, A mines it") { try $0.pay() }
        try step("C is cut off, mines alone, comes back and reorganises") { try $0.reorganise() }
        try step("A is killed while it mines, and comes back as it was") { try $0.crash() }
        try step("The inmates, by a recount of the chain") { try $0.settle() }
        report.seconds = Date.now.timeIntervalSince(start)
        report.tip = try b.tip()
        console.line(
            "All of it holds. \(report.claims) claims, "
                + "\(FloatingText.fixed(report.seconds, decimals: 1)) s.")
        return report
    }

    /// Starts the nodes and their wallets, and tells A whom to pay.
    private mutating func open() throws {
        console.line("\(yard.nodes.count) nodes on the private network yard, in \(yard.folder)")
        for node in yard.nodes.dropFirst() {
            console.progress("starting \(node.name)")
            try yard.start(node)
        }
        inmates = [
            try Inmate(name: "ana", weight: 3, on: b), try Inmate(name: "beto", weight: 2, on: c),
            try Inmate(name: "caro", weight: 1, on: c),
        ]
        try Data(roster.utf8).write(to: URL(filePath: rosterPath))
        console.progress("starting A")
        try startMiner()
        for (index, node) in yard.nodes.enumerated() {
            for other in yard.nodes[..<index] { try node.connect(to: other) }
        }
        for node in yard.nodes {
            try wait("the peers of \(node.name)", atMost: 15) {
                try Int(node.peerCount()) >= yard.nodes.count - 1
            }
        }
    }

    func startMiner(_ options: [String] = []) throws {
        try yard.start(a, ["-roster=\(rosterPath)"] + options)
    }

    private var rosterPath: String { yard.folder + "/roster.toml" }

    private var roster: String {
        let members = inmates.map {
            """

            [[inmate]]
            name = "\($0.name)"
            weight = \($0.weight)
            address = "\($0.address)"

            """
        }
        return "[payout]\nscheme = \"weights\"\n" + members.joined()
    }

    private mutating func step(
        _ title: String, _ body: (inout Demo) throws -> Void
    ) throws {
        report.steps.append(DemoReport.Step(title: title))
        console.step(report.steps.count, title)
        let start = Date.now
        try body(&self)
        report.steps[report.steps.count - 1].seconds = Date.now.timeIntervalSince(start)
    }

    /// Records a claim that holds, or ends the demo.
    mutating func claim(_ claim: String, _ holds: Bool) throws {
        guard holds else { throw DemoFailure("does not hold: \(claim)") }
        console.holds(claim)
        report.steps[report.steps.count - 1].claims.append(claim)
    }
}

/// Whom the demo's miner pays: a wallet on some node, and the address it was given.
struct Inmate {
    let name: String
    let weight: Int64
    let node: DemoNode
    let address: String
    /// The script of the address, in hex.
    let script: String

    /// Makes the wallet, and an address of it.
    init(name: String, weight: Int64, on node: DemoNode) throws {
        self.name = name
        self.weight = weight
        self.node = node
        _ = try node.rpc.call("createwallet", [.string(name)])
        guard
            let address = try node.rpc.call("getnewaddress", wallet: name).stringValue,
            let script = try node.rpc.call("validateaddress", [.string(address)])["scriptPubKey"]?
                .stringValue
        else { throw DemoFailure("\(name)'s wallet gives no address") }
        self.address = address
        self.script = script
    }

    /// What the wallet says it holds, and what it has been sent but no block holds, in satoshis.
    func balances() throws -> (holdings: Recount.Holdings, pending: Int64) {
        let mine = try node.rpc.call("getbalances", wallet: name)["mine"]
        guard let trusted = mine?["trusted"]?.satoshis,
            let pending = mine?["untrusted_pending"]?.satoshis,
            let immature = mine?["immature"]?.satoshis
        else { throw DemoFailure("\(name)'s wallet tells no balances") }
        return (Recount.Holdings(spendable: trusted, immature: immature), pending)
    }
}
