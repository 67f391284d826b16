import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
import Networking
import Notation
public import Peers
public import ServiceLifecycle
import Synchronization
import Wire

/// The door for calls: an HTTP server that checks who knocks and hands the body to the dispatcher.
public final class RPCServer: Service {
    public struct Configuration: Sendable {
        /// An address to listen on, and whether the server may go without it.
        public struct Endpoint: Sendable {
            public var host: String
            public var port: Int

            public init(host: String, port: Int) {
                self.host = host
                self.port = port
            }
        }

        public var endpoints: [Endpoint]
        public var credentials: RPCCredentials
        /// Who may connect, beside this machine itself.
        public var allowedRanges: [Subnet] = []
        /// Whether blocks, transactions and coins are shown without a password.
        public var servesREST = false
        /// How long a connection may be idle, in seconds.
        public var idleTimeout: Int64 = 30
        /// How many requests may be under way; further ones are refused.
        public var maximumRequests = 16 + 64

        public init(endpoints: [Endpoint], credentials: RPCCredentials) {
            self.endpoints = endpoints
            self.credentials = credentials
        }
    }

    /// No address could be listened on.
    public struct BindError: Error, CustomStringConvertible {
        public var description: String
    }

    /// The longest body of a request, in bytes.
    public static let maximumBodySize = 32 << 20

    private let configuration: Configuration
    private let dispatcher: RPCDispatcher
    private let logger: Logger
    private let requestCount = Mutex(0)
    private let readiness = Signal()
    private let progress = Mutex(Progress())

    private struct Progress {
        var bound = 0
        var failures: [String] = []
    }

    public init(_ configuration: Configuration, dispatcher: RPCDispatcher, logger: Logger) {
        self.configuration = configuration
        self.dispatcher = dispatcher
        self.logger = logger
    }

    /// Returns once the server listens; throws where it cannot.
    public func ready() async throws { try await readiness.wait() }

    public func run() async throws {
        do {
            try await listen()
            readiness.succeed()
        } catch {
            readiness.fail(error)
            throw error
        }
    }

