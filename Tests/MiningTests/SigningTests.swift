import Consensus
import Cryptography
import Genesis
import Keys
import MemoryPool
import Mining
import Primitives
import Scripting
import Testing

@Suite("Signed blocks") struct SigningTests {
    private func key(_ byte: UInt8) throws -> PrivateKey {
        PrivateKey(try #require(SecretKey(bytes: [UInt8](repeating: byte, count: 32))))
    }

    private func network(_ challenge: Script) -> Network {
        var network = Network.signet
        network.consensus.signetChallenge = Array(challenge.bytes)
        return network
    }

    private func block(_ challenge: Script, keys: [PrivateKey]) throws -> Block {
        let roster = try Rosters.make([3, 2, 1])
        var template = try Shares.template(roster)
        template.signer = BlockSigner(challenge: challenge, keys: keys)
        let search = NonceSearch(template, extraNonce: 7, time: 1_700_000_700)
        return try #require(search.run(from: 0, count: 1000))
    }

    @Test("A block signed with the challenge's key answers it, and is whole otherwise")
    func singleKey() throws {
        let key = try key(7)
        let hash = Hash160.hash(key.publicKeyBytes.span)
        let challenge = Script.payToWitnessPubKeyHash(hash)
        let block = try block(challenge, keys: [key])
        #expect(block.hasSignetSolution(in: network(challenge)))
        try block.checkMutation(checkingWitness: true)
        #expect(throws: Never.self) { try block.check(in: .regtest) }
        // It answers this challenge alone.
        let other = Script.payToWitnessPubKeyHash(Hash160.hash([1, 2, 3].span))
        #expect(!block.hasSignetSolution(in: network(other)))
    }

    @Test("What a signed block shows of its work is proven by its own coinbase")
    func share() throws {
        let key = try key(7)
        let hash = Hash160.hash(key.publicKeyBytes.span)
        for keys in [[key], []] {
            let block = try block(.payToWitnessPubKeyHash(hash), keys: keys)
            let (job, extraNonce) = try #require(ShareJob.of(block))
            #expect(extraNonce == [7, 0, 0, 0, 0, 0, 0, 0])
            var proof = ShareProof(
                job: 0, name: "m0", worker: "", work: 2, extraNonce: extraNonce,
                header: block.header)
            #expect(proof.isProven(by: job))
            proof.extraNonce[0] = 8
            #expect(!proof.isProven(by: job))
        }
        // Without an extra nonce there is none to be shown.
        let template = try Shares.template(try Rosters.make([1]), height: 201)
        #expect(ShareJob.of(template.block(extraNonce: 0)) == nil)
    }

    @Test("One key of two answers a challenge that wants one of two")
    func multisignature() throws {
        let keys = [try key(8), try key(9)]
        var script = ScriptBuilder()
        script.append(number: 1)
        for key in keys { script.append(push: key.publicKeyBytes) }
        script.append(number: 2)
        script.append(.checkMultiSig)
        let block = try block(script.script, keys: [keys[1]])
        #expect(block.hasSignetSolution(in: network(script.script)))
    }

    @Test("Without the key, or when anything is changed after signing, the answer does not hold")
    func wrong() throws {
        let key = try key(7)
        let challenge = Script.payToWitnessPubKeyHash(Hash160.hash(key.publicKeyBytes.span))
        #expect(
            !(try block(challenge, keys: [try self.key(8)]))
                .hasSignetSolution(in: network(challenge)))
        var later = try block(challenge, keys: [key])
        later = Block(
            header: BlockHeader(
                version: later.header.version, previous: later.header.previous,
                merkleRoot: later.header.merkleRoot, time: later.header.time + 1,
                bits: later.header.bits, nonce: later.header.nonce),
            transactions: later.transactions)
        #expect(!later.hasSignetSolution(in: network(challenge)))
    }

    @Test("A challenge that asks for nothing is answered by nothing")
    func trivial() throws {
        let block = try block([0x51], keys: [])
        #expect(block.hasSignetSolution(in: network([0x51])))
    }
}

@Suite("Mining schedule") struct MiningScheduleTests {
    @Test("Nothing is waited for unless it was asked for")
    func always() {
        #expect(MiningSchedule().pause(now: 0, tipTime: 100, transactions: 0, peers: 0) == nil)
    }

    @Test("An interval counts from the last block's time, to the second")
    func interval() {
        let schedule = MiningSchedule(interval: 60)
        #expect(schedule.pause(now: 159, tipTime: 100, transactions: 0, peers: nil) == .interval)
        #expect(schedule.pause(now: 160, tipTime: 100, transactions: 0, peers: nil) == nil)
        #expect(schedule.pause(now: .max, tipTime: .max, transactions: 0, peers: nil) == .interval)
    }

    @Test("Transactions and peers are waited for where that was asked for")
    func waiting() {
        let schedule = MiningSchedule(waitsForTransactions: true, waitsForPeers: true)
        #expect(schedule.pause(now: 0, tipTime: 0, transactions: 1, peers: 0) == .peers)
        #expect(schedule.pause(now: 0, tipTime: 0, transactions: 0, peers: 1) == .transactions)
        #expect(schedule.pause(now: 0, tipTime: 0, transactions: 1, peers: 1) == nil)
        #expect(schedule.pause(now: 0, tipTime: 0, transactions: 1, peers: nil) == nil)
    }
}
