import Cryptography
import Genesis
import Primitives
import Wire

extension Swarm {
    /// Begins to look at a chain that may be too light to be kept.
    mutating func beginSync(from parent: HeaderTree.Node, of id: PeerID, at now: Duration) {
        let sync = HeadersSync(
            from: HeadersSync.Start(
                hash: tree.hash(parent), height: tree.height(parent), bits: tree.bits(parent),
                chainWork: tree.chainWork(parent), medianTime: Int64(tree.medianTime(parent))),
            network: settings.network, requiredWork: workThreshold,
            secret: HeadersSync.Secret(
                first: random.next(), second: random.next(), offset: random.next()),
            at: now.components.seconds)
        peers[id]?.headersSync = sync
        log(
            "Initial headers sync started with peer=\(id): height=\(sync.start.height), "
                + "max_commitments=\(sync.commitmentLimit)")
    }

    /// Goes on with such a chain and asks for more of it.
    ///
    /// - Returns: the headers that may be kept; nil where the given ones are not to be taken as part
    ///   of such a chain.
    mutating func advanceSync(
        _ headers: [HashedHeader], isFull: Bool, of id: PeerID, at now: Duration
    ) -> [BlockHeader]? {
        guard var sync = peers[id]?.headersSync else { return nil }
        // Its owner must not keep a second copy while it is changed.
        peers[id]?.headersSync = nil
        let phase = sync.phase
        let step = sync.take(headers, isFull: isFull)
        if case .failed(let fault, let height) = step {
            log(
                "Initial headers sync aborted with peer=\(id): \(fault.rawValue) at height="
                    + "\(height) (\(phase.rawValue) phase)")
            return nil
        }
        peers[id]?.sync.lastGetHeaders = nil
        if phase != sync.phase {
            log(
                "Initial headers sync transition with peer=\(id): reached sufficient work at height="
                    + "\(sync.presyncHeight), redownloading from height=\(sync.start.height)")
        }
        switch step {
        case .more(let believed):
            // From what is known of its start on, should the peer have left its chain meanwhile.
            let known = tree.find(sync.start.hash).map { tree.locator(from: $0) } ?? []
            askForHeaders(id, after: [sync.lastHash] + known, at: now)
            log("more getheaders (from \(sync.lastHash.displayHex)) to peer=\(id)")
            peers[id]?.headersSync = sync
            if sync.phase == .presync { tellProgress(of: sync, at: now) }
            return believed
        case .over(let believed):
            let end =
                sync.isProven
                ? "complete with peer=\(id): releasing all"
                : "aborted with peer=\(id): incomplete headers message"
            log(
                "Initial headers sync \(end) at height=\(sync.lastHeight) (\(phase.rawValue) phase)"
            )
            return believed
        case .failed: return nil
        }
    }

    /// Tells of the heaviest of these chains, as long as there is none that is heavy enough.
    private mutating func tellProgress(of sync: HeadersSync, at now: Duration) {
        guard tree.chainWork(tree.best) < settings.minimumChainWork,
            peers.values.allSatisfy({ ($0.headersSync?.presyncWork ?? .zero) <= sync.presyncWork })
        else { return }
        tellProgress("Pre-synchronizing", sync.presyncHeight, sync.presyncTime, at: now)
    }

    /// Tells how much of the chain there may be is here, if blocks came in time.
    mutating func tellProgress(
        _ what: String, _ height: Int, _ time: UInt32, at now: Duration
    ) {
        let age = max(0, now.components.seconds - Int64(time))
        let left = Int(age / max(settings.network.consensus.spacing, 1))
        let hundredths = 10_000 * height / max(height + left, 1)
        let digits = String(hundredths % 100)
        log(
            .info,
            "\(what) blockheaders, height: \(height) (~\(hundredths / 100)."
                + String(repeating: "0", count: 2 - digits.count) + "\(digits)%)")
    }
}
