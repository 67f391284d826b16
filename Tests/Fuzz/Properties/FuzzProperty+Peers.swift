import Notation
import Peers
import Primitives
import Wire

extension FuzzProperty {
    /// What is kept of peers comes back from its files, and blocks in compact form come together as
    /// what they were.
    ///
    /// The first byte chooses: a `peers.dat`, addresses of a message that are kept, a `banlist.json`,
    /// a block that is made compact, a compact block and what is sent for it.
    public static let peers = FuzzProperty("peers") { (bytes) throws(FuzzFailure) in
        let rest = Array(bytes.dropFirst())
        switch (bytes.first ?? 0) % 5 {
        case 0:
            guard let json = try? JSON(parsing: rest) else { return }
            try keep(PeerFiles.addresses(in: json).filter(hasPort))
        case 1: try keepHeard(rest)
        case 2:
            guard let json = try? JSON(parsing: rest) else { return }
            try keepBans(PeerFiles.bans(in: json))
        case 3: try makeCompact(rest)
        default: try rebuild(rest)
        }
    }

    private static let now: Int64 = 1_700_000_000

    /// Nobody dials port 0, and in a text it is none.
    private static func hasPort(_ known: KnownAddress) -> Bool { known.address.endpoint.port != 0 }

    private static func keep(_ addresses: [KnownAddress]) throws(FuzzFailure) {
        let written = PeerFiles.json(of: addresses).bytes()
        guard let json = try? JSON(parsing: written) else {
            throw FuzzFailure(reason: "a peers.dat that was written is no JSON")
        }
        try claim(PeerFiles.addresses(in: json) == addresses, "addresses do not come back")
        for allowsPrivate in [false, true] {
            var book = AddressBook(allowsPrivate: allowsPrivate)
            book.restore(addresses)
            let kept = book.all
            try claim(kept.count == book.count, "the book counts others than it has")
            try claim(kept.count <= addresses.count, "the book makes addresses up")
            for known in addresses.prefix(8) {
                let endpoint = known.address.endpoint
                book.add(known.address, from: endpoint.address, penalty: 7200, at: now)
                book.attempted(endpoint, counts: true, at: now)
                book.succeeded(endpoint, services: known.address.services, at: now)
                book.seen(endpoint, at: now)
                book.remove(endpoint)
                try claim(book[endpoint] == nil, "the book keeps what was taken out")
            }
            try claim(book.all.count == book.count, "the book counts others than it has")
        }
    }

    /// Addresses as peers tell them.
    private static func keepHeard(_ bytes: [UInt8]) throws(FuzzFailure) {
        let heard: [PeerAddress]
        if let message = try? Message(command: "addrv2", payload: bytes),
            case .addressesV2(let addresses) = message
        {
            heard = addresses
        } else if let message = try? Message(command: "addr", payload: bytes),
            case .addresses(let addresses) = message
        {
            heard = addresses
        } else {
            return
        }
        let known = heard.map { KnownAddress($0, sourceGroup: $0.endpoint.address.group) }
        try keep(known.filter(hasPort))
    }

    private static func keepBans(_ bans: [Ban]) throws(FuzzFailure) {
        guard let json = try? JSON(parsing: PeerFiles.json(of: bans).bytes()) else {
            throw FuzzFailure(reason: "a banlist.json that was written is no JSON")
        }
        try claim(PeerFiles.bans(in: json) == bans, "bans do not come back")
        var list = BanList()
        list.restore(bans)
        for ban in bans where ban.until <= now {
            _ = list.isBanned(ban.subnet, at: now)
        }
        for ban in list.all(at: now) {
            try claim(list.isBanned(ban.subnet, at: now), "a ban that is not in force")
            try claim(list.isBanned(ban.subnet.address, at: now), "a subnet without its address")
            try claim(list.unban(ban.subnet), "a ban that cannot be lifted")
        }
        try claim(list.all(at: now).isEmpty, "bans are left")
    }

    /// A block that is made compact comes together again of its transactions.
    private static func makeCompact(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let block = try? Block(decoding: bytes), !block.transactions.isEmpty,
            block.transactions.count <= 0xFFFF
        else { return }
        let compact = CompactBlock(block, nonce: UInt64(bytes.count))
        try claim(compact.isWhole && compact.count == block.transactions.count, "it lacks places")
        guard
            case .compactBlock(compact)? = try? Message(
                command: "cmpctblock", payload: Message.compactBlock(compact).payload)
        else { throw FuzzFailure(reason: "a compact block does not come back") }
        // Nil where two transactions are the same.
        guard var matcher = CompactBlockMatcher(compact) else { return }
        let missing = PartialBlock(compact, [:]).missing
        try claim(
            missing == Array(block.transactions.indices.dropFirst()), "it lacks other places")
        for place in missing.filter({ $0 % 2 == 0 }) {
            let transaction = block.transactions[place]
            matcher.take(transaction, transaction.wtxid)
        }
        let partial = PartialBlock(compact, matcher.found)
        let rest = partial.missing.map { block.transactions[$0] }
        try claim(partial.completed(by: rest) == block, "another block comes together")
        try claim(partial.completed(by: rest + block.transactions) == nil, "too much is taken")
        if !rest.isEmpty {
            try claim(partial.completed(by: []) == nil, "a block comes together of too little")
        }
    }

    /// What comes of a compact block has its transactions where they were said to be.
    private static func rebuild(_ bytes: [UInt8]) throws(FuzzFailure) {
        var cursor = FuzzCursor(bytes)
        guard
            case .compactBlock(let compact)? = try? Message(
                command: "cmpctblock", payload: cursor.chunk()), compact.isWhole
        else { return }
        var sent: [Transaction] = []
        if case .blockTransactions(let answer)? = try? Message(
            command: "blocktxn", payload: cursor.remainder)
        {
            sent = (try? answer.transactions(limit: compact.count + 1)) ?? []
        }
        var found: [Int: Transaction] = [:]
        if var matcher = CompactBlockMatcher(compact) {
            for transaction in sent { matcher.take(transaction, transaction.wtxid) }
            found = matcher.found
        }
        for partial in [PartialBlock(compact, [:]), PartialBlock(compact, found)] {
            let missing = partial.missing
            try claim(missing.allSatisfy { $0 < compact.count }, "a place outside the block")
            guard let block = partial.completed(by: sent) else { continue }
            try claim(missing.count == sent.count, "a block of too few or too many")
            try claim(block.transactions.count == compact.count, "a block of another size")
            try claim(block.header == compact.header, "another header")
            for item in compact.prefilled {
                try claim(
                    block.transactions[item.index] == item.transaction, "another transaction")
            }
            for (place, transaction) in zip(missing, sent) {
                try claim(block.transactions[place] == transaction, "another place")
            }
        }
    }
}
