/// Why a stream of bytes cannot be read on: the connection ends.
public enum TransportError: Error, Hashable, Sendable {
    /// Of the plain transport.
    case frame(FrameError)
    /// A plain peer of another network, whose magic this is, where an encrypted one could have been.
    case foreignPeer(magic: [UInt8])
    /// Garbage beyond what may come, and no end of it.
    case missingTerminator
    /// A packet beyond what any message takes.
    case packetTooLong(Int)
    /// A packet that the peer did not make, or not for this place.
    case forgedPacket(Int)
}
