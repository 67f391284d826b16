import Cryptography
import Notation
import Primitives

/// What clients ask, and what they are answered.
extension StratumSession {
    mutating func answer(
        _ method: String, _ request: StratumRequest, at now: Duration
    ) throws(StratumError) -> [Action] {
        switch method {
        case "mining.subscribe": return try subscribe(request)
        case "mining.configure": return try configure(request)
        case "mining.authorize": return try authorize(request)
        case "mining.submit": return try submit(request, at: now)
        case "mining.suggest_difficulty":
            guard let difficulty = request.number(0) else {
                throw .other("suggest_difficulty needs a number")
            }
            return suggest(ShareWork.work(difficulty: difficulty), request)
        case "mining.suggest_target":
            guard let text = request.text(0), let target = UInt256(hex: text), target != .zero
            else { throw .other("suggest_target needs a target") }
            let work = UInt256.max / target
            return suggest(work.usedBitCount > 63 ? .max / 2 : work.lowWord, request)
        case "mining.extranonce.subscribe":
            // It never changes, so nothing is ever told.
            return [.send(Self.answer(request.id, result: true))]
        case "mining.ping":
            return [.send(Self.answer(request.id, result: "pong"))]
        default:
            throw .other("Unknown method")
        }
    }

    private mutating func subscribe(_ request: StratumRequest) throws(StratumError) -> [Action] {
        guard !isSubscribed else { throw .other("Already subscribed") }
        isSubscribed = true
        agent = String((request.text(0) ?? "").prefix(64))
        sizeClass = askedSize ?? Self.sizeClass(ofAgent: agent)
        let own = Hex.encode(ownExtraNonce)
        let subscriptions: JSON = [
            ["mining.set_difficulty", .string(own)], ["mining.notify", .string(own)],
        ]
        let answer = Self.answer(
            request.id,
            result: [
                subscriptions, .string(own), .int(StratumSettings.clientExtraNonceLength),
            ])
        // Some log in first.
        return [.send(answer)] + (jobKey == nil ? [] : [.needsJob])
    }

    /// Devices known to cut a long coinbase, by how their names begin.
    private static func sizeClass(ofAgent agent: String) -> CoinbaseSizeClass {
        let small: [(String, CoinbaseSizeClass)] = [
            ("nerd", .bytes384), ("esp32", .bytes384), ("nicehash", .bytes755),
            ("antminer", .bytes2250), ("bmminer", .bytes2250), ("bitaxe", .bytes2250),
            ("whatsminer", .bytes6500), ("btminer", .bytes6500),
        ]
        let name = agent.lowercased()
        return small.first { name.hasPrefix($0.0) }?.1 ?? .bytes16000
    }

    private mutating func configure(_ request: StratumRequest) throws(StratumError) -> [Action] {
        guard let extensions = request.parameters.first?.array, extensions.count <= 32 else {
            throw .other("configure needs a list of extensions")
        }
        let options = request.parameters.dropFirst().first?.object ?? JSONObject()
        var answer = JSONObject()
        for name in extensions.compactMap(\.stringValue) {
            switch name {
            case "version-rolling":
                let asked = options["version-rolling.mask"]?.stringValue.flatMap(Self.word) ?? .max
                versionMask = asked & StratumSettings.versionMask
                answer.append(name, true)
                answer.append("version-rolling.mask", .string(versionMask.eightDigits))
            case "minimum-difficulty":
                if let least = StratumRequest.number(options["minimum-difficulty.value"]) {
                    askedWork = ShareWork.work(difficulty: least)
                }
                answer.append(name, true)
            case "subscribe-extranonce":
                answer.append(name, true)
            default:
                answer.append(name, false)
            }
        }
        return [.send(Self.answer(request.id, result: .object(answer)))]
    }

    private mutating func authorize(_ request: StratumRequest) throws(StratumError) -> [Action] {
        guard let user = request.text(0) else { throw .other("authorize needs a user name") }
        guard let (name, worker) = settings.login(user) else {
            failedLogins += 1
            throw .unauthorized("No inmate is named so: log in as inmate.worker")
        }
        guard logins[user] != nil || logins.count < StratumSettings.maximumWorkers else {
            throw .unauthorized("Too many workers on one connection")
        }
        logins[user] = Login(name: name, worker: worker)
        let isFirst = self.name == nil
        if isFirst {
            self.name = name
            self.worker = worker
            readOptions(request.text(1) ?? "")
        }
        let answer = Action.send(Self.answer(request.id, result: true))
        return isFirst && jobKey != nil ? [answer, .needsJob] : [answer]
    }

