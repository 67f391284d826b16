import Chain
import Consensus
import Cryptography
import MemoryPool
public import Mining
import Primitives

/// One template for all who ask by `getblocktemplate`.
extension Miner {
    /// A template for whoever asks, with the state of the pool it was made in.
    public struct SharedTemplate: Sendable {
        public var template: BlockTemplate
        /// Its transactions as `getblocktemplate` tells them.
        public var text: TemplateText
        /// The pool's `updates` before it was made.
        public var updates: UInt64
        var time: Int64
    }

    /// The template `getblocktemplate` answers: the last one while the tip is the same, and the
    /// pool too or five seconds have not passed.
    public func sharedTemplate() async throws -> SharedTemplate {
        let updates = await validator.mempool { $0.updates }
        let now = clock.now()
        sharedWanted = now
        if let shared, shared.template.context.previous == validator.tip.hash,
            shared.updates == updates || now - shared.time <= Self.lifetime
        {
            return shared
        }
        return try await makeSharedTemplate(updates: updates, now: now)
    }

    /// How long a template is given out though the pool has changed, in seconds.
    private static let lifetime: Int64 = 5

    private func makeSharedTemplate(updates: UInt64, now: Int64) async throws -> SharedTemplate {
        // On a new tip those who search come first: they would wait while a full block is chosen.
        _ = try? await quickRosterTemplate(after: shared?.template)
        let template = try await template(paying: .nobody)
        let text = await write(template)
        let made = SharedTemplate(template: template, text: text, updates: updates, time: now)
        shared = made
        return made
    }

    private func write(_ template: BlockTemplate) async -> TemplateText {
        let scale = template.context.hasWitness ? 1 : ConsensusLimits.witnessScaleFactor
        let known = text.scale == scale ? text : TemplateText(scale: scale)
        text = await Self.renewed(known, with: template)
        return text
    }

    /// Off the actor: megabytes are written, and threads may wait for a template.
    @concurrent private static func renewed(
        _ text: TemplateText, with template: BlockTemplate
    ) async -> TemplateText {
        var text = text
        text.renew(template.transactions)
        return text
    }

    /// How long after the last call for a shared template there is reason to be ready for another.
    private static let readiness: Int64 = 600

    /// Does the work of the next shared template, so that little is left when it is asked for.
    func prepareSharedTemplate() async {
        guard clock.now() - sharedWanted <= Self.readiness,
            let template = try? await validator.blockTemplate(options: options)
        else { return }
        _ = await write(template)
    }

    /// While templates are asked for, makes the next one just before the last is too old, so that
    /// whoever asks need not wait for it. Returns when the task is cancelled.
    public func keepSharedTemplate() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = clock.now()
            guard let shared, now - sharedWanted <= Self.readiness,
                now - shared.time >= Self.lifetime - 1,
                shared.template.context.previous == validator.tip.hash
            else { continue }
            let updates = await validator.mempool { $0.updates }
            if updates != shared.updates {
                _ = try? await makeSharedTemplate(updates: updates, now: now)
            }
        }
    }

    /// The state of the pool that the last shared template was made in.
    public var sharedUpdates: UInt64 { shared?.updates ?? 0 }
}
