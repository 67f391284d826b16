/// Where and how miners are served.
public struct StratumConfiguration: Sendable {
    public struct Endpoint: Sendable, Hashable {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    public var endpoints: [Endpoint]
    /// The difficulty of a client's first shares.
    public var startDifficulty: Double?
    /// Connections at once.
    public var maximumClients = 10_000

    public init(endpoints: [Endpoint]) { self.endpoints = endpoints }
}

/// Why miners cannot be served.
public struct StratumServerError: Error, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
