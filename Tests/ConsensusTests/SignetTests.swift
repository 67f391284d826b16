import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Solutions of a signet's challenge (BIP325)") struct SignetTests {
    /// Regtest's cheap work under a challenge.
    private func chain(_ challenge: [UInt8]) -> JudgedChain {
        var network = Network.regtest
        network.consensus.signetChallenge = challenge
        return JudgedChain(network: network)
    }

    /// A block whose coinbase commits to no witnesses but carries a solution.
    private func block(on chain: JudgedChain, solution: [UInt8]?) -> Block {
        var script = ScriptBuilder(
            Array(
                Block.witnessCommitmentScript(
                    Block.witnessCommitment(root: .zero, nonce: .zero)
                ).bytes))
        if let solution { script.append(push: SignetSpend.header + solution) }
        var plan = JudgedChain.Plan()
        plan.extraOutputs = [TransactionOutput(value: .zero, script: script.script)]
        return chain.makeBlock(plan)
    }

    @Test("A challenge that asks for nothing needs a commitment all the same")
    func trivial() throws {
        let chain = chain([Opcode.op1.rawValue])
        try block(on: chain, solution: nil).check(in: chain.network)
        let bare = chain.makeBlock()
        #expect(throws: BlockError.signetSolution) { try bare.check(in: chain.network) }
        // A block that is yet to be mined is not asked.
        try bare.check(in: chain.network, proofOfWork: false)
        #expect(Network.signet.genesis.hasSignetSolution(in: .signet))
    }

    @Test("The solution is a script and a witness, to the last byte")
    func solution() throws {
        let chain = chain([Opcode.op2.rawValue, Opcode.equal.rawValue])
        let two = Opcode.op2.rawValue
        try block(on: chain, solution: [1, two, 0]).check(in: chain.network)
        let wrong: [[UInt8]?] = [
            nil, [], [0, 0], [1, Opcode.op3.rawValue, 0], [1, two], [1, two, 0, 0], [2, two, 0],
            [1, two, 1], [1, two, 1, 0],
        ]
        for solution in wrong {
            let block = block(on: chain, solution: solution)
            #expect(throws: BlockError.signetSolution) { try block.check(in: chain.network) }
        }
    }

    @Test(
        "A signature holds for its block, its time and its challenge, and no other",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func signatures() throws {
        let text = String(decoding: try Vectors.load("chains/signet-1-40.hex"), as: UTF8.self)
        var other = Network.signet
        try other.apply(signetChallenge: "6a")
        for line in text.split(separator: "\n").prefix(5) {
            let block = try Block(decoding: #require(Hex.decode(line)))
            #expect(block.hasSignetSolution(in: .signet))
            #expect(!block.hasSignetSolution(in: other))
            var header = block.header
            header.time += 1
            #expect(
                !Block(header: header, transactions: block.transactions)
                    .hasSignetSolution(in: .signet))
            header = block.header
            header.nonce &+= 1
            #expect(
                Block(header: header, transactions: block.transactions)
                    .hasSignetSolution(in: .signet))
        }
    }
}
