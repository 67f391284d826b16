import NIOCore
import Peers
import Synchronization
import Wire

/// What a connection tells the network.
enum PeerSignal: Sendable {
    /// Messages that came together.
    case received([Received])
    case writable(Bool)
}

/// Cuts the bytes of one connection into messages, and stops reading while too many wait.
///
/// All but `signals` happens on the channel's event loop.
final class PeerHandler: ChannelDuplexHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes of decoded messages that may wait to be handled; above, reading pauses.
    static let limit = 2 << 20
    /// What a message takes beyond its bytes.
    static let overhead = 256

    let signals: AsyncStream<PeerSignal>
    private let continuation: AsyncStream<PeerSignal>.Continuation
    private let state: Mutex<State>

    private struct State: Sendable {
        var reader: FrameReader
        var waiting = 0
        var isStarted = false
        var isPaused = false
        var isReadWanted = false

        var mayRead: Bool { isStarted && !isPaused && waiting < PeerHandler.limit }
    }

    init(magic: [UInt8]) {
        (signals, continuation) = AsyncStream.makeStream()
        state = Mutex(State(reader: FrameReader(magic: magic)))
    }

    // MARK: - From the socket

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            let frames = try state.withLock { state in
                let frames = try buffer.withUnsafeReadableBytes { bytes in
                    try state.reader.read(bytes.bindMemory(to: UInt8.self).span)
                }
                state.waiting += frames.reduce(0) { $0 + $1.size + Self.overhead }
                return frames
            }
            guard !frames.isEmpty else { return }
            continuation.yield(.received(frames.map(Received.init)))
        } catch {
            // Another network, the encrypted transport, or no peer at all.
            context.close(promise: nil)
        }
    }

    func read(context: ChannelHandlerContext) {
        let mayRead = state.withLock { state in
            state.isReadWanted = !state.mayRead
            return state.mayRead
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

    // MARK: - From the network

    /// The network knows the connection and wants its messages.
    func start(_ channel: any Channel) { change(channel) { $0.isStarted = true } }

    func setReading(_ isReading: Bool, _ channel: any Channel) {
        change(channel) { $0.isPaused = !isReading }
    }

    /// A message has been handled.
    func release(_ bytes: Int, _ channel: any Channel) {
        change(channel) { $0.waiting -= bytes + Self.overhead }
    }

    private func change(_ channel: any Channel, _ edit: (inout State) -> Void) {
        let isDue = state.withLock { state in
            edit(&state)
            guard state.isReadWanted, state.mayRead else { return false }
            state.isReadWanted = false
            return true
        }
        if isDue { channel.read() }
    }
}
