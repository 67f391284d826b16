import Consensus
import Cryptography
import Mining
import Primitives

/// Compares templates with one made of the same pool with nothing kept.
///
/// They must hold the same transactions; in which order is their own affair, so long as parents
/// come first and everything that follows from the order is right.
struct TemplateCheck {
    private let fresh: BlockTemplate

    init(_ fresh: BlockTemplate) { self.fresh = fresh }

    func isRight(_ template: BlockTemplate, _ text: TemplateText) -> Bool {
        hasSameContents(template) && hasRightOrder(template) && hasRightCommitment(template)
            && isText(text, of: template)
    }

    private func hasSameContents(_ template: BlockTemplate) -> Bool {
        Set(template.transactions.map(\.transaction.wtxid))
            == Set(fresh.transactions.map(\.transaction.wtxid))
            && template.transactions.count == fresh.transactions.count
            && template.fees == fresh.fees && template.weight == fresh.weight
            && template.sigOpCost == fresh.sigOpCost
    }

    private func hasRightOrder(_ template: BlockTemplate) -> Bool {
        let all = Set(template.transactions.map(\.transaction.txid))
        var places: [Txid: Int] = [:]
        for (index, chosen) in template.transactions.enumerated() {
            let parents = chosen.transaction.inputs.map(\.outPoint.txid).filter(all.contains)
            if chosen.depends != parents.map({ places[$0] ?? .max }) { return false }
            places[chosen.transaction.txid] = index + 1
        }
        return true
    }

    private func hasRightCommitment(_ template: BlockTemplate) -> Bool {
        let root = MerkleTree.root([.zero] + template.transactions.map(\.transaction.wtxid))
        let commitment = Block.witnessCommitment(root: root, nonce: .zero)
        return template.witnessCommitment == Block.witnessCommitmentScript(commitment)
    }

    private func isText(_ text: TemplateText, of template: BlockTemplate) -> Bool {
        var plain = TemplateText()
        plain.renew(TemplateTransactions(Array(template.transactions)))
        return text.pieces.joined().elementsEqual(plain.pieces.joined())
    }
}
