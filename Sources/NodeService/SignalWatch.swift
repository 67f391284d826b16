import Dispatch
import Foundation

/// Calls a handler where the system would end the process by a signal, as long as it lives.
public final class SignalWatch {
    private let sources: [any DispatchSourceSignal]

    /// Watches from its return on; until then a signal ends the process as ever.
    public init(_ signals: [Int32], _ handler: @escaping @Sendable (_ signal: Int32) -> Void) {
        let registered = DispatchSemaphore(value: 0)
        sources = signals.map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handler(number) }
            source.setRegistrationHandler { registered.signal() }
            source.resume()
            return source
        }
        // To ignore the signals meanwhile would be to lose one that comes then.
        for _ in sources { registered.wait() }
        #if canImport(Darwin)
            // Here a source only looks on.
            for number in signals { signal(number, SIG_IGN) }
        #endif
    }

    deinit {
        for source in sources { source.cancel() }
    }
}
