import Consensus
import Cryptography
import Primitives

/// A count of coins that come in the order of their keys.
struct CoinCount {
    private var info: UTXOSetInfo
    private var serialized: SHA256Stream?
    private var muhash: MuHash3072?
    /// What is to be hashed in its order once the parts before have been; nil for a whole count.
    private var waiting: [UInt8]?

    /// The transaction whose coins come at present.
    private var txid: Txid?
    /// Those of its coins that came, one after the other as hashes of the set take them.
    private var bytes: [UInt8] = []
    private var parts: [(index: UInt32, range: Range<Int>)] = []

    /// - Parameter isPart: whether it is to be appended to another, which has the coins before.
    init(_ kind: UTXOHashKind, _ start: UTXOSetInfo, isPart: Bool = false) {
        info = start
        switch kind {
        case .none: break
        case .serialized3: if isPart { waiting = [] } else { serialized = SHA256Stream() }
        case .muhash: muhash = MuHash3072()
        }
    }

    /// Adds the coins of a part, all of which come after those so far.
    mutating func append(_ part: CoinCount) {
        endGroup()
        info.transactions += part.info.transactions
        info.outputs += part.info.outputs
        info.bogoSize += part.info.bogoSize
        info.totalAmount = Amount(
            satoshis: info.totalAmount.satoshis &+ part.info.totalAmount.satoshis)
        if let waiting = part.waiting { serialized?.update(waiting.span) }
        if let product = part.muhash { muhash?.formUnion(product) }
    }

    mutating func add(_ point: OutPoint, _ coin: Coin) {
        if txid != point.txid { begin(point.txid) }
        let start = bytes.count
        bytes += coin.hashedBytes(at: point)
        note(point.index, from: start, coin.output.value, scriptCount: coin.output.script.count)
    }

    /// Adds a coin as it stands in a store, without taking it apart further than need be; false if
    /// it is damaged.
    mutating func add(key: Span<UInt8>, stored: Span<UInt8>) -> Bool {
        guard let point = StoreKey.outPoint(key) else { return false }
        if txid != point.txid { begin(point.txid) }
        let start = bytes.count
        var reader = ByteReader(stored)
        do {
            let code = try reader.readVariable()
            let value = CoinCodec.decompress(amount: try reader.readVariable())
            point.txid.append(to: &bytes)
            append(point.index)
            append(UInt32(truncatingIfNeeded: code))
            append(value)
            let count = try CoinCodec.appendSizedScript(from: &reader, to: &bytes)
            note(point.index, from: start, Amount(satoshis: value), scriptCount: count)
            return true
        } catch {
            return false
        }
    }

    private mutating func append(_ value: some FixedWidthInteger & BitwiseCopyable) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func begin(_ next: Txid) {
        endGroup()
        txid = next
    }

    private mutating func note(
        _ index: UInt32, from start: Int, _ value: Amount, scriptCount: Int
    ) {
        parts.append((index, start..<bytes.count))
        info.outputs += 1
        info.bogoSize += Coin.bogoSize(scriptCount: scriptCount)
        // A damaged store may hold more than there is money.
        info.totalAmount = Amount(satoshis: info.totalAmount.satoshis &+ value.satoshis)
    }

    mutating func finish() -> UTXOSetInfo {
        endGroup()
        info.hash = serialized?.finalizeDouble() ?? muhash?.finalize()
        return info
    }

    /// Ends with the coins of one transaction: those to come are of others.
    mutating func endGroup() {
        guard !parts.isEmpty else { return }
        info.transactions += 1
        // The order of the keys is not that of the numbers in them from 16512 on.
        if parts.count > 1 { parts.sort { $0.index < $1.index } }
        var bytes: [UInt8] = []
        swap(&bytes, &self.bytes)
        for (_, range) in parts {
            serialized?.update(bytes.span.extracting(range))
            muhash?.insert(bytes.span.extracting(range))
            waiting?.append(contentsOf: bytes[range])
        }
        parts.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        swap(&bytes, &self.bytes)
    }
}
