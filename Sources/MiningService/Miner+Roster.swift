import Chain
import Cryptography
public import Mining
import Primitives

/// Blocks that pay the roster.
extension Miner {
    /// A template that pays the roster, and the plan by which it does: other finders and sizes are
    /// variants of it.
    public struct RosterTemplate: Sendable {
        public var template: BlockTemplate
        public var plan: PayoutPlan
    }

    public func rosterTemplate() async throws -> RosterTemplate {
        guard let roster else { throw MinerError.noRoster }
        observer?(.asked)
        let template = try await template(paying: .roster(newPlan(roster)))
        return try await paid(template, by: roster, isQuick: false)
    }

    /// Blocks that take fewer hashes are found faster than one can be filled: they would all be empty.
    private static let quickWork: UInt64 = 1 << 24

    /// Where a tip followed the one before within this time, machines find blocks faster than that.
    private static let quickGap: Duration = .seconds(5)

    /// The block without transactions that searching on a tip begins with.
    struct QuickTemplate {
        var tip: BlockHash
        var rosterHash: Hash256
        var made: Task<RosterTemplate, any Error>
    }

    /// The template of a block without transactions, to be searched on until a full one is chosen; nil
    /// where `other`, which was searched on before, is of the tip.
    ///
    /// Whoever asks first on a tip has it made, and the others get the same: else theirs would wait
    /// until the validator has chosen the first one's full block.
    public func quickRosterTemplate(after other: BlockTemplate?) async throws -> RosterTemplate? {
        let tip = validator.tip.hash
        guard let roster, let other, other.context.previous != tip,
            ShareWork.work(bits: other.context.bits) >= Self.quickWork
        else { return nil }
        pace.note(tip, at: clock.monotonic())
        guard pace.gap.map({ $0 >= Self.quickGap }) ?? true else { return nil }
        if let quick, quick.tip == tip, quick.rosterHash == roster.hash {
            return try await quick.made.value
        }
        let made = Task { try await makeQuickTemplate(roster, signer: other.signer) }
        quick = QuickTemplate(tip: tip, rosterHash: roster.hash, made: made)
        do {
            return try await made.value
        } catch {
            if quick?.tip == tip { quick = nil }
            throw error
        }
    }

    private func makeQuickTemplate(
        _ roster: Roster, signer: BlockSigner?
    ) async throws -> RosterTemplate {
        observer?(.begun)
        var template = try await validator.blockTemplate(
            options: options, paying: .roster(newPlan(roster)), usingMempool: false)
        template.signer = signer
        return try await paid(template, by: roster, isQuick: true)
    }

    private func newPlan(_ roster: Roster) -> PayoutPlan {
        // The validator fills in the ledger as of the tip it builds on.
        PayoutPlan(roster: roster, ledger: PayoutLedger(), finder: finder)
    }

    /// - Parameter isQuick: whether the last share window will do: to make another takes a while.
    private func paid(
        _ template: BlockTemplate, by roster: Roster, isQuick: Bool
    ) async throws -> RosterTemplate {
        var plan = newPlan(roster)
        plan.ledger = template.payout?.ledgerBefore ?? PayoutLedger()
        guard roster.scheme == .pplns, let shares else {
            return RosterTemplate(template: template, plan: plan)
        }
        // Its size follows from the block's own bits, which are known only now.
        let size = ShareTally.windowSize(bits: template.context.bits, factor: roster.pplnsFactor)
        let window: ShareWindow
        if isQuick, let lastWindow, lastWindow.size == size {
            window = lastWindow.window
        } else {
            window = try await Self.window(of: shares, size: size)
            lastWindow = (size, window)
        }
        await validator.remember(
            TemplateWindow(
                window, rosterHash: roster.hash, previous: template.context.previous))
        plan.shares = window
        return RosterTemplate(template: try template.paying(plan), plan: plan)
    }

    /// Off the actor: there may be a million shares to be added up, and then the disk is waited for.
    @concurrent private static func window(
        of shares: ShareLog, size: UInt64
    ) async throws -> ShareWindow { try shares.window(size: size) }

    /// How long those who search come first at a new tip.
    private static let headStart: Duration = .milliseconds(100)

    /// The chain has a new tip: what was paid is noted, so that it is known if it is orphaned.
    public func chainMoved() async {
        guard roster != nil else { return await prepareSharedTemplate() }
        // What cannot be read now is read when somebody asks, who is then told why not.
        try? await book.follow()
        try? await Task.sleep(for: Self.headStart)
        await prepareSharedTemplate()
    }

    /// Puts a block found by this node's own threads to the share log: work like any other.
    func credit(_ block: Block) throws {
        guard let shares, let finder, let (job, extraNonce) = ShareJob.of(block) else { return }
        let credit = ShareCredit(
            jobNumber: nextJobNumber(), job: job, name: finder, worker: "",
            work: ShareWork.work(bits: block.header.bits), extraNonce: extraNonce,
            header: block.header)
        guard credit.proof(job: 0).isProven(by: credit.job) else { return }
        try shares.append(credit)
    }

    /// What is done for this node's own threads, as tests see it.
    package enum Step: Sendable {
        /// A block without transactions is about to be made.
        case begun
        /// A full block is about to be chosen.
        case asked
        case given(BlockTemplate)
    }

    package func observe(_ observer: @escaping @Sendable (Step) -> Void) {
        self.observer = observer
    }
}
