import Consensus
import Cryptography
import Genesis
import Notation
import Primitives

/// What a request tells of the chain that a header or block follows.
struct HeaderContext {
    /// A stretch of chain made up of what was told: what was not told stands there as told nearby.
    let index: BlockIndex

    /// The block that is followed.
    let parent: BlockID

    /// `context` of a request: height, times, bits and work of the chain so far.
    init(_ request: Request, in network: Network) throws(RequestError) {
        let fields = Request(json: try request.field("context"))
        var times: [UInt32] = []
        for item in try fields.array("prev_times") {
            guard let time = item.int.flatMap(UInt32.init(exactly:)) else {
                throw RequestError("prev_times holds something other than a time")
            }
            times.append(time)
        }
        let bits = try Self.bits(fields, "prev_bits")
        self.init(
            height: try fields.integer("prev_height"), times: times, bits: bits,
            periodTime: fields.has("period_start_time")
                ? UInt32(truncatingIfNeeded: try fields.integer("period_start_time")) : nil,
            periodBits: fields.has("period_start_bits")
                ? try Self.bits(fields, "period_start_bits") : bits,
            chainWork: fields.has("prev_chainwork") ? try Self.work(fields) : .zero,
            interval: network.consensus.adjustmentInterval)
    }

    /// - Parameters:
    ///   - height: of the last block, at least zero.
    ///   - times: of the last blocks, oldest first; at least one.
    init(
        height: Int, times: [UInt32], bits: UInt32, periodTime: UInt32?, periodBits: UInt32,
        chainWork: UInt256, interval: Int
    ) {
        let height = min(max(height, 0), 0x7FFF_FFFF)
        let periodStart = height - height % interval
        let first = max(0, min(periodStart, height - (times.count - 1)))
        var headers: [BlockHeader] = []
        headers.reserveCapacity(height - first + 1)
        var previous = BlockHash.zero
        for place in first...height {
            let back = height - place
            let isStart = place == periodStart
            let near = back < times.count ? times[times.count - 1 - back] : times.first
            let header = BlockHeader(
                version: 4, previous: previous, merkleRoot: .zero,
                time: isStart ? periodTime ?? near ?? 0 : near ?? 0,
                bits: isStart ? periodBits : bits, nonce: UInt32(truncatingIfNeeded: place))
            headers.append(header)
            previous = header.hash
        }
        // The last block's own bits were told; at the start of a period they are the period's.
        if height == periodStart, periodBits != bits {
            headers[headers.count - 1].bits = bits
        }
        index = BlockIndex(window: headers, from: first, chainWork: chainWork)
        parent = BlockID(rawValue: Int32(headers.count - 1))
    }

    private static func bits(_ fields: Request, _ name: String) throws(RequestError) -> UInt32 {
        let value = try fields.field(name)
        if let number = value.int, let bits = UInt32(exactly: number) { return bits }
        guard let text = value.stringValue, let bits = UInt32(text, radix: 16) else {
            throw RequestError("\(name) is neither a number nor hex")
        }
        return bits
    }

    private static func work(_ fields: Request) throws(RequestError) -> UInt256 {
        guard let work = UInt256(hex: try fields.string("prev_chainwork")) else {
            throw RequestError("prev_chainwork is no hex")
        }
        return work
    }
}

extension ConformanceTool {
    /// Judges a header in the context of those before it; its time is not held against any clock.
    func checkHeader(_ request: Request, in network: Network) throws(RequestError) -> JSON {
        let header: BlockHeader
        do {
            header = try BlockHeader(decoding: try request.bytes("header"))
        } catch let error as RequestError {
            throw error
        } catch {
            throw RequestError("header does not decode: \(error)")
        }
        let hash = header.hash
        let context = try HeaderContext(request, in: network)
        let target = UInt256.decodeCompact(header.bits).value
        let work = context.index.chainWork(of: context.parent) &+ ProofOfWork.work(bits: header.bits)
        let facts: JSONObject = [
            "hash": .string(hash.displayHex),
            "mtp": .number(String(context.index.medianTimePast(of: context.parent))),
            "target": .string(target.hex),
            "chainwork": .string(work.hex),
        ]
        do {
            try header.check(hash: hash, in: network)
            try context.index.check(
                header, onto: context.parent, in: network, at: Int64(header.time))
            return .passes(facts)
        } catch {
            var object: JSONObject = ["ok": false, "error": .string(error.rejectReason)]
            for member in facts.members { object[member.key] = member.value }
            return .object(object)
        }
    }
}
