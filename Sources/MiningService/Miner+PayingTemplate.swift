import Chain
import Cryptography
import Genesis
import MemoryPool
import Mining
import Primitives

/// One template for all who ask by `getblocktemplate` for a whole coinbase: it pays the roster.
extension Miner {
    /// The template of which the coinbase is given out; nil where there is none to give: no roster,
    /// or blocks that are signed before they are mined. Kept as long as the other shared one.
    public func payingTemplate() async throws -> SharedTemplate? {
        guard let roster, !isSigned else { return nil }
        let updates = await validator.mempool { $0.updates }
        let now = clock.now()
        if let paying, paying.template.context.previous == validator.tip.hash,
            paying.template.payout?.rosterHash == roster.hash,
            paying.updates == updates || now - paying.time <= Self.payingLifetime
        {
            return paying
        }
        // On a new tip those who search come first.
        _ = try? await quickRosterTemplate(after: paying?.template)
        let template = try await rosterTemplate().template
        let text = payingText.renewed(for: template)
        payingText = text
        let made = SharedTemplate(template: template, text: text, updates: updates, time: now)
        paying = made
        gaveOut(template)
        return made
    }

    /// How long one is given out though the pool has changed, in seconds.
    private static let payingLifetime: Int64 = 5

    private var isSigned: Bool { network.consensus.signetChallenge != nil }
}

extension TemplateText {
    fileprivate func renewed(for template: BlockTemplate) -> TemplateText {
        let scale = template.context.hasWitness ? 1 : 4
        var text = self.scale == scale ? self : TemplateText(scale: scale)
        text.renew(template.transactions)
        return text
    }
}
