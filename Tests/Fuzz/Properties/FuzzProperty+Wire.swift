import Genesis
import Wire

extension FuzzProperty {
    private static let commands = Message.knownCommands.sorted()

    /// A message that decodes is written in a form that reads as the same message.
    ///
    /// The first byte chooses the command.
    public static let message = FuzzProperty("message") { (bytes) throws(FuzzFailure) in
        guard let choice = bytes.first else { return }
        let command = commands[Int(choice) % commands.count]
        guard let read = try? Message(command: command, payload: Array(bytes.dropFirst()))
        else { return }
        try claim(read.command == command, "\(command) reads as \(read.command)")
        // What is no UTF-8 in a name is replaced, which makes it longer; nobody sends it on.
        if case .version(let version) = read,
            version.userAgent.utf8.count > WireLimits.maximumUserAgent
        {
            return
        }
        let payload = read.payload
        guard let again = try? Message(command: command, payload: payload) else {
            throw FuzzFailure(reason: "what was written of \(command) does not read")
        }
        try claim(again == read, "\(command) reads as something else the second time")
        try claim(again.payload == payload, "\(command) is written otherwise the second time")
        if case .addresses(let addresses) = read { try examine(addresses) }
        if case .addressesV2(let addresses) = read { try examine(addresses) }
    }

    /// The text of an address reads as the address.
    private static func examine(_ addresses: [PeerAddress]) throws(FuzzFailure) {
        for address in addresses.prefix(4).map(\.endpoint.address) {
            _ = (address.group, address.isRoutable, address.isLocal, address.legacyBytes)
            guard let read = NetworkAddress(address.description) else {
                throw FuzzFailure(reason: "\(address) does not read")
            }
            // A CJDNS address looks like an IPv6 one, and only a setting says which is meant.
            try claim(
                read == address || address.kind == .cjdns, "\(address) reads as another address")
        }
    }

    /// A stream gives the same frames however it is cut.
    public static let frame = FuzzProperty("frame") { (bytes) throws(FuzzFailure) in
        let magic = Network.mainnet.magic
        var whole = FrameReader(magic: magic)
        let atOnce = Result { () throws(FrameError) in try whole.read(bytes) }
        var cut = FrameReader(magic: magic)
        var frames: [Frame] = []
        var failure: FrameError?
        var rest = bytes[...]
        var step = 1
        while !rest.isEmpty, failure == nil {
            do throws(FrameError) {
                frames += try cut.read(Array(rest.prefix(step)))
            } catch {
                failure = error
            }
            rest = rest.dropFirst(step)
            step = step % 29 + 1
        }
        switch atOnce {
        case .success(let expected):
            try claim(failure == nil && frames == expected, "a cut stream gives other frames")
            try claim(whole.buffered == cut.buffered, "a cut stream holds back something else")
            for frame in expected where frame.isIntact {
                var reader = FrameReader(magic: magic)
                let written = Frame.encode(
                    command: frame.command, payload: frame.payload, magic: magic)
                guard let again = try? reader.read(written) else {
                    throw FuzzFailure(reason: "a frame that was written does not read")
                }
                try claim(again == [frame], "a frame that was written reads as another")
            }
        case .failure(let error):
            try claim(failure == error, "a cut stream fails otherwise")
        }
    }
}
