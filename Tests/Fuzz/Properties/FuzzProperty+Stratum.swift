import Consensus
import Cryptography
import Genesis
import MemoryPool
import Mining
import Notation
import Primitives

extension FuzzProperty {
    /// Whatever lines a miner sends, it is answered in lines of JSON, what is credited is proven and
    /// comes back from the share log, and what is said to be a block is one.
    ///
    /// The bytes are the lines, one after another. The last of each says how much time goes by.
    public static let stratum = FuzzProperty("stratum") { (bytes) throws(FuzzFailure) in
        var miner = try FuzzedMiner(paysFinder: bytes.count % 2 == 1)
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard miner.isOpen else { return }
            try miner.say(Array(line))
        }
        try miner.rest()
    }
}

/// A connection of a miner who says what he likes.
private struct FuzzedMiner {
    private static let names: Set<String> = ["ana", "bo.b"]
    private static let anyHash = Hash256(words: (9, 9, 9, 9))

    /// One whose bits let every other hash be a block.
    private static let template = Result {
        let members =
            #"{"inmate":[{"name":"ana","weight":1,"descriptor":"raw(51)"},"#
            + #"{"name":"bo.b","weight":2,"descriptor":"raw(52)"}]}"#
        let roster = try RosterDefinition(json: JSON(parsing: Array(members.utf8)))
            .roster(on: .regtest)
        let context = TemplateContext(
            previous: anyHash, height: 201, version: 0x2000_0000, bits: 0x207f_ffff,
            minimumTime: 1_700_000_001, medianTimePast: 1_700_000_000, time: 1_700_000_600,
            subsidy: Amount(satoshis: 5_000_000_000), hasWitness: true)
        return try BlockAssembler().assemble(
            Mempool(), onto: context,
            paying: .roster(PayoutPlan(roster: roster, ledger: PayoutLedger())))
    }

    private let job: BlockTemplate
    private var session: StratumSession
    private var now = Duration.seconds(1_000_000)
    private var jobs: UInt64 = 0
    private var credited: Set<Hash256> = []
    private(set) var isOpen = true

    init(paysFinder: Bool) throws(FuzzFailure) {
        guard let template = try? Self.template.get() else {
            throw FuzzFailure(reason: "there is no template")
        }
        job = template
        session = StratumSession(
            number: 0x0102_0304,
            settings: StratumSettings(
                names: Self.names, paysFinder: paysFinder, startWork: 4,
                windowFactor: paysFinder ? nil : 4),
            secret: Self.anyHash, at: now)
    }

    mutating func say(_ line: [UInt8]) throws(FuzzFailure) {
        try take(session.receive(line, at: now))
        now += .milliseconds(Int(line.last ?? 0) * 50)
        guard isOpen, line.count % 16 == 0 else { return }
        try take(session.tick(at: now))
        let rate = session.hashesPerSecond(at: now)
        try claim(rate.isFinite && rate >= 0, "\(rate) hashes a second")
        try claim(session.difficulty > 0, "a difficulty of \(session.difficulty)")
    }

    /// A long silence, then a roster that lacks a name.
    mutating func rest() throws(FuzzFailure) {
        guard isOpen else { return }
        now += .seconds(1000)
        try take(session.tick(at: now))
        guard isOpen else { return }
        try take(session.use(StratumSettings(names: ["bo.b"])))
    }

    private mutating func take(_ actions: [StratumSession.Action]) throws(FuzzFailure) {
        for action in actions {
            switch action {
            case .send(let bytes): try examine(lines: bytes)
            case .accept(let share): try examine(share)
            case .close: isOpen = false
            case .needsJob:
                try claim(session.jobKey != nil, "it wants a job and can be given none")
                jobs += 1
                for case .send(let bytes) in session.offer(
                    StratumJob(number: jobs, template: job), at: now)
                {
                    try examine(lines: bytes)
                }
            }
        }
    }

    private func examine(lines bytes: [UInt8]) throws(FuzzFailure) {
        try claim(bytes.last == 0x0A, "a line has no end")
        for line in bytes.split(separator: 0x0A) {
            let json = try? JSON(parsing: Array(line))
            try claim(
                json?.object != nil, "no object: \(String(decoding: line, as: UTF8.self))")
        }
    }

    private mutating func examine(_ share: StratumShare) throws(FuzzFailure) {
        try claim(Self.names.contains(share.name), "\(share.name) is credited")
        try claim(credited.insert(share.header.hash).inserted, "a share is credited twice")
        let proof = ShareProof(
            job: 0, name: share.name, worker: share.worker, work: share.work,
            extraNonce: share.extraNonce, header: share.header)
        try claim(share.isBlock || proof.isProven(by: share.job.share), "it is not proven")
        try claim(
            share.header.merkleRoot == share.job.share.merkleRoot(extraNonce: share.extraNonce),
            "it has another root")
        if share.isBlock {
            do {
                try share.block.check(in: .regtest)
            } catch {
                throw FuzzFailure(reason: "a block that is none: \(error)")
            }
        }
        var (writing, reading) = (ShareChain(), ShareChain())
        let written = writing.append(.share(proof))
        var reader = ByteReader(written.span)
        try claim((try? reading.read(from: &reader)) == .share(proof), "it does not come back")
    }
}
