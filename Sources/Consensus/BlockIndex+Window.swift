package import Primitives

extension BlockIndex {
    /// An index of one stretch of a chain, for judging what follows it where the rest is not at hand.
    ///
    /// Rules that look back beyond the stretch find nothing there.
    ///
    /// - Parameters:
    ///   - headers: the stretch, oldest first, not empty; each names the one before it as its parent.
    ///   - height: that of the first header.
    ///   - chainWork: of the chain up to and with the last header.
    package init(window headers: [BlockHeader], from height: Int, chainWork: UInt256) {
        self.init()
        guard let first = headers.first else { preconditionFailure("a window shows a header") }
        let hash = first.hash
        let later = headers.dropFirst().reduce(UInt256.zero) {
            $0 &+ ProofOfWork.work(bits: $1.bits)
        }
        var status = BlockStatus(rawValue: 0)
        status.validity = .tree
        nodes.append(
            BlockNode(
                hash: hash, header: first, parent: nil, skip: nil, height: height,
                chainWork: chainWork &- later, maximumTime: first.time, status: status))
        var parent = BlockID(rawValue: 0)
        places[hash] = parent
        for header in headers.dropFirst() {
            parent = insert(header, hash: header.hash, parent: parent)
        }
        bestHeader = parent
    }
}
