import Consensus
public import Genesis
public import Primitives

extension BlockHeader {
    /// Tries nonces until the proof of work is done, which costs next to nothing on test networks.
    public mutating func solve(on network: Network) {
        while !ProofOfWork.check(hash: hash, bits: bits, limit: network.consensus.powLimit) {
            nonce &+= 1
        }
    }
}

extension Block {
    /// The same block with its proof of work done.
    public func solved(on network: Network) -> Block {
        var header = header
        header.solve(on: network)
        return Block(header: header, transactions: Array(transactions))
    }
}
