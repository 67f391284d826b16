package import Consensus
import Cryptography
package import Primitives

/// A count of coins that come in the order of their keys.
package struct CoinCount: Sendable {
    private var info: UTXOSetInfo
    private var serialized: SHA256Stream?
    private var muhash: MuHash3072?
    /// Whether the order of the coins matters.
    private let isOrdered: Bool
    /// Whether they wait for those of the parts before to be hashed.
    private let waits: Bool

    /// The transaction whose coins come at present.
    private var txid: Txid?
    /// What is not hashed yet.
    private var coins = CoinBytes()

    /// To hash less at once takes longer.
    private static let hashedAtOnce = 64 << 10

    /// - Parameter isPart: whether it is to be appended to another, which has the coins before.
    package init(_ kind: UTXOHashKind, _ start: UTXOSetInfo, isPart: Bool = false) {
        info = start
        isOrdered = kind == .serialized3
        waits = isOrdered && isPart
        switch kind {
        case .none: break
        case .serialized3: serialized = SHA256Stream()
        case .muhash: muhash = MuHash3072()
        }
    }

    /// Adds the coins of a part, all of which come after those so far.
    mutating func append(_ part: CoinCount) {
        endGroup()
        hash()
        info.transactions += part.info.transactions
        info.outputs += part.info.outputs
        info.bogoSize += part.info.bogoSize
        info.totalAmount = Amount(
            satoshis: info.totalAmount.satoshis &+ part.info.totalAmount.satoshis)
        if part.waits { serialized?.update(part.coins.span) }
        if let product = part.muhash { muhash?.formUnion(product) }
    }

    package mutating func add(_ point: OutPoint, _ coin: Coin) {
        begin(point.txid)
        let script = coin.output.script.bytes
        let frame = ScriptFrame(bare: script.count)
        coins.append(
            point, code: CoinCodec.shortCode(coin), satoshis: coin.output.value.satoshis, frame,
            script.span)
        note(coin.output.value, scriptCount: script.count)
    }

    /// Adds a coin as it stands in a store, without taking it apart further than need be; false if
    /// it is damaged.
    package mutating func add(key: Span<UInt8>, stored: Span<UInt8>) -> Bool {
        guard let point = StoreKey.outPoint(key) else { return false }
        begin(point.txid)
        var reader = ByteReader(stored)
        do {
            let code = UInt32(truncatingIfNeeded: try reader.readVariable())
            let value = CoinCodec.decompress(amount: try reader.readVariable())
            let kind = try reader.readVariable()
            if let frame = ScriptFrame(kind: kind) {
                let range = try reader.readRange(count: frame.storedCount)
                coins.append(point, code: code, satoshis: value, frame, stored.extracting(range))
                note(Amount(satoshis: value), scriptCount: frame.count)
            } else {
                let script = try CoinCodec.longKeyScript(kind, from: &reader)
                let frame = ScriptFrame(bare: script.count)
                coins.append(point, code: code, satoshis: value, frame, script.span)
                note(Amount(satoshis: value), scriptCount: frame.count)
            }
            return true
        } catch {
            return false
        }
    }

    private mutating func begin(_ next: Txid) {
        guard txid != next else { return }
        endGroup()
        txid = next
        info.transactions += 1
    }

    private mutating func note(_ value: Amount, scriptCount: Int) {
        info.outputs += 1
        info.bogoSize += Coin.bogoSize(scriptCount: scriptCount)
        // A damaged store may hold more than there is money.
        info.totalAmount = Amount(satoshis: info.totalAmount.satoshis &+ value.satoshis)
        if !isOrdered { hash() }
    }

    package mutating func finish() -> UTXOSetInfo {
        endGroup()
        hash()
        info.hash = serialized?.finalizeDouble() ?? muhash?.finalize()
        return info
    }

    /// Ends with the coins of one transaction: those to come are of others.
    mutating func endGroup() {
        txid = nil
        coins.endGroup()
        if coins.count >= Self.hashedAtOnce { hash() }
    }

    /// Hashes what is there: one coin, or many in their order.
    private mutating func hash() {
        guard coins.count > 0, !waits else { return }
        // What is lent of a part of this value keeps the rest of it from being changed.
        var coins = CoinBytes()
        swap(&coins, &self.coins)
        serialized?.update(coins.span)
        muhash?.insert(coins.span)
        coins.removeAll()
        swap(&coins, &self.coins)
    }
}
