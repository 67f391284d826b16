public import Primitives
import Scripting

/// The coins that a block spends, found and not yet judged.
public struct BlockSpending: Sendable {
    /// `Block.spentOutPoints`.
    public let points: [OutPoint]
    /// The coin at each point, those that the block makes itself among them. Where one is missing,
    /// from there on only those that were given.
    public private(set) var coins: [Coin]
    /// The first point at which there is no coin, or no more, and the transaction that names it.
    let missing: (transaction: Int, point: OutPoint)?

    /// - Parameters:
    ///   - points: `Block.spentOutPoints`.
    ///   - coins: the coin of each as it is before the block; absent where there is none, because it
    ///     is missing or because the block itself makes it.
    public init(
        of block: Block, at height: Int, points: [OutPoint], coins: consuming [Coin]
    ) {
        precondition(coins.count == points.count, "one coin for each input")
        var search = Search(block: block, height: height, points: points)
        missing = search.complete(&coins)
        self.points = points
        self.coins = coins
    }

    /// Whether there is a coin for each input, none of them spent twice.
    public var isComplete: Bool { missing == nil }

    private struct Search {
        let block: Block
        let height: Int
        let points: [OutPoint]

        /// Where the block's transactions stand, those not reached yet included; of one that comes
        /// twice the first place, as it is the first that makes the coins. Most blocks spend little or
        /// nothing of their own.
        private lazy var numbers: [Txid: Int] = {
            let transactions = block.transactions
            var numbers = [Txid: Int](minimumCapacity: transactions.count)
            for number in transactions.indices.reversed() {
                numbers.updateValue(number, forKey: transactions.txid(at: number))
            }
            return numbers
        }()

        init(block: Block, height: Int, points: [OutPoint]) {
            self.block = block
            self.height = height
            self.points = points
        }

        /// Puts in what the block itself makes; returns where that ends for want of a coin.
        mutating func complete(_ coins: inout [Coin]) -> (transaction: Int, point: OutPoint)? {
            var seen = OutPointSet(capacity: points.count)
            var position = 0
            for (number, transaction) in block.transactions.enumerated().dropFirst() {
                let end = position + transaction.inputs.count
                while position < end {
                    let point = points[position]
                    guard seen.insert(position, of: points) else { return (number, point) }
                    if coins[position].isAbsent {
                        guard let coin = made(point, before: number) else { return (number, point) }
                        coins[position] = coin
                    }
                    position += 1
                }
            }
            return nil
        }

        private mutating func made(_ point: OutPoint, before number: Int) -> Coin? {
            guard let maker = numbers[point.txid], maker < number else { return nil }
            let outputs = block.transactions[maker].outputs
            guard Int(point.index) < outputs.count else { return nil }
            let output = outputs[Int(point.index)]
            guard !output.script.isUnspendable else { return nil }
            return Coin(output: output, height: height, isCoinbase: maker == 0)
        }
    }
}
