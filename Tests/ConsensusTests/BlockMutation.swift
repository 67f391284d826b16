import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting
import TestSupport

/// A real block changed in one place, or its neighbour on the good side of an edge.
struct BlockMutation {
    /// The rule in question; those of one name share it.
    var name: String
    var block: Block
    /// The coins it is to spend, where not the published ones.
    var coins: [OutPoint: Coin]?
    /// Core's word for the rule it breaks; nil where it breaks none.
    var reason: String?
    /// What is left aside, since a change cannot make it good again.
    var leaving: RealBlock.Leaving

    /// Breaks nothing but what is left aside.
    init(
        _ name: String, allowed block: Block, coins: [OutPoint: Coin]? = nil,
        leaving: RealBlock.Leaving = [.proofOfWork, .scripts]
    ) {
        self.init(name, block, nil, coins: coins, leaving: leaving)
    }

    init(
        _ name: String, _ block: Block, _ reason: String?, coins: [OutPoint: Coin]? = nil,
        leaving: RealBlock.Leaving = [.proofOfWork, .scripts]
    ) {
        self.name = name
        self.block = block
        self.coins = coins
        self.reason = reason
        self.leaving = leaving
    }
}

// MARK: As anyone on the way could change it

extension RealBlock {
    /// Changes behind the header as it was mined: nothing is left aside.
    func changesBehindHeader() -> [BlockMutation] {
        let whole = Array(block.transactions)
        var changes: [BlockMutation] = []
        func add(_ name: String, _ transactions: [Transaction], _ reason: String) {
            changes.append(
                BlockMutation(name, behindOldRoot(transactions), reason, leaving: []))
        }
        let root = "bad-txnmrklroot"
        add("coinbase missing", Array(whole.dropFirst()), root)
        add(
            "coinbase raised",
            [whole[0].with(outputs: { $0[0].value += Amount(satoshis: 1) })]
                + whole.dropFirst(), root)
        if whole.count > 1 {
            add("last dropped", whole.dropLast(), root)
            add("coinbase last", whole.dropFirst() + [whole[0]], root)
            // An odd row of the tree repeats its last by itself (CVE-2012-2459).
            let isOdd = whole.count % 2 == 1
            add(
                isOdd ? "last doubled, unseen" : "last doubled", whole + [whole[whole.count - 1]],
                isOdd ? "bad-txns-duplicate" : root)
        } else {
            add("coinbase doubled", whole + whole, root)
        }
        if whole.count > 2 {
            var swapped = whole
            swapped.swapAt(1, 2)
            add("two swapped", swapped, root)
        }
        addWitnessChanges(whole, to: &changes)
        return changes
    }

    /// The root does not cover witnesses; the commitment in the coinbase does.
    private func addWitnessChanges(_ whole: [Transaction], to changes: inout [BlockMutation]) {
        func add(_ name: String, _ transactions: [Transaction], _ reason: String?) {
            changes.append(
                BlockMutation(name, behindOldRoot(transactions), reason, leaving: []))
        }
        func nonce(_ stack: [[UInt8]]) -> [Transaction] {
            [whole[0].with(inputs: { $0[0].witness = Witness(stack) })] + whole.dropFirst()
        }
        guard isUnder(.segwit), block.witnessCommitmentIndex != nil,
            let item = whole[0].inputs[0].witness.first
        else {
            add(
                "unexpected witness", nonce([[UInt8](repeating: 0, count: 32)]),
                "unexpected-witness")
            if whole.count > 1 {
                let marked = whole[whole.count - 1].with(inputs: { $0[0].witness = Witness([[1]]) })
                add("unexpected witness", whole.dropLast() + [marked], "unexpected-witness")
            }
            return
        }
        let size = "bad-witness-nonce-size"
        let match = "bad-witness-merkle-match"
        let bytes = Array(item)
        add("witness nonce size", nonce([]), size)
        add("witness nonce size", nonce([Array(bytes.dropLast())]), size)
        add("witness nonce size", nonce([bytes + [0]]), size)
        add("witness nonce size", nonce([bytes, []]), size)
        add("witness nonce flipped", nonce([[bytes[0] ^ 1] + bytes.dropFirst()]), match)
        if let place = whole.lastIndex(where: { $0.hasWitness && !$0.isCoinbase }) {
            var changed = whole
            changed[place] = whole[place].with(inputs: { inputs in
                for index in inputs.indices { inputs[index].witness = .empty }
            })
            add("witness stripped", changed, match)
            changed[place] = whole[place].with(inputs: { inputs in
                guard let index = inputs.firstIndex(where: { !$0.witness.isEmpty }) else { return }
                inputs[index].witness = Witness(inputs[index].witness.stack + [[]])
            })
            add("witness item more", changed, match)
        }
    }

    /// Each bit of the header flipped, what it is then refused for, and for what if proof of work
    /// is left aside.
    func headerBits() -> [(bit: Int, block: Block, reason: String?)] {
        (0..<640).map { bit in
            var bytes = block.header.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let header = (try? BlockHeader(decoding: bytes)) ?? block.header
            let changed = Block(header: header, transactions: block.transactions)
            return (bit, changed, headerReason(header))
        }
    }

    /// The rule that a header breaks which differs from the true one in one field.
    private func headerReason(_ header: BlockHeader) -> String? {
        let old = block.header
        if header.merkleRoot != old.merkleRoot { return "bad-txnmrklroot" }
        guard hasContext else { return nil }
        if header.bits != old.bits { return "bad-diffbits" }
        if Int64(header.time) <= medianTimePast { return "time-too-old" }
        if Int64(header.time) > Int64(old.time) + 7200 { return "time-too-new" }
        let least: Int32 = isUnder(.bip65) ? 4 : isUnder(.bip66) ? 3 : isUnder(.bip34) ? 2 : .min
        if header.version < least {
            let digits = String(UInt32(bitPattern: header.version), radix: 16)
            let zeros = String(repeating: "0", count: 8 - digits.count)
            return "bad-version(0x\(zeros)\(digits))"
        }
        return nil
    }
}
