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
        // The validator fills in the ledger as of the tip it builds on.
        var plan = PayoutPlan(roster: roster, ledger: PayoutLedger(), finder: finder)
        let template = try await template(paying: .roster(plan))
        plan.ledger = template.payout?.ledgerBefore ?? PayoutLedger()
        guard roster.scheme == .pplns, let shares else {
            return RosterTemplate(template: template, plan: plan)
        }
        // Its size follows from the block's own bits, which are known only now.
        let size = ShareTally.windowSize(bits: template.context.bits, factor: roster.pplnsFactor)
        let window = try shares.window(size: size)
        await validator.remember(
            TemplateWindow(
                window, rosterHash: roster.hash, previous: template.context.previous))
        plan.shares = window
        return RosterTemplate(template: try template.paying(plan), plan: plan)
    }

    /// The chain has a new tip: what was paid is noted, so that it is known if it is orphaned.
    public func chainMoved() async {
        await prepareSharedTemplate()
        guard roster != nil else { return }
        // What cannot be read now is read when somebody asks, who is then told why not.
        try? await book.follow()
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
}
