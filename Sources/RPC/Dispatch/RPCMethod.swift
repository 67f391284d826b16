public import Notation

/// One method that can be called from outside. It stands in a file of its own or with a few of its kind,
/// and is listed in the list of its topic.
public protocol RPCMethod: Sendable {
    var name: String { get }
    /// What the method does, as the help tells it.
    var summary: String { get }
    var parameters: [Parameter] { get }
    /// What the help says of the answer.
    var results: [ResultText] { get }
    var examples: [Example] { get }

    /// Answers a request whose arguments have the right number and kinds.
    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON
}

extension RPCMethod {
    public var parameters: [Parameter] { [] }
    public var results: [ResultText] { [] }
    public var examples: [Example] { [] }
}
