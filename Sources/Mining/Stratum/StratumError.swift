/// Why a request is refused, with the number that miners know it by.
public enum StratumError: Error, Hashable, Sendable {
    case other(String)
    /// The job is unknown, or of a tip that is no longer one.
    case staleJob
    case duplicateShare
    case lowDifficulty
    case unauthorized(String)
    case notSubscribed

    public var code: Int {
        switch self {
        case .other: 20
        case .staleJob: 21
        case .duplicateShare: 22
        case .lowDifficulty: 23
        case .unauthorized: 24
        case .notSubscribed: 25
        }
    }

    public var message: String {
        switch self {
        case .other(let text): text
        case .staleJob: "Job not found (stale)"
        case .duplicateShare: "Duplicate share"
        case .lowDifficulty: "Low difficulty share"
        case .unauthorized(let text): text
        case .notSubscribed: "Not subscribed"
        }
    }
}
