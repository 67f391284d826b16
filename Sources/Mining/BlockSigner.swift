import Consensus
import Cryptography
public import Keys
public import Primitives
import Scripting

/// Answers a signet's challenge: signs blocks before their proof of work is looked for (BIP325).
///
/// The signature commits to version, previous block, transactions and time; so each extra nonce and
/// each time takes one of its own.
public struct BlockSigner: Sendable {
    private let challenge: Script
    private let signer: TransactionSigner

    /// The bytes kept for a solution: three signatures and keys of a multisignature fit.
    static let reserve = 400

    /// - Parameter keys: those that the challenge wants; none where anybody may answer it.
    public init(challenge: Script, keys: [PrivateKey]) {
        self.init(challenge: challenge, provider: SigningProvider(secrets: keys))
    }

    /// - Parameter provider: the keys that the challenge wants, and the scripts it names by hash.
    public init(challenge: Script, provider: SigningProvider) {
        self.challenge = challenge
        signer = TransactionSigner(provider: provider, hashType: .all)
    }

    /// The coinbase with the solution in it; nil where the keys do not answer the challenge.
    ///
    /// - Parameter block: complete but for the solution and the proof of work.
    public func signed(_ block: Block) -> Transaction? {
        guard let coinbase = block.transactions.first, let place = block.witnessCommitmentIndex
        else { return nil }
        let commitment = coinbase.outputs[place].script
        // What is signed holds the mark, and nothing behind it.
        let marked = Self.replacing(
            commitment, with: SignetSpend.header, in: coinbase, at: place)
        let transactions = [marked] + Array(block.transactions.dropFirst())
        guard
            let spend = SignetSpend(
                block: Block(header: block.header, transactions: transactions),
                challenge: challenge)
        else { return nil }
        let outcome = signer.sign(spend.transaction, spending: [spend.spent])
        guard outcome.isComplete, let input = outcome.transaction.inputs.first else { return nil }
        var solution = ByteWriter()
        solution.writeSized(input.script.bytes)
        solution.writeCompactSize(input.witness.count)
        for item in input.witness { solution.writeSized(item) }
        // An empty answer, where the challenge asks for nothing, is left out as it may be.
        guard solution.bytes != [0, 0] else { return coinbase }
        return Self.replacing(
            commitment, with: SignetSpend.header + solution.bytes, in: coinbase, at: place)
    }

    private static func replacing(
        _ commitment: Script, with data: [UInt8], in coinbase: Transaction, at place: Int
    ) -> Transaction {
        var outputs = Array(coinbase.outputs)
        var script = ScriptBuilder(Array(commitment.bytes))
        script.append(push: data)
        outputs[place].script = script.script
        return Transaction(
            version: coinbase.version, inputs: Array(coinbase.inputs), outputs: outputs,
            lockTime: coinbase.lockTime)
    }
}
