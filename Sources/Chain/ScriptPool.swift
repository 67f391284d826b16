package import Consensus
import Dispatch
import Scripting
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Threads that run the script checks of blocks, one block after the other, while their owner goes
/// on with the next.
///
/// Each takes sixteen checks at a time off a job's cursor: a Task for each check would cost more
/// than the switch is worth, and would keep the threads that everything else runs on.
package final class ScriptPool: Sendable {
    /// How many threads there are besides the caller's.
    let workerCount: Int
    private let shared: Shared

    /// How many checks may wait before the caller takes part rather than adding more.
    private static let backlogLimit = 16_384

    /// - Parameter threads: all threads to be used, the caller's among them; 0 or less leaves that
    ///   many processors free, as `-par` does.
    package init(threads: Int) {
        let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let wanted = threads > 0 ? threads : processors + threads
        workerCount = max(0, min(wanted, 16) - 1)
        shared = Shared()
        for _ in 0..<workerCount { Self.start(shared) }
    }

    deinit {
        shared.line.withLock { $0.isStopped = true }
        for _ in 0..<workerCount { shared.wake.signal() }
    }

    /// Runs the checks; returns the failure of the first that fails, or nil.
    ///
    /// - Parameters:
    ///   - cache: knows what was found good before.
    ///   - notesSignatures: whether the cache is told of good signatures.
    package func firstFailure(
        _ checks: [ScriptCheck], cache: VerificationCache, notesSignatures: Bool = false
    ) -> ScriptFailure? {
        // What one thread takes at a time anyway is not worth waking another for.
        if checks.count <= ScriptJob.grab {
            let verifier = CachingVerifier(cache: cache, notes: notesSignatures)
            for check in checks {
                do throws(ScriptFailure) { try check.run(verifier: verifier) } catch {
                    return error
                }
            }
            return nil
        }
        return finish(begin(checks, cache: cache, notesSignatures: notesSignatures))
    }

    /// Lets the threads begin with the checks behind those begun before. Returns at once, unless
    /// so many wait that the caller had better help.
    package func begin(
        _ checks: [ScriptCheck], cache: VerificationCache, notesSignatures: Bool = false
    ) -> ScriptJob {
        let job = ScriptJob(
            checks, verifier: CachingVerifier(cache: cache, notes: notesSignatures))
        guard !checks.isEmpty else { return job }
        shared.line.withLock { $0.jobs.append(job) }
        for _ in 0..<workerCount { shared.wake.signal() }
        while shared.line.withLock({ $0.waiting }) > Self.backlogLimit, shared.workOnce() {}
        return job
    }

    /// Takes part until the job is done; returns the failure of its first check that fails, or nil.
    package func finish(_ job: ScriptJob) -> ScriptFailure? {
        while !job.isDone, shared.workOnce() {}
        job.wait()
        return job.failure
    }

    /// What the threads share.
    private final class Shared: Sendable {
        let wake = DispatchSemaphore(value: 0)
        let line = Mutex(Line())

        /// Runs some checks of the oldest job that has any left; false if none has.
        func workOnce() -> Bool {
            guard let job = line.withLock({ $0.next() }) else { return false }
            job.work()
            return true
        }
    }

    /// The jobs that have checks left, oldest first.
    private struct Line {
        var jobs: [ScriptJob] = []
        var isStopped = false

        var waiting: Int { jobs.reduce(0) { $0 + $1.unclaimed } }

        mutating func next() -> ScriptJob? {
            while let job = jobs.first {
                if job.unclaimed > 0 { return job }
                jobs.removeFirst()
            }
            return nil
        }
    }

    private static func start(_ shared: Shared) {
        let argument = Unmanaged.passRetained(shared).toOpaque()
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        pthread_attr_init(attributes)
        // The interpreter may go deep, and the usual size for a thread differs between systems.
        pthread_attr_setstacksize(attributes, 4 << 20)
        pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let failed = pthread_create(&thread, attributes, scriptWorker, argument)
        precondition(failed == 0, "No thread for script checks")
        pthread_attr_destroy(attributes)
    }

    fileprivate static func serve(_ argument: UnsafeMutableRawPointer) {
        let shared = Unmanaged<Shared>.fromOpaque(argument).takeRetainedValue()
        while true {
            shared.wake.wait()
            while shared.workOnce() {}
            if shared.line.withLock({ $0.isStopped }) { return }
        }
    }
}

#if canImport(Glibc)
    private func scriptWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let argument { ScriptPool.serve(argument) }
        return nil
    }
#else
    private func scriptWorker(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        ScriptPool.serve(argument)
        return nil
    }
#endif
