import Notation
public import Wire

/// What became known of the bytes of a connection, apart from the messages in them.
public enum TransportEvent: Sendable {
    /// So many bytes came.
    case arrived(Int)
    /// So many bytes of the encrypted transport's own beginning were sent.
    case greeted(Int)
    case changed(Transport.Status)
    /// The stream cannot be read on.
    case failed(TransportError)
}

extension Swarm {
    mutating func handle(_ event: TransportEvent, of id: PeerID, at now: Duration) {
        switch event {
        case .arrived(let count):
            totals.received &+= UInt64(count)
            peers[id]?.traffic.received &+= UInt64(count)
            peers[id]?.traffic.lastReceive = now
        case .greeted(let count):
            if peers[id]?.transport.sendsAs == nil, peers[id]?.traffic.sent == 0 {
                log("start sending v2 handshake to peer=\(id)")
            }
            totals.sent &+= UInt64(count)
            peers[id]?.traffic.sent &+= UInt64(count)
            peers[id]?.traffic.lastSend = now
        case .changed(let status):
            peers[id]?.transport = status
        case .failed(let error):
            log(error.text(of: id))
            leave(id, "receiving message bytes failed")
        }
    }

    /// Whether a peer hung up on our key without a word: it may speak the plain transport alone.
    func mayBePlain(_ peer: Peer) -> Bool {
        !peer.isInbound && peer.transport.kind == .detecting && peer.traffic.received == 0
            // Less than a header would not have been too much for it.
            && peer.traffic.sent >= UInt64(Frame.headerSize)
    }

    /// Dials such a peer again at once, in the clear.
    mutating func retryPlain(_ peer: Peer) {
        guard isActive, mayBePlain(peer) else { return }
        log("retrying with v1 transport protocol for peer=\(peer.id)")
        guard !isConnected(peer.connection.name) else { return }
        dial(
            DialRequest(
                target: peer.connection.name, kind: peer.connection.kind, isEncrypted: false))
    }
}

extension TransportError {
    /// In Bitcoin Core's words.
    fileprivate func text(of id: PeerID) -> String {
        switch self {
        case .frame(.wrongMagic(let magic)):
            "Header error: Wrong MessageStart \(Hex.encode(magic)) received, peer=\(id)"
        case .frame(.oversized(let command, let size)):
            "Header error: Size too large (\(command), \(size) bytes), peer=\(id)"
        case .foreignPeer(let magic):
            "V2 transport error: V1 peer with wrong MessageStart \(Hex.encode(magic))"
        case .missingTerminator:
            "V2 transport error: missing garbage terminator, peer=\(id)"
        case .packetTooLong(let count):
            "V2 transport error: packet too large (\(count) bytes), peer=\(id)"
        case .forgedPacket(let count):
            "V2 transport error: packet decryption failure (\(count) bytes), peer=\(id)"
        }
    }
}

extension Frame.Flaw {
    /// In Bitcoin Core's words.
    func text(command: String, payloadSize: Int, of id: PeerID) -> String {
        switch self {
        case .checksum(let expected, let given):
            "Header error: Wrong checksum (\(command), \(payloadSize) bytes), expected "
                + "\(Hex.encode(expected)) was \(Hex.encode(given)), peer=\(id)"
        case .name:
            "Header error: Invalid message type (\(command), \(payloadSize) bytes), peer=\(id)"
        case .contents(let size):
            "V2 transport error: invalid message type (\(size) bytes contents), peer=\(id)"
        }
    }
}
