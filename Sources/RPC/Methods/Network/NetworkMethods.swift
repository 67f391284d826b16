import Networking

enum NetworkMethods {
    static let all: [any RPCMethod] = [
        GetConnectionCount(), Ping(), GetPeerInfo(), AddNode(), DisconnectNode(),
        GetAddedNodeInfo(), GetNetTotals(), GetNetworkInfo(), SetBan(), ListBanned(),
        ClearBanned(), SetNetworkActive(), GetNodeAddresses(), AddConnection(), AddPeerAddress(),
    ]
}

extension RPCContext {
    /// The peers; an error where the node runs without any.
    func requirePeers() throws(RPCError) -> PeerNetwork {
        guard let network else {
            throw RPCError(
                code: .peersDisabled, "Error: Peer-to-peer functionality missing or disabled")
        }
        return network
    }
}
