import Chain
import Synchronization

/// The lines of a log that a validator was given.
final class LogLines: Sendable {
    private let all = Mutex<[String]>([])

    func use(_ configuration: inout Validator.Configuration) {
        configuration.report = { line in self.all.withLock { $0.append(line) } }
        configuration.log = { category, line in
            self.all.withLock { $0.append("[\(category)] \(line)") }
        }
    }

    func count(_ part: String) -> Int {
        all.withLock { $0.count { $0.contains(part) } }
    }
}
