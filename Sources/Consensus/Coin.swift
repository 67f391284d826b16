public import Primitives

/// An output that may be spent, with what the rules must know of the block that made it.
public struct Coin: Hashable, Sendable {
    public var output: TransactionOutput
    /// The height of the block that made it, or `mempoolHeight`.
    public var height: Int
    /// Whether a coinbase made it, so that it must mature first.
    public var isCoinbase: Bool

    public init(output: TransactionOutput, height: Int, isCoinbase: Bool) {
        self.output = output
        self.height = height
        self.isCoinbase = isCoinbase
    }

    /// The height of a coin that no block has made yet.
    public static let mempoolHeight = 0x7fff_ffff

    /// What stands in lists where there is no coin.
    public static let absent = Coin(
        output: TransactionOutput(value: Amount(satoshis: -1)), height: 0, isCoinbase: false)

    public var isAbsent: Bool { output.value.satoshis == -1 }
}
