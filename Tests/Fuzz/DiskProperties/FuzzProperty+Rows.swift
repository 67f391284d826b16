import Chain
import Consensus
import Cryptography
import FuzzProperties
import Indexes
import Mining
import Primitives

/// Rows of the stores.
extension FuzzProperty {
    /// A coin counts as much as it stands in the store as it does once it is read.
    ///
    /// The first byte is the length of the key.
    static func count(_ bytes: [UInt8]) throws(FuzzFailure) {
        let length = Int(bytes.first ?? 0) % 42
        let key = Array(bytes.dropFirst().prefix(length))
        let value = Array(bytes.dropFirst(1 + length))
        let point = StoreKey.outPoint(key.span)
        let none = UTXOSetInfo(height: 0, bestBlock: .zero)
        for kind in [UTXOHashKind.serialized3, .muhash] {
            var count = CoinCount(kind, none)
            let isCounted = count.add(key: key.span, stored: value.span)
            guard let point, let coin = try? CoinCodec.coin(decoding: value.span) else {
                // What follows a coin's script is not looked at when it is counted.
                try claim(point != nil || !isCounted, "what has no key is counted")
                continue
            }
            try claim(isCounted, "a coin is not counted")
            guard isPossible(coin) else { continue }
            var other = CoinCount(kind, none)
            other.add(point, coin)
            try claim(count.finish() == other.finish(), "a coin is counted otherwise")
        }
        guard let point else { return }
        var written: [UInt8] = []
        StoreKey.append(coin: point, to: &written)
        try claim(StoreKey.outPoint(written.span) == point, "a coin's key does not come back")
    }

    static func change(_ bytes: [UInt8]) throws(FuzzFailure) {
        // What is no UTF-8 in a name is replaced, which may make it too long.
        guard let change = try? PayoutChange(decoding: bytes),
            (change.terms?.finder ?? "").utf8.count <= RosterDefinition.maximumNameLength
        else { return }
        try claim(
            (try? PayoutChange(decoding: change.encoded)) == change,
            "what a block did to the ledger does not come back")
    }

    static func flaw(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let flaw = PayoutFlaw(decoding: bytes) else { return }
        // A longer reason is cut where it is written.
        guard let again = PayoutFlaw(decoding: flaw.encoded) else {
            throw FuzzFailure(reason: "a flaw that was written does not read")
        }
        guard (flaw.reason ?? "").utf8.count <= 4096 else { return }
        try claim(again == flaw, "a flaw does not come back")
    }

    static func index(_ bytes: [UInt8]) throws(FuzzFailure) {
        if let cursor = IndexCursor(decoding: bytes) {
            try claim(
                cursor.bytes.elementsEqual(bytes.prefix(36)), "a cursor is written otherwise")
        }
        if let statistics = CoinStatistics(decoding: bytes) {
            try claim(statistics.bytes == bytes, "counts of coins are written otherwise")
        }
    }
}
