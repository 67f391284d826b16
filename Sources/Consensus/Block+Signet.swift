import Cryptography
public import Genesis
public import Primitives
import Scripting

extension Block {
    /// Whether the block answers the network's challenge, or the network has none (BIP325).
    public func hasSignetSolution(in network: Network) -> Bool {
        guard let challenge = network.consensus.signetChallenge else { return true }
        if hash == network.genesisHash { return true }
        guard let spend = SignetSpend(block: self, challenge: Script(challenge)) else {
            return false
        }
        let output = spend.spent
        let precomputed = PrecomputedTransactionData(
            transaction: spend.transaction, spentOutputs: [output])
        do throws(ScriptError) {
            try spend.transaction.verifyInput(
                0, precomputed: precomputed,
                flags: [.p2sh, .witness, .derSignatures, .nullDummy])
            return true
        } catch {
            return false
        }
    }
}

/// The two virtual transactions by which a block is signed: one that the challenge locks and that
/// commits to the block, one that spends it with the solution found in the coinbase.
public struct SignetSpend: Sendable {
    /// The output with the challenge.
    public let spent: TransactionOutput
    /// The transaction that spends it, with the solution.
    public let transaction: Transaction

    /// What marks the solution behind the witness commitment.
    public static let header: [UInt8] = [0xec, 0xc7, 0xda, 0xa2]

    /// Nil where the coinbase has no witness commitment, or a solution that cannot be read.
    public init?(block: Block, challenge: Script) {
        guard let coinbase = block.transactions.first,
            let place = block.witnessCommitmentIndex
        else { return nil }
        var outputs = Array(coinbase.outputs)
        let (solution, cleared) = Self.takeSolution(from: outputs[place].script)
        guard let input = Self.readSolution(solution) else { return nil }
        outputs[place].script = cleared

        let unsigned = Transaction(
            version: coinbase.version, inputs: coinbase.inputs, outputs: outputs,
            lockTime: coinbase.lockTime)
        var leaves = [unsigned.txid]
        for number in 1..<max(block.transactions.count, 1) {
            leaves.append(block.transactions.txid(at: number))
        }
        var data = ByteWriter()
        data.write(block.header.version)
        data.write(block.header.previous)
        data.write(MerkleTree.root(leaves))
        data.write(block.header.time)
        spent = TransactionOutput(value: .zero, script: challenge)
        let toSpend = Transaction(
            version: 0,
            inputs: [
                TransactionInput(
                    outPoint: .null,
                    script: ScriptBuilder().adding(.op0).adding(push: data.bytes).script,
                    sequence: 0)
            ],
            outputs: [spent])
        transaction = Transaction(
            version: 0,
            inputs: [
                TransactionInput(
                    outPoint: OutPoint(txid: toSpend.txid, index: 0), script: input.script,
                    sequence: 0, witness: input.witness)
            ],
            outputs: [TransactionOutput(value: .zero, script: [Opcode.return.rawValue])])
    }

    /// The solution in the commitment's script, and the script without it; an empty solution and
    /// the script as it is where there is none.
    private static func takeSolution(from script: Script) -> (solution: [UInt8], rest: Script) {
        var solution: [UInt8]?
        var rest = ScriptBuilder()
        var reader = InstructionReader(script.bytes)
        while let step = reader.next() {
            guard !step.data.isEmpty else {
                rest.append(raw: [step.byte])
                continue
            }
            if solution == nil, step.data.count > header.count, step.data.starts(with: header) {
                solution = Array(step.data.dropFirst(header.count))
                rest.append(push: header)
            } else {
                rest.append(push: step.data)
            }
        }
        guard let solution else { return ([], script) }
        return (solution, rest.script)
    }

    /// The script and the witness that the bytes of a solution hold; both empty where there are no
    /// bytes, which answers a challenge that asks for nothing.
    private static func readSolution(
        _ solution: [UInt8]
    ) -> (script: Script, witness: Witness)? {
        guard !solution.isEmpty else { return (Script(), .empty) }
        do throws(DecodingError) {
            var reader = ByteReader(solution.span)
            let script = Script(try reader.readSizedBytes())
            var stack: [[UInt8]] = []
            for _ in 0..<(try reader.readCount()) { stack.append(try reader.readSizedBytes()) }
            try reader.finish()
            return (script, Witness(stack))
        } catch {
            return nil
        }
    }
}
