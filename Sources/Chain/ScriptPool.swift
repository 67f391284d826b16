import Consensus
import Dispatch
import Scripting
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Threads that run a block's script checks together with the caller.
///
/// Each takes sixteen checks at a time off one cursor: a Task for each check would cost more than
/// the switch is worth, and would keep the threads that everything else runs on.
final class ScriptPool: Sendable {
    /// How many threads there are besides the caller's.
    let workerCount: Int
    private let shared: Shared

    /// - Parameter threads: all threads to be used, the caller's among them; 0 or less leaves that
    ///   many processors free, as `-par` does.
    init(threads: Int) {
        let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let wanted = threads > 0 ? threads : processors + threads
        workerCount = max(0, min(wanted, 16) - 1)
        shared = Shared()
        for _ in 0..<workerCount { Self.start(shared) }
    }

    deinit {
        shared.job.withLock { $0 = .stop }
        for _ in 0..<workerCount { shared.wake.signal() }
    }

    /// Runs the checks; returns the failure of the first that fails, or nil.
    func firstFailure(
        _ checks: [ScriptCheck], verifier: CachingVerifier
    ) -> ScriptFailure? {
        let job = Job(checks: checks, verifier: verifier)
        let helpers = checks.count > Job.grab ? workerCount : 0
        if helpers > 0 {
            shared.job.withLock { $0 = .run(job) }
            for _ in 0..<helpers { shared.wake.signal() }
        }
        job.work()
        for _ in 0..<helpers { shared.done.wait() }
        return job.failure
    }

    private final class Shared: Sendable {
        let wake = DispatchSemaphore(value: 0)
        let done = DispatchSemaphore(value: 0)
        let job = Mutex<Order>(.stop)
    }

    private enum Order: Sendable { case run(Job), stop }

    /// One list of checks, and how far they have been taken.
    private final class Job: Sendable {
        static let grab = 16
        private let checks: [ScriptCheck]
        private let verifier: CachingVerifier
        private let cursor = Atomic<Int>(0)
        private let first = Mutex<(index: Int, failure: ScriptFailure)?>(nil)

        init(checks: [ScriptCheck], verifier: CachingVerifier) {
            self.checks = checks
            self.verifier = verifier
        }

        var failure: ScriptFailure? { first.withLock { $0?.failure } }

        /// Works until there is nothing left. Since the checks are taken in order, no check before
        /// the first failure is left out.
        func work() {
            while true {
                let start = cursor.add(Self.grab, ordering: .relaxed).oldValue
                guard start < checks.count else { return }
                for index in start..<min(start + Self.grab, checks.count) {
                    do throws(ScriptFailure) {
                        try checks[index].run(verifier: verifier)
                    } catch {
                        note(index, error)
                        return
                    }
                }
            }
        }

        private func note(_ index: Int, _ failure: ScriptFailure) {
            cursor.store(checks.count, ordering: .relaxed)
            first.withLock { first in
                if index < first?.index ?? .max { first = (index, failure) }
            }
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
            guard case .run(let job) = shared.job.withLock({ $0 }) else { return }
            job.work()
            shared.done.signal()
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
