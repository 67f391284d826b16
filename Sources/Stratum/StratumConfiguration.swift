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

    /// Where miners are served whose connections are encrypted, and with what.
    public struct Encrypted: Sendable, Hashable {
        public var endpoints: [Endpoint]
        /// Files of PEM: the server's certificate and those it rests on, and its key.
        public var certificate: String
        public var key: String

        public init(endpoints: [Endpoint], certificate: String, key: String) {
            self.endpoints = endpoints
            self.certificate = certificate
            self.key = key
        }
    }

    public var endpoints: [Endpoint]
    public var encrypted: Encrypted?
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
