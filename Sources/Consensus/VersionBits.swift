public import Genesis
import Primitives

/// Where a vote on a change of the rules stands (BIP9); the words are `getdeploymentinfo`'s.
public enum ThresholdState: String, Sendable, Hashable {
    case defined
    case started
    case lockedIn = "locked_in"
    case active
    case failed
}

/// How the vote goes in the present period.
public struct VersionBitsStatistics: Sendable, Hashable {
    public var period: Int
    /// Votes needed; 0 once it is decided.
    public var threshold: Int
    /// Blocks of the period so far.
    public var elapsed: Int
    /// Votes so far.
    public var count: Int
    /// Whether enough blocks are left for the vote to succeed.
    public var isPossible: Bool
    /// Which blocks of the period voted.
    public var signalling: [Bool]
}

/// All that `getdeploymentinfo` tells of a vote, as of a block.
public struct VersionBitsInfo: Sendable, Hashable {
    public var state: ThresholdState
    public var nextState: ThresholdState
    /// The height at which `state` began.
    public var since: Int
    /// Nil where votes mean nothing now.
    public var statistics: VersionBitsStatistics?
    /// The height at which the change is in force, where that is known.
    public var activeSince: Int?
}

/// States already worked out, by deployment and last block of a period. They depend on the block's
/// ancestors alone, so they never go stale.
struct VersionBitsCache: Sendable {
    private struct Key: Hashable {
        var name: String
        var id: BlockID
    }
    private var states: [Key: ThresholdState] = [:]

    subscript(deployment: VersionBitsDeployment, id: BlockID) -> ThresholdState? {
        get { states[Key(name: deployment.name, id: id)] }
        set { states[Key(name: deployment.name, id: id)] = newValue }
    }
}

extension BlockIndex {
    /// The top three bits of a version that carries votes, and their value there.
    static let versionTopMask = Int32(bitPattern: 0xe000_0000)
    static let versionTopBits: Int32 = 0x2000_0000

    private func isVote(_ id: BlockID, for deployment: VersionBitsDeployment) -> Bool {
        let version = self[id].version
        return version & Self.versionTopMask == Self.versionTopBits
            && version & deployment.mask != 0
    }

    /// The last block of the whole periods up to `id`.
    private func periodEnd(upTo id: BlockID?, _ period: Int) -> BlockID? {
        guard let id else { return nil }
        let height = height(of: id)
        return ancestor(of: id, at: height - (height + 1) % period)
    }

    /// Where the vote stands for the block that follows `parent`.
    public mutating func state(
        of deployment: VersionBitsDeployment, after parent: BlockID?
    ) -> ThresholdState {
        switch deployment.startTime {
        case VersionBitsDeployment.alwaysActive: return .active
        case VersionBitsDeployment.neverActive: return .failed
        default: break
        }
        var walk = periodEnd(upTo: parent, deployment.period)
        var open: [BlockID] = []
        var state = ThresholdState.defined
        while let here = walk {
            if let known = versionBits[deployment, here] {
                state = known
                break
            }
            if medianTimePast(of: here) < deployment.startTime { break }
            open.append(here)
            walk = ancestor(of: here, at: height(of: here) - deployment.period)
        }
        for end in open.reversed() {
            state = next(state, of: deployment, at: end)
            versionBits[deployment, end] = state
        }
        return state
    }

    private func next(
        _ state: ThresholdState, of deployment: VersionBitsDeployment, at end: BlockID
    ) -> ThresholdState {
        switch state {
        case .defined:
            return medianTimePast(of: end) >= deployment.startTime ? .started : .defined
        case .started:
            var votes = 0
            var walk: BlockID? = end
            for _ in 0..<deployment.period {
                guard let here = walk else { break }
                if isVote(here, for: deployment) { votes += 1 }
                walk = parent(of: here)
            }
            if votes >= deployment.threshold { return .lockedIn }
            return medianTimePast(of: end) >= deployment.timeout ? .failed : .started
        case .lockedIn:
            return height(of: end) + 1 >= deployment.minimumActivationHeight ? .active : .lockedIn
        case .active, .failed:
            return state
        }
    }

    /// The version that a block after `parent` should have: votes for what is being voted on.
    public mutating func computeVersion(after parent: BlockID, in network: Network) -> Int32 {
        var version = Self.versionTopBits
        for deployment in network.consensus.deployments {
            switch state(of: deployment, after: parent) {
            case .started, .lockedIn: version |= deployment.mask
            case .defined, .active, .failed: break
            }
        }
        return version
    }

    /// All there is to tell of a vote as of the block `id`.
    public mutating func info(
        of deployment: VersionBitsDeployment, at id: BlockID
    ) -> VersionBitsInfo {
        let parent = parent(of: id)
        let state = state(of: deployment, after: parent)
        let nextState = self.state(of: deployment, after: id)
        let since = since(state, of: deployment, after: parent)
        var info = VersionBitsInfo(state: state, nextState: nextState, since: since)
        if state == .started || state == .lockedIn {
            var statistics = statistics(of: deployment, at: id)
            if state == .lockedIn {
                statistics.threshold = 0
                statistics.isPossible = false
            }
            info.statistics = statistics
        }
        if state == .active {
            info.activeSince = since
        } else if nextState == .active {
            info.activeSince = height(of: id) + 1
        }
        return info
    }

    /// The height at which the state began that the block after `parent` is in.
    private mutating func since(
        _ state: ThresholdState, of deployment: VersionBitsDeployment, after parent: BlockID?
    ) -> Int {
        let isFixed =
            deployment.startTime == VersionBitsDeployment.alwaysActive
            || deployment.startTime == VersionBitsDeployment.neverActive
        guard !isFixed, state != .defined,
            var end = periodEnd(upTo: parent, deployment.period)
        else { return 0 }
        while let earlier = ancestor(of: end, at: height(of: end) - deployment.period),
            self.state(of: deployment, after: earlier) == state
        {
            end = earlier
        }
        return height(of: end) + 1
    }

    private func statistics(
        of deployment: VersionBitsDeployment, at id: BlockID
    ) -> VersionBitsStatistics {
        let elapsed = 1 + height(of: id) % deployment.period
        var signalling = [Bool](repeating: false, count: elapsed)
        var walk: BlockID? = id
        for place in signalling.indices.reversed() {
            guard let here = walk else { break }
            signalling[place] = isVote(here, for: deployment)
            walk = parent(of: here)
        }
        let count = signalling.count(where: { $0 })
        return VersionBitsStatistics(
            period: deployment.period, threshold: deployment.threshold, elapsed: elapsed,
            count: count,
            isPossible: deployment.period - deployment.threshold >= elapsed - count,
            signalling: signalling)
    }
}
