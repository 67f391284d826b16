import Consensus
import Cryptography
import Genesis
import MemoryPool
import Mining
import Notation
import Primitives

extension FuzzProperty {
    /// Whatever a miner says, it is answered in lines of JSON, and what is credited is proven.
    ///
    /// The bytes are the lines, one after another; the last of each tells how long the next one takes.
    public static let pool = FuzzProperty("pool") { (bytes) throws(FuzzFailure) in
        var miner = try Miner()
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard miner.isOpen else { return }
            try miner.say(Array(line))
        }
        guard miner.isOpen else { return }
        try miner.end()
    }
}

/// A connection of a miner who says what he likes.
private struct Miner {
    private static let names: Set<String> = ["ana", "bo.b"]

    private let template: BlockTemplate
    private var session: StratumSession
    private var now = Duration.seconds(1_000_000)
    private var jobs: UInt64 = 0
    private(set) var isOpen = true

    init() throws(FuzzFailure) {
        guard let template = try? Self.made.get() else {
            throw FuzzFailure(reason: "there is no template")
        }
        self.template = template
        session = StratumSession(
            number: 0x0102_0304,
            settings: StratumSettings(names: Self.names, paysFinder: false, startWork: 4), at: now)
    }

    /// Half of all hashes are a block on it.
    private static let made = Result {
        let roster = try RosterDefinition(
            json: JSON(
                parsing: Array(
                    #"{"inmate":[{"name":"ana","descriptor":"raw(51)"},"#.utf8)
                    + Array(#"{"name":"bo.b","descriptor":"raw(52)"}]}"#.utf8))
        ).roster(on: .regtest)
        let context = TemplateContext(
            previous: Hash256(words: (9, 9, 9, 9)), height: 201, version: 0x2000_0000,
            bits: 0x207f_ffff, minimumTime: 1_700_000_001, medianTimePast: 1_700_000_000,
            time: 1_700_000_600, subsidy: Amount(satoshis: 5_000_000_000), hasWitness: true)
        return try BlockAssembler().assemble(
            Mempool(), onto: context,
            paying: .roster(PayoutPlan(roster: roster, ledger: PayoutLedger())))
    }

    mutating func say(_ line: [UInt8]) throws(FuzzFailure) {
        try take(session.receive(line, at: now))
        now += .milliseconds(Int(line.last ?? 0) * 50)
        guard isOpen, line.count % 16 == 0 else { return }
        try take(session.tick(at: now))
        _ = (session.hashesPerSecond(at: now), session.difficulty)
    }

    /// A long rest, then a roster without one of the names.
    mutating func end() throws(FuzzFailure) {
        now += .seconds(1000)
        try take(session.tick(at: now))
        guard isOpen else { return }
        try take(session.use(StratumSettings(names: ["bo.b"])))
    }

    private mutating func take(_ actions: [StratumSession.Action]) throws(FuzzFailure) {
        for action in actions {
            switch action {
            case .send(let bytes):
                try claim(bytes.last == 0x0A, "a line has no end")
                for line in bytes.split(separator: 0x0A) {
                    guard let json = try? JSON(parsing: Array(line)), json.object != nil else {
                        throw FuzzFailure(reason: "a line that is no JSON object")
                    }
                }
            case .accept(let share): try examine(share)
            case .needsJob:
                try claim(session.jobKey != nil, "a job for whom none can be")
                jobs += 1
                // It is the same tip: never asked for again by what this brings.
                for case .send(let bytes) in session.offer(
                    StratumJob(number: jobs, template: template), at: now)
                {
                    try claim(bytes.last == 0x0A, "a job has no end")
                }
            case .close: isOpen = false
            }
        }
    }

    private func examine(_ share: StratumShare) throws(FuzzFailure) {
        try claim(Self.names.contains(share.name), "\(share.name) is credited")
        let proof = ShareProof(
            job: 0, name: share.name, worker: share.worker, work: share.work,
            extraNonce: share.extraNonce, header: share.header)
        try claim(share.isBlock || proof.isProven(by: share.job.share), "what is not proven")
        try claim(
            share.header.merkleRoot == share.job.share.merkleRoot(extraNonce: share.extraNonce),
            "another root")
        if share.isBlock {
            let block = share.block
            do {
                try block.check(in: .regtest)
            } catch {
                throw FuzzFailure(reason: "a block that is none: \(error)")
            }
        }
        var chain = ShareChain()
        let written = chain.append(.share(proof))
        var again = ShareChain()
        var reader = ByteReader(written.span)
        try claim(
            (try? again.read(from: &reader)) == .share(proof), "a share does not come back")
    }
}
