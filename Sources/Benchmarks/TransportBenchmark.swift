import Cryptography
import Wire

/// What it takes to make bytes of messages, and messages of bytes, on a connection.
public enum TransportBenchmark {
    /// Processor seconds a message.
    public struct Cost: Sendable {
        public var writing: Double
        public var reading: Double
    }

    /// Sends messages of one size from one end of a connection to the other.
    ///
    /// - Parameters:
    ///   - payload: bytes of each.
    ///   - isEncrypted: in the encrypted transport (v2), or in the clear (v1).
    /// - Returns: nil where the two ends do not come together.
    public static func cost(
        of payload: Int, isEncrypted: Bool, seconds wanted: Double
    ) -> Cost? {
        guard var (sender, receiver) = ends(isEncrypted: isEncrypted),
            let size = sender.status.size(command: "block", payload: payload)
        else { return nil }
        let bytes = (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let count = max(1, min(10_000, (1 << 24) / size))
        var packets = [[UInt8]](repeating: [UInt8](repeating: 0, count: size), count: count)
        var cost = Cost(writing: 0, reading: 0)
        var rounds = 0.0
        while cost.writing + cost.reading < wanted {
            let writing = Measure.of {
                for index in packets.indices {
                    var span = packets[index].mutableSpan
                    sender.write(command: "block", payload: bytes, into: &span)
                }
            }.processor
            var received = 0
            let reading = Measure.of {
                for packet in packets {
                    // As a socket gives them.
                    for start in stride(from: 0, to: packet.count, by: 1 << 16) {
                        let part = packet.span.extracting(
                            start..<min(start + 1 << 16, packet.count))
                        received += (try? receiver.receive(part))?.frames.count ?? 0
                    }
                }
            }.processor
            guard received == count else { return nil }
            cost.writing += writing
            cost.reading += reading
            rounds += 1
        }
        let messages = rounds * Double(count)
        return Cost(writing: cost.writing / messages, reading: cost.reading / messages)
    }

    private static func ends(isEncrypted: Bool) -> (Transport, Transport)? {
        let magic: [UInt8] = [1, 2, 3, 4]
        guard isEncrypted else { return (Transport(plain: magic), Transport(plain: magic)) }
        var first = Transport(opening: magic, seed: Hash256(words: (1, 2, 3, 4)))
        var second = Transport(answering: magic, seed: Hash256(words: (5, 6, 7, 8)))
        let opening = first.opening
        guard let answer = try? second.receive(opening.span).reply,
            let reply = try? first.receive(answer.span).reply,
            (try? second.receive(reply.span)) != nil
        else { return nil }
        return (first, second)
    }

    /// Processor seconds of a handshake, of both ends together.
    public static func handshake(seconds wanted: Double) -> Double {
        var count = 0.0
        var spent = 0.0
        while spent < wanted {
            spent += Measure.of { for _ in 0..<20 { _ = ends(isEncrypted: true) } }.processor
            count += 20
        }
        return spent / count
    }
}
