public import Cryptography
import Notation
import Primitives

/// One miner's connection. It holds no socket and no clock: it is told what came and when, and
/// answers with what to do.
public struct StratumSession: Sendable {
    public enum Action: Sendable {
        /// Bytes of one line, its end with it.
        case send([UInt8])
        /// To be credited for its work, and submitted where it is a block.
        case accept(StratumShare)
        /// The client can be given work: `offer` it a job of its `jobKey`.
        case needsJob
        case close(String)
    }

    struct Login: Sendable {
        var name: String
        var worker: String
    }

    struct Offer: Sendable {
        var job: StratumJob
        /// What a share of it must have, as the client was told before it.
        var work: UInt64
        /// What one must have to be credited, and is credited for. A client too slow for that shows by
        /// easier ones that it works; by chance as many of them are so hard as make up for the others.
        var credit: UInt64
        /// Of its coinbase's input, as bytes. No other offer has it and nobody can know it beforehand, so
        /// that a hash is a share of this offer or of none.
        var sequence: [UInt8]
    }

    public internal(set) var settings: StratumSettings
    let ownExtraNonce: [UInt8]
    public let connected: Duration
    /// What the sequence numbers of its offers come from.
    private let secret: Hash256

    public internal(set) var agent = ""
    var isSubscribed = false
    var logins: [String: Login] = [:]
    /// The first login: whose finds are paid, and who is shown.
    public internal(set) var name: String?
    public internal(set) var worker = ""
    var sizeClass = CoinbaseSizeClass.bytes16000
    /// What the client itself asked for, whatever its kind is known to hold.
    var askedSize: CoinbaseSizeClass?
    var versionMask: UInt32 = 0
    /// The least the client itself asked for.
    var askedWork: UInt64 = 0
    /// What the next job's shares must have.
    var work: UInt64
    var announcedWork: UInt64?

    var offers: [String: Offer] = [:]
    /// Ids of `offers`, oldest first.
    var order: [String] = []
    var nextID: UInt64 = 1
    var previous: BlockHash?
    var seen: Set<Hash256> = []

    var meter: StratumMeter
    var tokens = StratumSettings.burst
    var lastLine: Duration
    var failedLogins = 0
    var refusedInRow = 0
    public internal(set) var counts = StratumCounts()

