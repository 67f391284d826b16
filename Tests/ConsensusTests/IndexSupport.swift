import Consensus
import Cryptography
import Primitives

extension BlockIndex {
    /// Adds a header without proof of work, as only a test may.
    mutating func insertForTests(
        time: UInt32, bits: UInt32 = 0x207f_ffff, version: Int32 = 4, parent: BlockID,
        nonce: UInt32 = 0
    ) -> BlockID {
        let header = BlockHeader(
            version: version, previous: hash(of: parent), merkleRoot: .zero, time: time,
            bits: bits, nonce: nonce)
        return insert(header, hash: header.hash, parent: parent)
    }
}
