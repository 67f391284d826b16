import NIOCore
import Peers
import Synchronization
import Wire

/// What a connection tells the network.
enum PeerSignal: Sendable {
    /// Messages that came together.
    case received([Received])
    case transport(TransportEvent)
    case writable(Bool)
}

/// A message on its way to the socket.
struct OutboundMessage: Sendable {
    var command: String
    var payload: [UInt8]
}

/// Makes messages of the bytes of one connection and bytes of messages, and stops reading while too
/// much waits.
///
/// All but `signals` happens on the channel's event loop.
final class PeerHandler: ChannelDuplexHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = OutboundMessage
    typealias OutboundOut = ByteBuffer

    /// Bytes of decoded messages that may wait to be handled; above, reading pauses.
    static let limit = 2 << 20
    /// What a message takes beyond its bytes.
    static let overhead = 256

    let signals: AsyncStream<PeerSignal>
    private let continuation: AsyncStream<PeerSignal>.Continuation
    private let flow = Mutex(Flow())
    /// Only the event loop takes it, so nothing waits for a block to be decrypted.
    private let line: Mutex<Line>

    private struct Flow: Sendable {
        var waiting = 0
        var isStarted = false
        var isPaused = false
        var isReadWanted = false

        var mayRead: Bool { isStarted && !isPaused && waiting < PeerHandler.limit }
    }

    private struct Line: Sendable {
        var transport: Transport
        /// The status as it was told last.
        var status: Transport.Status
        /// What cannot be sent yet.
        var held: [OutboundMessage] = []
    }

    init(_ transport: Transport) {
        (signals, continuation) = AsyncStream.makeStream()
        line = Mutex(Line(transport: transport, status: transport.status))
    }

    // MARK: - From the socket

    func channelActive(context: ChannelHandlerContext) {
        greet(context, line.withLock { $0.transport.opening })
        context.fireChannelActive()
    }

    /// Sends what the transport has to say for itself.
    private func greet(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        tell(.greeted(bytes.count))
    }

    private func tell(_ event: TransportEvent) {
        flow.withLock { $0.waiting += Self.overhead }
        continuation.yield(.transport(event))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        tell(.arrived(buffer.readableBytes))
        do throws(TransportError) {
            let (arrival, change, held) = try receive(buffer)
            greet(context, arrival.reply)
            if let change { tell(.changed(change)) }
            // Nothing sent later can come before these: it waits for this event loop.
            for message in held { send(message, context, promise: nil) }
            if !held.isEmpty { context.flush() }
            let size = arrival.frames.reduce(0) { $0 + $1.size + Self.overhead }
            flow.withLock { $0.waiting += size }
            guard !arrival.frames.isEmpty else { return }
            continuation.yield(.received(arrival.frames.map(Received.init)))
        } catch {
            // Another network, a forger, or no peer at all.
            tell(.failed(error))
            context.close(promise: nil)
        }
    }

    /// What came, the transport's status where it has changed, and what can be sent now.
    private func receive(
        _ buffer: ByteBuffer
    ) throws(TransportError) -> (Transport.Arrival, Transport.Status?, [OutboundMessage]) {
        try line.withLock { line throws(TransportError) in
            let bytes = buffer.readableBytesUInt8Span
            let arrival = try line.transport.receive(bytes)
            let status = line.transport.status
            guard status != line.status else { return (arrival, nil, []) }
            line.status = status
            guard status.sendsAs != nil else { return (arrival, status, []) }
            let held = line.held
            line.held = []
            return (arrival, status, held)
        }
    }

    func read(context: ChannelHandlerContext) {
        let mayRead = flow.withLock { flow in
            flow.isReadWanted = !flow.mayRead
            return flow.mayRead
        }
        if mayRead { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        continuation.yield(.writable(context.channel.isWritable))
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { continuation.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: - To the socket

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        send(unwrapOutboundIn(data), context, promise: promise)
    }

    /// Sends a message, or keeps it until the transport is ready.
    private func send(
        _ message: OutboundMessage, _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>?
    ) {
        let allocator = context.channel.allocator
        let bytes = line.withLock { line -> ByteBuffer? in
            let (command, payload) = (message.command, message.payload)
            guard let size = line.status.size(command: command, payload: payload.count) else {
                line.held.append(message)
                return nil
            }
            var buffer = allocator.buffer(capacity: size)
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { room in
                let bytes = UnsafeMutableBufferPointer(
                    rebasing: room.bindMemory(to: UInt8.self)[..<size])
                var span = bytes.mutableSpan
                line.transport.write(command: command, payload: payload, into: &span)
                return size
            }
            return buffer
        }
        if let bytes {
            context.write(wrapOutboundOut(bytes), promise: promise)
        } else {
            promise?.succeed(())
        }
    }

    // MARK: - From the network

    /// The network knows the connection and wants its messages.
    func start(_ channel: any Channel) { change(channel) { $0.isStarted = true } }

    func setReading(_ isReading: Bool, _ channel: any Channel) {
        change(channel) { $0.isPaused = !isReading }
    }

    /// A message has been handled, or another signal.
    func release(_ bytes: Int, _ channel: any Channel) {
        change(channel) { $0.waiting -= bytes + Self.overhead }
    }

    private func change(_ channel: any Channel, _ edit: (inout Flow) -> Void) {
        let isDue = flow.withLock { flow in
            edit(&flow)
            guard flow.isReadWanted, flow.mayRead else { return false }
            flow.isReadWanted = false
            return true
        }
        if isDue { channel.read() }
    }
}
