import Cryptography
import Genesis
import Logging
import NIOCore
import NIOPosix
import Peers
import Wire

extension PeerNetwork {
    static let group = MultiThreadedEventLoopGroup.singleton
    /// Bytes that may wait for a slow socket (Bitcoin Core's -maxsendbuffer); above, the peer's
    /// requests wait.
    static let writeBuffer = ChannelOptions.Types.WriteBufferWaterMark(
        low: 500_000, high: 1_000_000)

    // MARK: - Listening

    func listen() async throws -> [any Channel] {
        var servers: [any Channel] = []
        for place in listening {
            do {
                servers.append(try await bind(place))
                logger.info("Bound to \(place.endpoint)")
            } catch {
                if place.isOptional {
                    logger.debug("cannot listen at \(place.endpoint): \(error)")
                    continue
                }
                for server in servers { server.close(promise: nil) }
                let isTaken = (error as? IOError)?.errnoCode == EADDRINUSE
                throw NetworkingError.bind(
                    "Unable to bind to \(place.endpoint) on this computer"
                        + (isTaken
                            ? ". Cellblock is probably already running."
                            : " (bind returned error \(error))"))
            }
        }
        if servers.isEmpty, !listening.isEmpty {
            throw NetworkingError.bind(
                "Failed to listen on any port. Use -listen=0 if you want this.")
        }
        return servers
    }

    private func bind(_ place: Listening) async throws -> any Channel {
        let isV6 = place.endpoint.address.kind == .ipv6
        var bootstrap = ServerBootstrap(group: Self.group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: Self.writeBuffer)
            .childChannelInitializer { channel in
                let handler = PeerHandler(self.transport(isOpening: false))
                return channel.pipeline.addHandler(handler).map {
                    let queued = self.jobQueue.yield { await self.accept(channel, handler, place) }
                    if case .terminated = queued { channel.close(promise: nil) }
                }
            }
        if isV6 {
            bootstrap = bootstrap.serverChannelOption(
                ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1)
        }
        let address = try SocketAddress(place.endpoint)
        return try await bootstrap.bind(to: address).get()
    }

    private func accept(_ channel: any Channel, _ handler: PeerHandler, _ place: Listening) async {
        guard let remote = Endpoint(channel.remoteAddress) else {
            channel.close(promise: nil)
            return
        }
        await serve(
            channel, handler,
            Connection(
                kind: .inbound, endpoint: remote, boundEndpoint: Endpoint(channel.localAddress),
                isOnion: place.isOnion, permissions: place.permissions,
                transport: configuration.isEncrypted ? .detecting : .plain))
    }

    /// The bytes of a connection that others open, or of one that we open to speak encrypted.
    private nonisolated func transport(isOpening: Bool) -> Transport {
        let magic = configuration.network.magic
        guard configuration.isEncrypted else { return Transport(plain: magic) }
        var random = SystemRandomNumberGenerator()
        let seed = Hash256(words: (random.next(), random.next(), random.next(), random.next()))
        return isOpening
            ? Transport(opening: magic, seed: seed) : Transport(answering: magic, seed: seed)
    }

    // MARK: - Dialling

