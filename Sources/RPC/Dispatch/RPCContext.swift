public import Genesis

/// What a method works on: the parts of the node and what they share.
public struct RPCContext: Sendable {
    public var definition: Network
    /// When the node started.
    public var startTime: ContinuousClock.Instant
    /// The folder of this network's data.
    public var dataDirectory: String
    public var logPath: String
    public var registry: MethodRegistry
    /// Asks the node to stop, as a signal would.
    public var shutdown: @Sendable () -> Void
    var active = ActiveCommands()

    public init(
        definition: Network, startTime: ContinuousClock.Instant, dataDirectory: String,
        logPath: String, registry: MethodRegistry, shutdown: @escaping @Sendable () -> Void
    ) {
        self.definition = definition
        self.startTime = startTime
        self.dataDirectory = dataDirectory
        self.logPath = logPath
        self.registry = registry
        self.shutdown = shutdown
    }
}
