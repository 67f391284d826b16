import Cryptography
import Genesis
import Wire

extension FuzzProperty {
    private static let names = Message.knownCommands.sorted()

    /// An encrypted connection reads what was sent however the stream is cut, whatever garbage
    /// stands in it, and takes no packet of which a bit was changed.
    public static let transport = FuzzProperty("transport") { (bytes) throws(FuzzFailure) in
        let magic = Network.mainnet.magic
        let choice = Array(bytes.prefix(2))
        let seed = SHA256.hash(choice.span)
        let otherSeed = SHA256.hash(seed.bytes.span)
        var sender = Transport(opening: magic, seed: seed)
        var receiver = Transport(answering: magic, seed: otherSeed)
        do throws(TransportError) {
            let answer = try receiver.receive(sender.opening.span)
            let reply = try sender.receive(answer.reply.span)
            let rest = try receiver.receive(reply.reply.span)
            _ = try sender.receive(rest.reply.span)
        } catch {
            throw FuzzFailure(reason: "two ends do not come together: \(error)")
        }
        try claim(receiver.status.kind == .v2, "the end that answers has not met the other")
        try claim(receiver.status.sessionID == sender.status.sessionID, "the sessions differ")
        try exchange(bytes, from: &sender, to: receiver)
        try meet(bytes)
    }

    /// Sends the bytes as messages, cut into pieces, and with a bit changed.
    private static func exchange(
        _ bytes: [UInt8], from sender: inout Transport, to receiver: Transport
    ) throws(FuzzFailure) {
        var stream: [UInt8] = []
        var payloads: [[UInt8]] = []
        var rest = bytes[...]
        while let count = rest.popFirst() {
            let payload = Array(rest.prefix(Int(count)))
            rest = rest.dropFirst(payload.count)
            let command = names[payloads.count % names.count]
            guard let size = sender.status.size(command: command, payload: payload.count) else {
                throw FuzzFailure(reason: "nothing can be sent")
            }
            var packet = [UInt8](repeating: 0, count: size)
            var span = packet.mutableSpan
            sender.write(command: command, payload: payload, into: &span)
            stream += packet
            payloads.append(payload)
        }
        var (whole, cut) = (receiver, receiver)
        guard let atOnce = try? whole.receive(stream.span) else {
            throw FuzzFailure(reason: "what was sent does not read")
        }
        try claim(atOnce.frames.map(\.payload) == payloads, "other payloads come")
        try claim(
            atOnce.frames.reduce(0) { $0 + $1.size } == stream.count, "the bytes are not counted")
        var frames: [Frame] = []
        var step = 1
        var left = stream[...]
        while !left.isEmpty {
            let part = Array(left.prefix(step))
            guard let arrival = try? cut.receive(part.span) else {
                throw FuzzFailure(reason: "a cut stream does not read")
            }
            frames += arrival.frames
            left = left.dropFirst(step)
            step = step % 29 + 1
        }
        try claim(frames == atOnce.frames, "a cut stream gives other frames")
        guard let place = bytes.first.map({ Int($0) }), place < stream.count else { return }
        var changed = stream
        changed[place] ^= 1
        var forged = receiver
        let read = try? forged.receive(changed.span)
        // A length that is changed may ask for more than there is.
        try claim(
            read.map { $0.frames.count < payloads.count } ?? true, "a changed packet is taken")
    }

    /// A stream that nobody made ends the handshake or is waited on, at either end.
    private static func meet(_ bytes: [UInt8]) throws(FuzzFailure) {
        let magic = Network.mainnet.magic
        let seed = SHA256.hash(magic.span)
        for whole in [
            Transport(answering: magic, seed: seed), Transport(opening: magic, seed: seed),
        ] {
            var (whole, cut) = (whole, whole)
            let atOnce = Result { () throws(TransportError) in try whole.receive(bytes.span) }
            var failure: TransportError?
            var reply: [UInt8] = []
            for byte in bytes where failure == nil {
                do throws(TransportError) {
                    let one = [byte]
                    reply += try cut.receive(one.span).reply
                } catch {
                    failure = error
                }
            }
            switch atOnce {
            case .success(let arrival):
                try claim(failure == nil && reply == arrival.reply, "a cut stream goes otherwise")
                try claim(whole.status == cut.status, "a cut stream leaves another state")
            case .failure(let error):
                try claim(failure == error, "a cut stream fails otherwise")
            }
        }
    }
}
