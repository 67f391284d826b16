import Dispatch
import Foundation
package import Mining
package import Primitives
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Threads that search for a block's proof of work until they are told otherwise.
///
/// They are threads of their own: neither the cooperative pool nor that of the queues, which the
/// validator runs on, must be held up by work that does not end.
package final class SearchPool: Sendable {
    /// What the threads search on.
    package struct Job: Sendable {
        var template: BlockTemplate
        var time: UInt32
        /// Which bits of the version may be turned.
        var rolling: VersionRolling?

        package init(template: BlockTemplate, time: UInt32, rolling: VersionRolling?) {
            self.template = template
            self.time = time
            self.rolling = rolling
        }
    }

    private struct State {
        var job: Job?
        /// What blocks are wanted on; nil once there is one.
        var previous: BlockHash?
        /// Grows with every job, so that threads see that theirs is old.
        var generation: UInt64 = 0
        var extraNonce: UInt64
        var isStopped = false
        var waiting = 0
        /// Found and not taken yet. There can be one only: the threads wait after it.
        var solved: Block?
    }

    /// One thread's part of a job.
    private struct Part {
        var job: Job
        var extraNonce: UInt64
        var generation: UInt64
    }

    /// Headers tried between looks at whether the job is still good: a few milliseconds.
    private static let batch: UInt32 = 1 << 17

    private let state: Mutex<State>
    private let generation = Atomic<UInt64>(0)
    private let hashes = Atomic<UInt64>(0)
    private let wake = DispatchSemaphore(value: 0)
    private let running = DispatchGroup()
    /// The part of the time spent searching, in percent.
    private let duty: Int
    private let found: @Sendable () -> Void

    /// - Parameters:
    ///   - extraNonce: where to begin, so that two processes do not search alike.
    ///   - found: told when there is a block to take.
    package init(threads: Int, duty: Int, extraNonce: UInt64, found: @escaping @Sendable () -> Void) {
        state = Mutex(State(extraNonce: extraNonce))
        self.duty = duty
        self.found = found
        for _ in 0..<threads {
            running.enter()
            Thread.detachNewThread {
                self.work()
                self.running.leave()
            }
        }
    }

    /// How many headers were tried since the start: nonces, each under all its versions.
    var hashCount: UInt64 { hashes.load(ordering: .relaxed) }

    /// The block found, once.
    package func takeSolved() -> Block? {
        state.withLock { state in
            defer { state.solved = nil }
            return state.solved
        }
    }

    /// Sets what is searched on; nil lets the threads wait.
    package func set(_ job: Job?) {
        let sleepers = state.withLock { state in
            state.job = job
            if let job { state.previous = job.template.context.previous }
            state.generation += 1
            generation.store(state.generation, ordering: .releasing)
            guard job != nil else { return 0 }
            defer { state.waiting = 0 }
            return state.waiting
        }
        for _ in 0..<sleepers { wake.signal() }
    }

    /// Ends the threads; returns when all have ended.
    package func stop() async {
        let sleepers = state.withLock { state in
            state.isStopped = true
            state.job = nil
            state.generation += 1
            generation.store(state.generation, ordering: .releasing)
            defer { state.waiting = 0 }
            return state.waiting
        }
        for _ in 0..<sleepers { wake.signal() }
        await withCheckedContinuation { continuation in
            running.notify(queue: .global()) { continuation.resume() }
        }
    }

    private func work() {
        while let part = next() {
            let search = NonceSearch(
                part.job.template, extraNonce: part.extraNonce, time: part.job.time,
                rolling: part.job.rolling)
            let count = Self.batch / search.headersPerNonce
            var start: UInt64 = 0
            while start < NonceSearch.nonces,
                generation.load(ordering: .acquiring) == part.generation
            {
                let began = ContinuousClock.now
                let block = search.run(from: UInt32(start), count: count)
                hashes.add(UInt64(count * search.headersPerNonce), ordering: .relaxed)
                if let block {
                    report(block, from: part)
                    break
                }
                start += UInt64(count)
                rest(after: ContinuousClock.now - began)
            }
        }
    }

    /// The next part of the job, waiting until there is one; nil at the end.
    private func next() -> Part? {
        while true {
            let (part, isStopped) = state.withLock { state -> (Part?, Bool) in
                if state.isStopped { return (nil, true) }
                guard let job = state.job else {
                    state.waiting += 1
                    return (nil, false)
                }
                state.extraNonce &+= 1
                // Zero would leave the extra nonce out.
                if state.extraNonce == 0 { state.extraNonce = 1 }
                return (
                    Part(job: job, extraNonce: state.extraNonce, generation: state.generation),
                    false
                )
            }
            if isStopped { return nil }
            if let part { return part }
            wake.wait()
        }
    }

    /// Tells of a solved block, unless another came first; then all wait for the next job. One of a
    /// job that was replaced meanwhile is as good, if it stands where blocks are still wanted.
    private func report(_ block: Block, from part: Part) {
        let isFirst = state.withLock { state in
            guard !state.isStopped, block.header.previous == state.previous else { return false }
            state.job = nil
            state.previous = nil
            state.solved = block
            state.generation += 1
            generation.store(state.generation, ordering: .releasing)
            return true
        }
        if isFirst { found() }
    }

    /// The longest rest, so that the end of a job or of the node is seen soon.
    private static let longestRest: Duration = .milliseconds(500)

    /// Lets the processor rest for its part of the time, by how long the work took: that differs a
    /// hundredfold between machines.
    private func rest(after work: Duration) {
        guard duty < 100 else { return }
        let rest = min(work * (100 - duty) / max(duty, 1), Self.longestRest)
        usleep(UInt32(clamping: Int64(rest / .microseconds(1))))
    }
}
