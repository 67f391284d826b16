import Consensus
package import Cryptography
import Primitives
import Scripting
import Synchronization

/// Checks signatures, but for those a cache knows to be good.
package struct CachingVerifier: SignatureVerifier {
    let cache: VerificationCache
    /// Whether what is found good is noted: worth it for a transaction that a block will hold
    /// again, not for the block.
    let notes: Bool

    package func verifyECDSA(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool {
        verify(UInt8(ascii: "E"), signature, publicKey, hash) {
            $0.verifyECDSA(signature: signature, publicKey: publicKey, hash: hash)
        }
    }

    package func verifySchnorr(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool {
        verify(UInt8(ascii: "S"), signature, publicKey, hash) {
            $0.verifySchnorr(signature: signature, publicKey: publicKey, hash: hash)
        }
    }

    private func verify(
        _ algorithm: UInt8, _ signature: ArraySlice<UInt8>, _ publicKey: ArraySlice<UInt8>,
        _ hash: Hash256, compute: (RecallingVerifier) -> Bool
    ) -> Bool {
        guard notes || cache.isUsed else { return compute(RecallingVerifier(cache.keys)) }
        let key = cache.digest(algorithm, signature, publicKey, hash)
        if cache.signatures.contains(key) { return true }
        guard compute(RecallingVerifier(cache.keys)) else { return false }
        if notes { cache.insert(signature: key) }
        return true
    }
}

/// Signatures and scripts that were found good, so that a block's are not checked again if they
/// were when their transaction came.
///
/// What is kept is a hash of it all with a secret: nobody can choose what falls together.
package final class VerificationCache: Sendable {
    fileprivate let signatures: HashSet
    fileprivate let keys = PublicKeyCache()
    private let scripts: HashSet
    private let salt: SHA256Stream
    /// While blocks are downloaded nothing is in it, and looking is in vain.
    private let holdsAny = Atomic(false)

    /// - Parameter capacityInBytes: what both sets may take together; half of it is for each. The keys take
    ///     less than half a megabyte beside it.
    package init(capacityInBytes: Int) {
        let capacity = capacityInBytes / 2 / MemoryLayout<Hash256>.stride
        signatures = HashSet(capacity: capacity)
        scripts = HashSet(capacity: capacity)
        var stream = SHA256Stream()
        for _ in 0..<8 { stream.update(littleEndian: UInt64.random(in: 0 ... .max)) }
        salt = stream
    }

    fileprivate var isUsed: Bool { holdsAny.load(ordering: .relaxed) }

    fileprivate func insert(signature: Hash256) {
        holdsAny.store(true, ordering: .relaxed)
        signatures.insert(signature)
    }

    /// Whether all inputs of a transaction were found good under these flags. Its id covers the
    /// out points it spends, and so the scripts and amounts.
    func knows(_ wtxid: Wtxid, flags: ScriptFlags) -> Bool {
        scripts.contains(digest(wtxid, flags))
    }

    /// The checks of a block's transactions but those found good before, in the same order.
    func unknown(_ checks: [ScriptCheck], of block: Block, flags: ScriptFlags) -> [ScriptCheck] {
        guard isUsed, !checks.isEmpty else { return checks }
        var unknown: [ScriptCheck] = []
        var position = 0
        for transaction in block.transactions.dropFirst() {
            let end = position + transaction.inputs.count
            guard end <= checks.count else { return checks }
            if !knows(transaction.wtxid, flags: flags) { unknown += checks[position..<end] }
            position = end
        }
        return unknown
    }

    func note(_ wtxid: Wtxid, flags: ScriptFlags) {
        holdsAny.store(true, ordering: .relaxed)
        scripts.insert(digest(wtxid, flags))
    }

    private func digest(_ wtxid: Wtxid, _ flags: ScriptFlags) -> Hash256 {
        var stream = salt
        stream.update(wtxid)
        stream.update(littleEndian: flags.rawValue)
        return stream.finalize()
    }

    fileprivate func digest(
        _ algorithm: UInt8, _ signature: ArraySlice<UInt8>, _ publicKey: ArraySlice<UInt8>,
        _ hash: Hash256
    ) -> Hash256 {
        var stream = salt
        stream.update(algorithm)
        stream.update(littleEndian: UInt32(truncatingIfNeeded: publicKey.count))
        stream.update(hash)
        stream.update(publicKey.span)
        stream.update(signature.span)
        return stream.finalize()
    }
}

/// A set of hashes of bounded size, for many threads: a new one may push an old one out.
private final class HashSet: Sendable {
    private static let shardCount = 64
    private static let ways = 4
    private let shards: [Shard]
    private let rows: Int

    private final class Shard: Sendable {
        let table: Mutex<ZeroedArray<Hash256>>
        init(count: Int) { table = Mutex(ZeroedArray(count: count)) }
    }

    init(capacity: Int) {
        rows = max(1, capacity / Self.shardCount / Self.ways)
        let count = rows * Self.ways
        shards = (0..<Self.shardCount).map { _ in Shard(count: count) }
    }

    func contains(_ hash: Hash256) -> Bool {
        let (shard, row) = place(hash)
        return shards[shard].table.withLock { table in
            (row..<row + Self.ways).contains { table[$0] == hash }
        }
    }

    func insert(_ hash: Hash256) {
        let (shard, row) = place(hash)
        // The hash is random, so its bits choose which of the old ones goes.
        let victim = Int(truncatingIfNeeded: hash.words.2 & UInt64(Self.ways - 1))
        shards[shard].table.withLock { table in
            let empty = (row..<row + Self.ways).first { table[$0] == .zero || table[$0] == hash }
            table[empty ?? row + victim] = hash
        }
    }

    private func place(_ hash: Hash256) -> (shard: Int, row: Int) {
        let words = hash.words
        let shard = Int(truncatingIfNeeded: words.0 & UInt64(Self.shardCount - 1))
        return (shard, Int(truncatingIfNeeded: words.1 % UInt64(rows)) * Self.ways)
    }
}
