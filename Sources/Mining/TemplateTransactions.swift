import Cryptography
public import Primitives

/// A transaction chosen for a block.
public struct TemplateTransaction: Sendable {
    public var transaction: Transaction
    public var fee: Amount
    /// BIP141's cost of its signature operations.
    public var sigOpCost: Int
    /// The transactions of the block it spends from, counted from 1 since the coinbase is 0; one
    /// for each input that does.
    public internal(set) var depends: [Int] = []

    public init(transaction: Transaction, fee: Amount, sigOpCost: Int) {
        self.transaction = transaction
        self.fee = fee
        self.sigOpCost = sigOpCost
    }
}

/// The transactions of a block but the coinbase, in order.
///
/// They lie in pages, so that one who changes a few leaves most of it shared with those who hold
/// what was there before.
public struct TemplateTransactions: RandomAccessCollection, Sendable {
    private(set) var pages: [TemplatePage] = []
    public private(set) var count = 0

    init() {}

    package init(_ transactions: [TemplateTransaction]) {
        change([:], keeping: 0, adding: transactions)
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(position: Int) -> TemplateTransaction {
        precondition(position >= 0 && position < count, "there is such a transaction")
        let (page, offset) = Self.location(of: position)
        return pages[page].transactions[offset]
    }

    /// In which page a transaction lies, and where in it.
    private static func location(of position: Int) -> (page: Int, offset: Int) {
        let (page, offset) = (position + 1).quotientAndRemainder(dividingBy: TemplatePage.size)
        return (page, page == 0 ? offset - 1 : offset)
    }

    // MARK: Changing

    /// Puts others in the place of some of the first `kept`, drops those behind them, and adds
    /// more at the end.
    mutating func change(
        _ replacements: [Int: TemplateTransaction], keeping kept: Int,
        adding added: [TemplateTransaction]
    ) {
        var changed: [Int: [TemplateTransaction]] = [:]
        for (position, transaction) in replacements {
            let (page, offset) = Self.location(of: position)
            changed[page, default: pages[page].transactions][offset] = transaction
        }
        for (page, transactions) in changed {
            pages[page] = TemplatePage(transactions, isFirst: page == 0)
        }
        guard kept < count || !added.isEmpty else { return }
        count = kept + added.count
        let (page, offset) = Self.location(of: kept)
        var open = page < pages.count ? Array(pages[page].transactions[..<offset]) : []
        pages.removeLast(Swift.max(pages.count - page, 0))
        var rest = added[...]
        while !open.isEmpty || !rest.isEmpty {
            let isFirst = pages.isEmpty
            let taken = rest.prefix(TemplatePage.size - (isFirst ? 1 : 0) - open.count)
            rest = rest[taken.endIndex...]
            pages.append(TemplatePage(open + taken, isFirst: isFirst))
            open = []
        }
    }

    // MARK: Committing

    /// The root over the witnesses, the coinbase's among them.
    var witnessRoot: Hash256 {
        if pages.count > 1 { return MerkleTree.root(pages.map(\.wtxidNode)) }
        return MerkleTree.root(pages.first?.wtxids ?? [.zero])
    }

    /// What the coinbase's txid is hashed with, from leaf to root.
    var coinbaseBranch: [Hash256] {
        let within = MerkleTree.branch(pages.first?.txids ?? [.zero], position: 0)
        guard pages.count > 1 else { return within }
        let others = pages.dropFirst().map(\.txidNode)
        return within + MerkleTree.branch([.zero] + others, position: 0)
    }
}
