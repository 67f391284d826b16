public import Cryptography
import Primitives

/// A transaction as peers name it.
public struct TransactionID: Hashable, Sendable {
    public var hash: Hash256
    /// Whether the hash covers the witness.
    public var isWitnessID: Bool

    public init(hash: Hash256, isWitnessID: Bool) {
        self.hash = hash
        self.isWitnessID = isWitnessID
    }
}

/// Who announced which transaction, and whom to ask for it when.
///
/// As in Bitcoin Core's `txrequest` one peer at a time is asked; outbound peers come first, others
/// wait a little, and a peer that is asked and keeps silent gives way to the next after a minute.
struct TransactionRequests: Sendable {
    /// Announcements kept of one peer; those beyond are forgotten.
    static let maximumAnnouncements = 5000
    /// Beyond so many requests in flight a peer waits longer.
    static let maximumInFlight = 100
    static let delay = Duration.seconds(2)
    static let answerTime = Duration.seconds(60)

    private enum State: Sendable { case waiting, asked, failed }

    private struct Announcement: Sendable {
        var peer: PeerID
        var id: TransactionID
        var isPreferred: Bool
        /// When it may be asked; once asked, when the answer is overdue.
        var time: Duration
        var state = State.waiting
        var priority: UInt64
    }

    private var byHash: [Hash256: [Announcement]] = [:]
    private var byPeer: [PeerID: Set<Hash256>] = [:]
    private var asked: [PeerID: Int] = [:]
    /// When a peer's announcements are worth looking at again: not at every message.
    private var due: [PeerID: Duration] = [:]

    func count(of peer: PeerID) -> Int { byPeer[peer]?.count ?? 0 }
    func inFlight(of peer: PeerID) -> Int { asked[peer] ?? 0 }

    /// Notes that a peer has a transaction, to be asked for at `time` or later.
    mutating func announce(
        _ id: TransactionID, by peer: PeerID, isPreferred: Bool, at time: Duration,
        priority: UInt64
    ) {
        guard byHash[id.hash]?.contains(where: { $0.peer == peer }) != true else { return }
        byHash[id.hash, default: []].append(
            Announcement(
                peer: peer, id: id, isPreferred: isPreferred, time: time, priority: priority))
        byPeer[peer, default: []].insert(id.hash)
        due[peer] = min(due[peer] ?? time, time)
    }

    /// The peers that announced a transaction and were not found to lack it.
    func candidates(_ hash: Hash256) -> [PeerID] {
        (byHash[hash] ?? []).filter { $0.state != .failed }.map(\.peer)
    }

    /// What to ask a peer for now. What is given counts as asked.
    mutating func take(for peer: PeerID, at now: Duration) -> [TransactionID] {
        guard let time = due[peer], time <= now, let hashes = byPeer[peer] else { return [] }
        due[peer] = nil
        var chosen: [TransactionID] = []
        for hash in hashes {
            expire(hash, at: now)
            guard let list = byHash[hash] else { continue }
            if let blocked = list.first(where: { $0.state == .asked }) {
                wake(peer, at: blocked.time)
                continue
            }
            let ready = list.indices.filter { list[$0].state == .waiting && list[$0].time <= now }
            let best = ready.max { Self.precedes(list[$0], list[$1]) }
            guard let best, list[best].peer == peer else {
                // Either its own time has not come, or a better peer is about to be asked.
                let own = list.first { $0.peer == peer && $0.state == .waiting }
                if let own { wake(peer, at: max(own.time, now + .milliseconds(100))) }
                continue
            }
            byHash[hash]?[best].state = .asked
            byHash[hash]?[best].time = now + Self.answerTime
            wake(peer, at: now + Self.answerTime)
            asked[peer, default: 0] += 1
            chosen.append(list[best].id)
        }
        return chosen.sorted { $0.hash < $1.hash }
    }

    /// The peer sent it, or says that it has not got it.
    mutating func answered(_ hash: Hash256, by peer: PeerID) {
        guard let index = byHash[hash]?.firstIndex(where: { $0.peer == peer }) else { return }
        settle(hash, index)
    }

    /// The transaction is of no interest any more: it arrived, or can never be valid.
    mutating func forget(_ hash: Hash256) {
        for announcement in byHash.removeValue(forKey: hash) ?? [] {
            byPeer[announcement.peer]?.remove(hash)
            if announcement.state == .asked { lower(announcement.peer) }
        }
    }

    mutating func forget(_ peer: PeerID) {
        for hash in byPeer.removeValue(forKey: peer) ?? [] {
            byHash[hash]?.removeAll { $0.peer == peer }
            for other in byHash[hash] ?? [] where other.state == .waiting {
                wake(other.peer, at: other.time)
            }
            if byHash[hash]?.contains(where: { $0.state != .failed }) != true {
                dropSpent(hash)
            }
        }
        asked[peer] = nil
        due[peer] = nil
    }

    private mutating func wake(_ peer: PeerID, at time: Duration) {
        due[peer] = min(due[peer] ?? time, time)
    }

    private static func precedes(_ left: Announcement, _ right: Announcement) -> Bool {
        (left.isPreferred ? 1 : 0, left.priority) < (right.isPreferred ? 1 : 0, right.priority)
    }

    private mutating func expire(_ hash: Hash256, at now: Duration) {
        let late = byHash[hash]?.firstIndex { $0.state == .asked && $0.time <= now }
        if let late { settle(hash, late) }
    }

    /// One announcement has served. When none is left that could, all go.
    private mutating func settle(_ hash: Hash256, _ index: Int) {
        guard let announcement = byHash[hash]?[index] else { return }
        if announcement.state == .asked { lower(announcement.peer) }
        byHash[hash]?[index].state = .failed
        // Another may be asked now.
        for other in byHash[hash] ?? [] where other.state == .waiting {
            wake(other.peer, at: other.time)
        }
        if byHash[hash]?.allSatisfy({ $0.state == .failed }) == true { dropSpent(hash) }
    }

    private mutating func dropSpent(_ hash: Hash256) {
        for announcement in byHash.removeValue(forKey: hash) ?? [] {
            byPeer[announcement.peer]?.remove(hash)
        }
    }

    private mutating func lower(_ peer: PeerID) {
        if let count = asked[peer] { asked[peer] = count > 1 ? count - 1 : nil }
    }
}