    /// - Parameters:
    ///   - number: told apart by it from all other clients; not zero.
    ///   - secret: known to nobody else.
    public init(
        number: UInt32, settings: StratumSettings, secret: Hash256 = Self.randomSecret(),
        at now: Duration
    ) {
        self.settings = settings
        self.secret = secret
        ownExtraNonce = (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) }
        connected = now
        lastLine = now
        work = settings.startWork
        meter = StratumMeter(at: now)
    }

    public static func randomSecret() -> Hash256 {
        let all = UInt64.min...UInt64.max
        return Hash256(
            words: (.random(in: all), .random(in: all), .random(in: all), .random(in: all)))
    }

    /// Which job it is to be offered; nil while it cannot be given any.
    public var jobKey: StratumJob.Key? {
        guard isSubscribed, let name else { return nil }
        return StratumJob.Key(finder: settings.paysFinder ? name : nil, sizeClass: sizeClass)
    }

    public mutating func hashesPerSecond(at now: Duration) -> Double {
        meter.hashesPerSecond(at: now)
    }

    /// The difficulty the client was told last.
    public var difficulty: Double { ShareWork.difficulty(announcedWork ?? work) }

    // MARK: What happens

    /// Handles one line that the client sent, without its end.
    public mutating func receive(_ line: [UInt8], at now: Duration) -> [Action] {
        tokens = min(
            StratumSettings.burst,
            tokens + (now - lastLine) / .seconds(1) * StratumSettings.linesPerSecond)
        lastLine = now
        guard tokens >= 1 else { return [.close("too many lines")] }
        tokens -= 1
        guard line.count <= StratumSettings.maximumLine else { return [.close("line too long")] }
        guard let request = StratumRequest(line) else {
            return [
                .send(Self.answer(.null, error: .other("Malformed line"))), .close("malformed"),
            ]
        }
        // An answer to something, or a notice: nothing is asked.
        guard let method = request.method else { return [] }
        do throws(StratumError) {
            return try answer(method, request, at: now)
        } catch {
            return [.send(Self.answer(request.id, error: error))] + afterFailure(error)
        }
    }

    /// Gives the client something to search on.
    public mutating func offer(_ job: StratumJob, at now: Duration) -> [Action] {
        guard jobKey != nil else { return [] }
        let isClean = job.template.context.previous != previous
        if isClean {
            previous = job.template.context.previous
            offers = [:]
            order = []
            seen = []
        }
        // A share harder than the block would let blocks go by.
        let work = min(max(work, askedWork, settings.leastWork), max(job.blockWork, 1))
        var lines: [UInt8] = []
        if announcedWork != work {
            announcedWork = work
            lines += Self.line([
                "id": nil, "method": "mining.set_difficulty",
                "params": [.double(ShareWork.difficulty(work))],
            ])
        }
        let id = String(nextID, radix: 16)
        let sequence = sequence(of: nextID)
        nextID &+= 1
        offers[id] = Offer(
            job: job, work: work, credit: settings.credit(of: job, work: work), sequence: sequence)
        order.append(id)
        if order.count > StratumSettings.maximumJobs { offers[order.removeFirst()] = nil }
        lines += Array("{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"\(id)\",".utf8)
        lines += job.parameters(sequence: sequence)
        lines += Array(",\(isClean)]}\n".utf8)
        return [.send(lines)]
    }

    /// The top bit is set: no relative lock time is meant (BIP68). One stays unset: a final number
    /// would make the lock time count for nothing.
    private func sequence(of number: UInt64) -> [UInt8] {
        var stream = SHA256Stream()
        stream.update(secret.bytes.span)
        stream.update(littleEndian: number)
        var bytes = Array(stream.finalize().bytes.prefix(StratumJob.sequenceLength))
        bytes[0] &= 0xfe
        bytes[3] |= 0x80
        return bytes
    }

    /// Time has passed: asks for harder or easier shares, and ends what rests for too long.
    public mutating func tick(at now: Duration) -> [Action] {
        if name == nil, now - connected > StratumSettings.loginTime {
            return [.close("no login")]
        }
        if now - lastLine > StratumSettings.silence { return [.close("silent")] }
        return retarget(at: now) ? [.needsJob] : []
    }

    /// The roster has changed: who is no longer in it must log in anew.
    public mutating func use(_ settings: StratumSettings) -> [Action] {
        self.settings = settings
        if let name, !settings.names.contains(name) {
            return [.close("\(name) is no longer in the roster")]
        }
        logins = logins.filter { settings.names.contains($0.value.name) }
        return []
    }

    mutating func retarget(at now: Duration) -> Bool {
        guard jobKey != nil, let announcedWork,
            let wanted = meter.retarget(from: announcedWork, at: now)
        else { return false }
        let before = work
        work = max(wanted, settings.leastWork, askedWork)
        // Where the block itself is easier there is nothing to change.
        let limit = order.last.flatMap { offers[$0] }?.job.blockWork ?? .max
        return min(before, limit) != min(work, limit)
    }

    private mutating func afterFailure(_ error: StratumError) -> [Action] {
        switch error {
        case .unauthorized where failedLogins >= StratumSettings.maximumFailedLogins:
            return [.close("too many failed logins")]
        case _ where refusedInRow >= StratumSettings.maximumRefusedShares:
            return [.close("too many refused shares")]
        default:
            return []
        }
    }

    // MARK: Lines

    static func line(_ json: JSON) -> [UInt8] { json.bytes() + [0x0a] }

    static func answer(_ id: JSON, result: JSON) -> [UInt8] {
        line(["id": id, "result": result, "error": nil])
    }

    static func answer(_ id: JSON, error: StratumError) -> [UInt8] {
        line([
            "id": id, "result": nil,
            "error": [.int(error.code), .string(error.message), nil],
        ])
    }
}

/// How a client's shares fared.
public struct StratumCounts: Sendable, Hashable {
    public var accepted = 0
    public var stale = 0
    public var duplicate = 0
    public var low = 0
    public var refused = 0
    public var blocks = 0
    /// The hashes that accepted ones stand for.
    public var work: UInt64 = 0

    public init() {}
}

/// A line from a client, read.
struct StratumRequest {
    var id: JSON
    var method: String?
    var parameters: [JSON]

    /// Nil where the line is no object, or has fields of the wrong kind.
    init?(_ line: [UInt8]) {
        guard let json = try? JSON(parsing: line), let object = json.object else { return nil }
        id = object["id"] ?? .null
        switch id {
        case .array, .object: return nil
        default: break
        }
        switch object["method"] {
        case nil, .null?: method = nil
        case .string(let text)?: method = text
        default: return nil
        }
        switch object["params"] {
        case nil, .null?: parameters = []
        case .array(let list)?: parameters = list
        default: return nil
        }
    }

    func text(_ place: Int) -> String? {
        guard parameters.indices.contains(place) else { return nil }
        return parameters[place].stringValue
    }

    func number(_ place: Int) -> Double? {
        guard parameters.indices.contains(place) else { return nil }
        return StratumRequest.number(parameters[place])
    }

    static func number(_ json: JSON?) -> Double? {
        guard let json, let text = json.numberText ?? json.stringValue, let number = Double(text),
            number.isFinite, number > 0
        else { return nil }
        return number
    }
}