    private func listen() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for endpoint in configuration.endpoints {
                group.addTask { try await self.listen(at: endpoint) }
            }
            try await group.waitForAll()
        }
    }

    /// Serves one address. It may fail as long as another one does not.
    private func listen(at endpoint: Configuration.Endpoint) async throws {
        let application = application(at: endpoint) {
            self.settle(
                self.progress.withLock { progress in
                    progress.bound += 1
                    return progress
                })
        }
        do {
            try await application.run()
        } catch {
            let place = "\(endpoint.host):\(endpoint.port)"
            logger.warning("Binding RPC on address \(place) failed: \(error)")
            let now = progress.withLock { progress in
                progress.failures.append(place)
                return progress
            }
            settle(now)
            guard now.failures.count < configuration.endpoints.count else {
                throw BindError(
                    description: "Unable to bind any endpoint for RPC server ("
                        + now.failures.joined(separator: ", ") + ")")
            }
        }
    }

    /// Announces readiness once every address has been tried and one of them listens.
    private func settle(_ progress: Progress) {
        let tried = progress.bound + progress.failures.count
        if progress.bound > 0, tried == configuration.endpoints.count {
            readiness.succeed()
        }
    }

    private func application(
        at endpoint: Configuration.Endpoint, whenRunning: @escaping @Sendable () -> Void
    ) -> Application<CallbackResponder<ConnectionContext>> {
        // The framework's own remarks are of no use to the operator of a node.
        let silent = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }
        return Application(
            responder: CallbackResponder { request, context in
                await self.respond(to: request, from: context.remoteAddress)
            },
            server: .http1(
                configuration: .init(idleTimeout: .seconds(configuration.idleTimeout))),
            configuration: ApplicationConfiguration(
                address: .hostname(endpoint.host, port: endpoint.port), reuseAddress: true),
            onServerRunning: { _ in whenRunning() },
            logger: silent)
    }

    // MARK: Requests

    /// This machine itself.
    private static let loopback = ["127.0.0.0/8", "::1"].compactMap { Subnet($0) }

    private func respond(to request: Request, from address: SocketAddress?) async -> Response {
        guard let caller = address?.ipAddress.flatMap({ NetworkAddress($0) }),
            Self.loopback.contains(where: { $0.contains(caller) })
                || configuration.allowedRanges.contains(where: { $0.contains(caller) })
        else { return Response(status: .forbidden) }
        let uri = request.uri.string
        if configuration.servesREST, uri.hasPrefix(RESTRequest.prefix) {
            return await answerREST(request, uri)
        }
        let walletPrefix = "/wallet/"
        guard uri == "/" || uri.hasPrefix(walletPrefix) else { return Response(status: .notFound) }
        guard request.method == .post else {
            return text("JSONRPC server handles only POST requests", status: .methodNotAllowed)
        }
        guard enter() else { return text("Work queue depth exceeded", status: .serviceUnavailable) }
        defer { leave() }

        guard let authorization = request.headers[.authorization] else { return unauthorized }
        guard let user = configuration.credentials.user(authorization: authorization) else {
            logger.warning("ThreadRPCServer incorrect password attempt from \(caller)")
            // Makes guessing slow.
            try? await Task.sleep(for: .milliseconds(250))
            return unauthorized
        }
        guard !configuration.credentials.isShutOut(user) else {
            logger.warning("RPC User \(user) not allowed to call any methods")
            return Response(status: .forbidden)
        }
        guard let body = await body(of: request) else { return Response(status: .contentTooLarge) }
        let walletName =
            uri.hasPrefix(walletPrefix)
            ? decodePercents(uri.dropFirst(walletPrefix.count)) : nil
        let answer = await dispatcher.answer(
            body,
            from: RPCDispatcher.Caller(
                user: user, allowed: configuration.credentials.allowedMethods(of: user),
                walletName: walletName))
        return response(answer)
    }

    /// Answers what anybody may ask.
    private func answerREST(_ request: Request, _ uri: String) async -> Response {
        guard request.method == .get || request.method == .post else {
            return Response(status: .methodNotAllowed)
        }
        guard enter() else { return text("Work queue depth exceeded", status: .serviceUnavailable) }
        defer { leave() }
        guard let body = await body(of: request) else { return Response(status: .contentTooLarge) }
        guard let answer = await dispatcher.answer(rest: uri, body: body) else {
            return Response(status: .notFound)
        }
        return Response(
            status: HTTPResponse.Status(code: answer.status),
            headers: [.contentType: answer.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }

    private func enter() -> Bool {
        requestCount.withLock { count in
            guard count < configuration.maximumRequests else { return false }
            count += 1
            return true
        }
    }

    private func leave() {
        requestCount.withLock { $0 -= 1 }
    }

    private func body(of request: Request) async -> [UInt8]? {
        guard let buffer = try? await request.body.collect(upTo: Self.maximumBodySize) else {
            return nil
        }
        return Array(buffer.readableBytesView)
    }

    private func response(_ answer: RPCDispatcher.Answer) -> Response {
        let status = HTTPResponse.Status(code: answer.status)
        guard let json = answer.body else { return Response(status: status) }
        var bytes = json.bytes()
        bytes.append(UInt8(ascii: "\n"))
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func text(_ text: String, status: HTTPResponse.Status) -> Response {
        Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private var unauthorized: Response {
        Response(
            status: .unauthorized, headers: [.wwwAuthenticate: "Basic realm=\"jsonrpc\""])
    }
}

/// Undoes `%41` in the path of an address; what is no such escape stands as it is.
func decodePercents(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let decoded = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self))
        {
            bytes += decoded
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// A request's surroundings: where it came from.
private struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