    /// The password may say what the device needs: `d=0.001`, `size=755`.
    private mutating func readOptions(_ password: String) {
        for part in password.split(whereSeparator: { $0 == "," || $0 == ";" }).prefix(16) {
            let words = part.split(separator: "=", maxSplits: 1)
            guard words.count == 2 else { continue }
            switch words[0] {
            case "d":
                if let difficulty = StratumRequest.number(.string(String(words[1]))) {
                    work = max(ShareWork.work(difficulty: difficulty), settings.leastWork)
                }
            case "size":
                if let bytes = Int(words[1]) {
                    askedSize = CoinbaseSizeClass(within: bytes)
                    sizeClass = askedSize ?? sizeClass
                }
            default:
                break
            }
        }
    }

    private mutating func suggest(_ asked: UInt64, _ request: StratumRequest) -> [Action] {
        work = max(asked, settings.leastWork)
        let answer = Action.send(Self.answer(request.id, result: true))
        return announcedWork == nil || announcedWork == work ? [answer] : [answer, .needsJob]
    }

    // MARK: Shares

    private mutating func submit(
        _ request: StratumRequest, at now: Duration
    ) throws(StratumError) -> [Action] {
        guard isSubscribed else { throw .notSubscribed }
        do throws(StratumError) {
            let (share, told) = try judge(request)
            refusedInRow = 0
            counts.accepted += 1
            counts.work = counts.work.addingReportingOverflow(told).partialValue
            if share.isBlock { counts.blocks += 1 }
            meter.add(told, at: now)
            var actions: [Action] = [.send(Self.answer(request.id, result: true))]
            if share.isCredited { actions.append(.accept(share)) }
            return retarget(at: now) ? actions + [.needsJob] : actions
        } catch {
            refusedInRow += 1
            switch error {
            case .staleJob: counts.stale += 1
            case .duplicateShare: counts.duplicate += 1
            case .lowDifficulty: counts.low += 1
            default: counts.refused += 1
            }
            throw error
        }
    }

    /// The share, and the work that its client was told a share must have.
    private mutating func judge(
        _ request: StratumRequest
    ) throws(StratumError) -> (StratumShare, told: UInt64) {
        guard let user = request.text(0), let id = request.text(1),
            let second = request.text(2), let timeText = request.text(3),
            let nonceText = request.text(4)
        else { throw .other("submit needs worker, job, extranonce2, ntime and nonce") }
        guard let login = logins[user] else { throw .unauthorized("Unauthorized worker") }
        guard let offer = offers[id] else { throw .staleJob }
        guard let extra = Hex.decode(second),
            extra.count == StratumSettings.clientExtraNonceLength
        else { throw .other("Invalid extranonce2") }
        guard let time = Self.word(timeText), let nonce = Self.word(nonceText) else {
            throw .other("Invalid ntime or nonce")
        }
        let context = offer.job.template.context
        guard Int64(time) >= context.minimumTime, Int64(time) <= context.time + Self.latestTime
        else { throw .other("ntime out of range") }
        let extraNonce = ownExtraNonce + extra + offer.sequence
        let share = StratumShare(
            job: offer.job, name: login.name, worker: login.worker, work: offer.credit,
            extraNonce: extraNonce,
            header: BlockHeader(
                version: try version(request, context.version), previous: context.previous,
                merkleRoot: offer.job.share.merkleRoot(extraNonce: extraNonce),
                time: time, bits: context.bits, nonce: nonce),
            isBlock: false)
        return (try proven(share, told: offer.work), offer.work)
    }

    /// How far a client may go ahead of the job's time, in seconds: less than nodes allow.
    private static let latestTime: Int64 = 3600

    private mutating func proven(
        _ share: StratumShare, told: UInt64
    ) throws(StratumError) -> StratumShare {
        let hash = share.header.hash
        guard !seen.contains(hash) else { throw .duplicateShare }
        let isBlock = UInt256(hash) <= share.job.blockTarget
        guard isBlock || UInt256(hash) <= ShareWork.target(told) else {
            throw .lowDifficulty
        }
        guard isBlock || seen.count < StratumSettings.maximumSeen else {
            throw .other("Too many shares before the next block")
        }
        seen.insert(hash)
        var proven = share
        proven.isBlock = isBlock
        return proven
    }

    private func version(
        _ request: StratumRequest, _ version: Int32
    ) throws(StratumError) -> Int32 {
        guard let text = request.text(5) else { return version }
        guard let bits = Self.word(text) else { throw .other("Invalid version bits") }
        let fixed = UInt32(bitPattern: version)
        // Some send the bits alone, some the whole version.
        guard bits & ~versionMask == 0 || bits & ~versionMask == fixed & ~versionMask else {
            throw .other("Version bits outside the mask")
        }
        return Int32(bitPattern: fixed & ~versionMask | bits & versionMask)
    }

    /// A word as eight hexadecimal digits, most significant first.
    static func word(_ text: String) -> UInt32? {
        guard let bytes = Hex.decode(text), bytes.count == 4 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
