/// Why a network definition, or an option that changes one, is refused.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field at fault, with dots between the levels ("genesis.time"); empty for the whole.
    public var field: String
    public var reason: String

    public init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    public var description: String {
        field.isEmpty ? reason : "\(field): \(reason)"
    }
}
