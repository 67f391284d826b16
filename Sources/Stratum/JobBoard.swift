import Mining
import MiningService
import Synchronization

/// What clients are to search on now, each by his own coinbase; made when the first asks for it.
final class JobBoard: Sendable {
    private struct State {
        var base: Miner.RosterTemplate?
        var jobs: [StratumJob.Key: StratumJob] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    func set(_ base: Miner.RosterTemplate) {
        state.withLock { state in
            state.base = base
            state.jobs = [:]
        }
    }

    /// Nil where there is nothing to search on yet, or nobody can be paid.
    func job(for key: StratumJob.Key) -> StratumJob? {
        state.withLock { state in
            if let known = state.jobs[key] { return known }
            guard let base = state.base else { return nil }
            var plan = base.plan
            // Who found a block is the client, not this machine's owner.
            plan.finder = key.finder
            plan.sizeClass = key.sizeClass
            guard let template = try? base.template.paying(plan) else { return nil }
            state.lastNumber += 1
            let job = StratumJob(number: state.lastNumber, template: template)
            state.jobs[key] = job
            return job
        }
    }
}
