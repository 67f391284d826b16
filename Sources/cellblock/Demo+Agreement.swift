import NodeClient
import Notation

extension Demo {
    /// Waits until all nodes have the same tip.
    func waitForAgreement() throws {
        try wait("all nodes to agree", atMost: 30) {
            let tips = try yard.nodes.map { try $0.tip() }
            return tips.allSatisfy { $0 == tips[0] }
        }
    }

    /// Waits until every node has peers again.
    func waitForPeers() throws {
        for node in yard.nodes {
            try wait("the peers of \(node.name)", atMost: 20) { try node.peerCount() > 0 }
        }
    }

    /// Adds up a node's whole chain, block by block.
    func recount(from node: DemoNode) throws -> Recount {
        var books = Recount(
            owners: Dictionary(uniqueKeysWithValues: inmates.map { ($0.script, $0.name) }))
        let tip = try node.tip()
        for height in 0...tip.height {
            let hash = try node.rpc.call("getblockhash", [.int(height)])
            let block = try node.rpc.call("getblock", [hash, 2])
            try books.add(block, subsidy: Self.subsidy)
        }
        return books
    }

    /// An amount for people.
    func text(_ satoshis: Int64) -> String { Decimal8.shortText(satoshis) }
}
