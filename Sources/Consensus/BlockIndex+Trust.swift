public import Cryptography
public import Genesis
public import Primitives

extension BlockIndex {
    /// Whether a block of this hash, onto `parent`, must be looked at for transactions that replace
    /// unspent ones with the same id (BIP30).
    ///
    /// Two old blocks of mainnet did so. Once coinbases begin with their height (BIP34) none can,
    /// on the chain that is known, until heights that old coinbases named by accident.
    public func enforcesBIP30(
        _ hash: BlockHash, onto parent: BlockID, in network: Network
    ) -> Bool {
        let rules = network.consensus
        let height = height(of: parent) + 1
        if height >= Self.bip34Limit { return true }
        if Self.bip30Repeats.contains(where: { $0.height == height && $0.hash == hash.displayHex })
        {
            return false
        }
        guard let known = rules.bip34Hash,
            let id = ancestor(of: parent, at: rules.bip34Height)
        else { return true }
        return self.hash(of: id) != known
    }

    /// The first height that a coinbase from before BIP34 named by accident.
    public static let bip34Limit = 1_983_702
    private static let bip30Repeats = [
        (
            height: 91842,
            hash: "00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec"
        ),
        (
            height: 91880,
            hash: "00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721"
        ),
    ]

    /// Whether a block's coinbase was replaced by a later one of the same id, so that its outputs
    /// are not there when it is disconnected, nor in the count of coins.
    public static func isOverwritten(_ hash: BlockHash, at height: Int) -> Bool {
        switch height {
        case 91722:
            hash.displayHex == "00000000000271a2dc26e7667f8419f2e15416dc6955e5a6c6cdf3f2574dd08e"
        case 91812:
            hash.displayHex == "00000000000af0aed4792b1acee3d966af36cf5def14935db8de83d6f9306f2f"
        default: false
        }
    }

    /// Why the scripts of a block must be run; nil where they may be taken on trust as those of an
    /// ancestor of a block that is known to be valid.
    ///
    /// Trust asks for more than the hash: the best header must lie on that chain, with the least
    /// work a chain should have and two weeks of work on top of the block, so that nobody is led to
    /// a false chain by an option alone.
    public func distrust(
        of id: BlockID, assumeValid: BlockHash?, minimumChainWork: UInt256, in network: Network
    ) -> Distrust? {
        let height = height(of: id)
        guard let assumeValid else { return .nothingAssumed }
        guard let trusted = find(assumeValid) else { return .assumedUnknown }
        guard ancestor(of: trusted, at: height) == id else {
            return height > self.height(of: trusted) ? .aboveAssumed : .besideAssumed
        }
        guard ancestor(of: bestHeader, at: height) == id else { return .besideBest }
        guard chainWork(of: bestHeader) >= minimumChainWork else { return .tooLittleWork }
        let twoWeeks: Int64 = 14 * 24 * 60 * 60
        let time = equivalentTime(from: id, to: bestHeader, at: bestHeader, in: network)
        return time <= twoWeeks ? .tooRecent : nil
    }

    /// The seconds it would take to do the work between two blocks at the difficulty of a third.
    public func equivalentTime(
        from first: BlockID, to second: BlockID, at tip: BlockID, in network: Network
    ) -> Int64 {
        let (one, other) = (chainWork(of: first), chainWork(of: second))
        let isForward = other > one
        let difference = isForward ? other &- one : one &- other
        let work = ProofOfWork.work(bits: bits(of: tip))
        guard work != .zero else { return isForward ? .max : -.max }
        let seconds = difference &* UInt64(network.consensus.spacing) / work
        guard seconds.usedBitCount <= 63 else { return isForward ? .max : -.max }
        let magnitude = Int64(seconds.lowWord)
        return isForward ? magnitude : -magnitude
    }

    /// How much of all transactions up to now the chain up to a block holds, 0 to 1 (Bitcoin Core's
    /// `GuessVerificationProgress`).
    public func verificationProgress(
        of id: BlockID, in network: Network, at now: Int64
    ) -> Double {
        let node = self[id]
        let known = network.transactions
        guard node.chainTransactionCount > 0 else { return 0 }
        let count = Double(node.chainTransactionCount)
        var time = Int64(node.time)
        if abs(now - time) <= 7200 {
            // By height where the header is recent, so that the end is reached exactly.
            time = now - Int64(height(of: bestHeader) - node.height) * network.consensus.spacing
        }
        let total =
            node.chainTransactionCount <= known.count
            ? Double(known.count) + Double(now - known.time) * known.rate
            : count + Double(now - time) * known.rate
        return min(count / total, 1)
    }
}

/// Why a block's scripts are not taken on trust, in the order it is looked for. The words are
/// Bitcoin Core's.
public enum Distrust: String, Sendable {
    case nothingAssumed = "assumevalid=0 (always verify)"
    case assumedUnknown = "assumevalid hash not in headers"
    case aboveAssumed = "block height above assumevalid height"
    case besideAssumed = "block not in assumevalid chain"
    case besideBest = "block not in best header chain"
    case tooLittleWork = "best header chainwork below minimumchainwork"
    case tooRecent = "block too recent relative to best header"
}