    /// Begins to dial. What comes of it is a job of its own, so that nothing waits for a network
    /// that does not answer, least of all the end of the node.
    func dial(_ request: DialRequest) {
        // A name of many addresses is dialled at several: each gets a handler of its own.
        let makeTransport: @Sendable () -> Transport = { [self] in
            request.isEncrypted
                ? transport(isOpening: true) : Transport(plain: configuration.network.magic)
        }
        let bootstrap = ClientBootstrap(group: Self.group)
            .connectTimeout(.nanoseconds(configuration.connectTimeout.nanoseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: Self.writeBuffer)
            .channelInitializer { $0.pipeline.addHandler(PeerHandler(makeTransport())) }
        let port = configuration.network.port
        let attempt: EventLoopFuture<any Channel>
        if let endpoint = Endpoint(request.target, defaultPort: port),
            let address = try? SocketAddress(endpoint)
        {
            attempt = bootstrap.connect(to: address)
        } else if configuration.looksUpNames,
            let (host, named) = Endpoint.split(request.target), !host.isEmpty
        {
            attempt = bootstrap.connect(host: host, port: Int(named ?? port))
        } else {
            handle(.dialFailed(request))
            return
        }
        let opened = attempt.flatMap { channel in
            // Asked for now: who hangs up at once has no address any more when its turn comes.
            let ends = (Endpoint(channel.remoteAddress), Endpoint(channel.localAddress))
            return channel.pipeline.handler(type: PeerHandler.self).map { (channel, $0, ends) }
        }
        opened.whenComplete { result in
            switch result {
            case .success((let channel, let handler, let (remote, local))):
                let queued = self.jobQueue.yield {
                    await self.dialled(channel, handler, request, remote, local)
                }
                if case .terminated = queued { channel.close(promise: nil) }
            case .failure(let error):
                self.start { await $0.failed(request, error) }
            }
        }
    }

    private func failed(_ request: DialRequest, _ error: any Error) {
        logger.debug("connection attempt to \(request.target) failed: \(error)")
        handle(.dialFailed(request))
    }

    private func dialled(
        _ channel: any Channel, _ handler: PeerHandler, _ request: DialRequest,
        _ remote: Endpoint?, _ local: Endpoint?
    ) async {
        guard let remote else {
            channel.close(promise: nil)
            handle(.dialFailed(request))
            return
        }
        await serve(
            channel, handler,
            Connection(
                kind: request.kind, endpoint: remote, name: request.target,
                boundEndpoint: local,
                transport: request.isEncrypted ? .detecting : .plain))
    }

    /// Handles a connection from its first message to its end.
    private func serve(
        _ channel: any Channel, _ handler: PeerHandler, _ connection: Connection
    ) async {
        let (id, actions) = swarm.connect(connection, at: now)
        guard let id else {
            channel.close(promise: nil)
            perform(actions)
            if !connection.isInbound {
                handle(.dialFailed(connection.request))
            }
            return
        }
        links[id] = Link(
            channel: channel, handler: handler, transport: connection.transport)
        perform(actions)
        handler.start(channel)
        for await signal in handler.signals {
            switch signal {
            case .received(let messages):
                for message in messages {
                    handle(.received(id, message))
                    handler.release(message.size, channel)
                }
            case .transport(let event):
                if case .changed(let status) = event { follow(status, of: id) }
                handle(.transport(id, event))
                handler.release(0, channel)
            case .writable(let isWritable):
                handle(.writable(id, isWritable))
            }
        }
        channel.close(promise: nil)
        links[id] = nil
        handle(.disconnected(id))
    }

    // MARK: - Seeds

    /// Asks name servers for nodes.
    func resolve(_ names: [String]) {
        let port = configuration.network.port
        for name in names {
            HostLookup.find(name) { addresses in
                self.start { await $0.found(addresses.map { Endpoint($0, port: port) }, name) }
            }
        }
    }

    private func found(_ endpoints: [Endpoint], _ name: String) {
        logger.debug("\(endpoints.count) addresses found from DNS seed \(name)")
        handle(.seeded(endpoints))
    }
}

extension SocketAddress {
    init(_ endpoint: Endpoint) throws {
        try self.init(
            packedIPAddress: ByteBuffer(bytes: endpoint.address.bytes), port: Int(endpoint.port))
    }
}

extension Endpoint {
    init?(_ address: SocketAddress?) {
        guard let address, let text = address.ipAddress, let port = address.port else { return nil }
        // A zone names a network card, not a place.
        let host = text.split(separator: "%").first.map(String.init) ?? text
        guard let parsed = NetworkAddress(host) else { return nil }
        self.init(parsed, port: UInt16(truncatingIfNeeded: port))
    }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product &+ attoseconds / 1_000_000_000
    }
}
