import NIOCore
import Synchronization

/// Encrypts what a channel sends and decrypts what it receives.
///
/// Used on its channel's event loop alone.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a handshake may take.
    static let timeout: TimeAmount = .seconds(10)

    private let connection: TLSConnection
    private let door: TLSDoor
    private var deadline: Scheduled<Void>?
    /// Whether it counts among those who still shake hands.
    private var isWaiting = false
    private var isClosed = false

    init(_ context: TLSContext, door: TLSDoor) throws(TLSError) {
        connection = try context.connection()
        self.door = door
    }

    // MARK: Beginning and end

    func handlerAdded(context: ChannelHandlerContext) {
        guard door.enter() else { return fail(context) }
        isWaiting = true
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: Self.timeout) {
            // Whoever gets here was not quick enough: it is taken back when hands are shaken.
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { settle() }

    func channelInactive(context: ChannelHandlerContext) {
        settle()
        isClosed = true
        context.fireChannelInactive()
    }

    /// The handshake is over, or the connection is.
    private func settle() {
        deadline?.cancel()
        deadline = nil
        guard isWaiting else { return }
        isWaiting = false
        door.leave()
    }

    private func fail(_ context: ChannelHandlerContext) {
        guard !isClosed else { return }
        isClosed = true
        // An alert that says why may wait to be sent.
        flushOutput(context)
        context.close(promise: nil)
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        let buffer = unwrapInboundIn(data)
        do throws(TLSError) {
            var failure: TLSError?
            buffer.withUnsafeReadableBytes { bytes in
                do throws(TLSError) { try connection.feed(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
            try connection.shakeHands()
            if connection.isEstablished {
                settle()
                try readAll(context)
            }
            flushOutput(context)
        } catch {
            fail(context)
        }
    }

    private func readAll(_ context: ChannelHandlerContext) throws(TLSError) {
        while !isClosed {
            switch try connection.read() {
            case .bytes(let bytes):
                context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: bytes)))
            case .nothing:
                return
            case .ended:
                connection.close()
                fail(context)
            }
        }
    }

    // MARK: Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosed, connection.isEstablished else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let buffer = unwrapOutboundIn(data)
        var failure: TLSError?
        buffer.withUnsafeReadableBytes { bytes in
            do throws(TLSError) { try connection.write(bytes) } catch { failure = error }
        }
        if let failure {
            promise?.fail(failure)
            return fail(context)
        }
        context.write(wrapOutboundOut(ByteBuffer(bytes: connection.takeOutput())), promise: promise)
    }

    private func flushOutput(_ context: ChannelHandlerContext) {
        let bytes = connection.takeOutput()
        guard !bytes.isEmpty else { return }
        // Who makes us answer and does not read is let go, so that nothing piles up.
        guard context.channel.isWritable else { return context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

/// Counts those who have not shaken hands yet: a handshake costs far more than a connection.
final class TLSDoor: Sendable {
    private static let limit = 500

    private let waiting = Atomic<Int>(0)

    func enter() -> Bool {
        let count = waiting.add(1, ordering: .relaxed).newValue
        guard count > Self.limit else { return true }
        leave()
        return false
    }

    func leave() { waiting.subtract(1, ordering: .relaxed) }
}
