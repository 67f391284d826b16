import Chain
import Consensus
import Cryptography
public import FuzzProperties
import Genesis
import Primitives

extension FuzzProperty {
    /// A file of coins gives the same coins, or the same refusal, however it is cut into pieces, and
    /// what it gives is written in a form that reads as the same; likewise a file of payouts.
    ///
    /// The first byte chooses: a file of coins, a file of payouts, or one to which the checksum is
    /// added.
    public static let snapshot = FuzzProperty("snapshot") { (bytes) throws(FuzzFailure) in
        guard let kind = bytes.first else { return }
        let content = Array(bytes.dropFirst())
        switch kind & 3 {
        case 0, 1: try coins(content)
        case 2: try payouts(content)
        default: try payouts(content + SHA256.doubleHash(content.span).bytes)
        }
    }

    private static let baseHeight = 300

    private static func coins(_ bytes: [UInt8]) throws(FuzzFailure) {
        let head = Array(bytes.prefix(SnapshotMetadata.encodedSize))
        guard let metadata = try? SnapshotMetadata(decoding: head, network: .regtest) else {
            return
        }
        try claim(
            metadata.encoded(networkMagic: Network.regtest.magic) == head,
            "the head of a file of coins is written otherwise")
        let rest = Array(bytes.dropFirst(head.count))
        let steps = read([rest], metadata)
        try claim(read(pieces(of: rest), metadata) == steps, "a cut file of coins reads otherwise")
        guard steps.last == .end else { return }
        try claim(
            steps.count - 1 == metadata.coinCount, "a file of coins gives another number of them")
        try claim(read([write(steps)], metadata) == steps, "coins do not come back")
    }

    /// Uneven ones, from a single byte on.
    private static func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        var rest = bytes[...]
        var pieces: [[UInt8]] = []
        var size = 1
        while !rest.isEmpty {
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            size = size * 37 % 4093
        }
        return pieces
    }

    /// All that comes of a file, up to its end or the first fault.
    private static func read(_ pieces: [[UInt8]], _ metadata: SnapshotMetadata) -> [SnapshotStep] {
        var decoder = SnapshotDecoder(metadata, baseHeight: baseHeight)
        var rest = pieces[...]
        var steps: [SnapshotStep] = []
        while true {
            while decoder.isHungry, let piece = rest.popFirst() { decoder.feed(piece) }
            let step = decoder.next(isLast: rest.isEmpty)
            steps.append(step)
            guard case .coin = step else { return steps }
        }
    }

    /// The coins in Core's form, as few heads of transactions as can be.
    private static func write(_ steps: [SnapshotStep]) -> [UInt8] {
        var written: [UInt8] = []
        var group: [UInt8] = []
        var groupCount = 0
        var txid: Txid?
        func endGroup() {
            guard let txid else { return }
            var head = ByteWriter(capacity: 41)
            head.write(txid)
            head.writeCompactSize(groupCount)
            written += head.bytes + group
        }
        for case .coin(let point, let coin) in steps {
            if txid != point.txid {
                endGroup()
                (txid, group, groupCount) = (point.txid, [], 0)
            }
            var number = ByteWriter(capacity: 5)
            number.writeCompactSize(Int(point.index))
            group += number.bytes
            CoinCodec.append(coin, to: &group)
            groupCount += 1
        }
        endGroup()
        return written
    }

    private static func payouts(_ bytes: [UInt8]) throws(FuzzFailure) {
        let magic = Network.regtest.magic
        guard let read = try? LedgerSnapshot(decoding: bytes, networkMagic: magic) else { return }
        let written = read.encoded(networkMagic: magic)
        guard let again = try? LedgerSnapshot(decoding: written, networkMagic: magic) else {
            throw FuzzFailure(reason: "a file of payouts that was written does not read")
        }
        try claim(again == read, "a file of payouts reads as another")
    }
}
