public import Cryptography
public import Primitives

/// The part of a block's merkle tree that proves some of its transactions (BIP37).
public struct PartialMerkleTree: Hashable, Sendable {
    public private(set) var transactionCount: Int
    public private(set) var hashes: [Hash256] = []
    public private(set) var bits: [Bool] = []

    /// The tree over all transactions of a block that proves those that match.
    public init(_ txids: [Txid], matching isMatch: [Bool]) {
        transactionCount = txids.count
        // All levels of the tree, the lowest first: an odd end is paired with itself.
        var levels = [txids]
        var matches = [isMatch]
        while let level = levels.last, let match = matches.last, level.count > 1 {
            let starts = stride(from: 0, to: level.count, by: 2)
            levels.append(
                starts.map { SHA256.doubleHash(level[$0], level[min($0 + 1, level.count - 1)]) })
            matches.append(starts.map { match[$0] || match[min($0 + 1, level.count - 1)] })
        }
        build(levels, matches, height: levels.count - 1, position: 0)
    }

    private mutating func build(
        _ levels: [[Hash256]], _ matches: [[Bool]], height: Int, position: Int
    ) {
        let isMatch = matches[height][position]
        bits.append(isMatch)
        guard height > 0, isMatch else {
            hashes.append(levels[height][position])
            return
        }
        build(levels, matches, height: height - 1, position: 2 * position)
        if 2 * position + 1 < levels[height - 1].count {
            build(levels, matches, height: height - 1, position: 2 * position + 1)
        }
    }

    // MARK: Codec

    @_lifetime(reader: copy reader)
    public init(from reader: inout ByteReader) throws(DecodingError) {
        transactionCount = Int(try reader.read() as UInt32)
        for _ in 0..<(try reader.readCount(minimumSize: 32)) {
            hashes.append(try reader.readHash())
        }
        for byte in try reader.readSizedBytes() {
            for shift in 0..<UInt8(8) { bits.append(byte >> shift & 1 == 1) }
        }
    }

    public func encode(to writer: inout ByteWriter) {
        writer.write(UInt32(truncatingIfNeeded: transactionCount))
        writer.writeCompactSize(hashes.count)
        for hash in hashes { writer.write(hash) }
        var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
        for (index, bit) in bits.enumerated() where bit {
            bytes[index / 8] |= 1 << UInt8(index % 8)
        }
        writer.writeSized(bytes)
    }

    // MARK: Proof

    /// The root of the tree and the transactions it proves; nil where it is malformed.
    public func extract() -> (root: Hash256, matches: [Txid])? {
        let most =
            ConsensusLimits.maximumBlockWeight / ConsensusLimits.minimumTransactionWeight
        guard transactionCount > 0, transactionCount <= most, hashes.count <= transactionCount,
            bits.count >= hashes.count
        else { return nil }
        var walk = Walk(tree: self)
        var height = 0
        while walk.width(height) > 1 { height += 1 }
        let root = walk.extract(height: height, position: 0)
        guard !walk.isBad, (walk.usedBits + 7) / 8 == (bits.count + 7) / 8,
            walk.usedHashes == hashes.count
        else { return nil }
        return (root, walk.matches)
    }

    private struct Walk {
        let tree: PartialMerkleTree
        var usedBits = 0
        var usedHashes = 0
        var matches: [Txid] = []
        var isBad = false

        init(tree: PartialMerkleTree) { self.tree = tree }

        func width(_ height: Int) -> Int {
            (tree.transactionCount + (1 << height) - 1) >> height
        }

        mutating func extract(height: Int, position: Int) -> Hash256 {
            guard !isBad, usedBits < tree.bits.count else {
                isBad = true
                return .zero
            }
            let isMatch = tree.bits[usedBits]
            usedBits += 1
            guard height > 0, isMatch else {
                guard usedHashes < tree.hashes.count else {
                    isBad = true
                    return .zero
                }
                let hash = tree.hashes[usedHashes]
                usedHashes += 1
                if height == 0, isMatch { matches.append(hash) }
                return hash
            }
            let left = extract(height: height - 1, position: 2 * position)
            var right = left
            if 2 * position + 1 < width(height - 1) {
                right = extract(height: height - 1, position: 2 * position + 1)
                // Equal halves would let one block pass for two (CVE-2012-2459).
                if right == left { isBad = true }
            }
            return SHA256.doubleHash(left, right)
        }
    }
}
