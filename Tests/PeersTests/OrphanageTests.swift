import Cryptography
import Peers
import Primitives
import Testing

@Suite("Transactions without parents") struct OrphanageTests {
    private let peers = (0..<4).map { PeerID(rawValue: $0) }

    /// A transaction that spends so many coins that nobody knows.
    private func orphan(_ tag: UInt32, inputs: UInt32 = 1, size: Int = 0) -> Transaction {
        Transaction(
            inputs: (0..<inputs).map {
                TransactionInput(
                    outPoint: OutPoint(txid: .max, index: tag * 1000 + $0), script: [])
            },
            outputs: [
                TransactionOutput(
                    value: Amount(satoshis: 1),
                    script: Script([UInt8](repeating: 0x51, count: size)))
            ])
    }

    @Test("A peer alone may have as many kept as there is room for, and no more")
    func alone() {
        var orphanage = Orphanage()
        let count = Orphanage.shareOfWeight / orphan(0).weight.units
        for tag in 0..<count { orphanage.insert(orphan(UInt32(tag)), from: peers[0]) }
        #expect(count > 1000 && orphanage.count == count)
        orphanage.insert(orphan(UInt32(count)), from: peers[0])
        #expect(orphanage.count == count)
        #expect(!orphanage.contains(orphan(0).wtxid))
        #expect(orphanage.contains(orphan(1).wtxid))
    }

    @Test("Who keeps within its share loses none on account of who does not")
    func fair() {
        var orphanage = Orphanage()
        let honest = (0..<100).map { orphan(UInt32($0)) }
        for one in honest { orphanage.insert(one, from: peers[0]) }
        for tag in 100..<4000 { orphanage.insert(orphan(UInt32(tag)), from: peers[1]) }
        #expect(honest.allSatisfy { orphanage.contains($0.wtxid) })
        #expect(orphanage.count == 3000)
        // As for the room that they take.
        for tag in 5000..<5100 {
            orphanage.insert(orphan(UInt32(tag), size: 20_000), from: peers[2])
        }
        #expect(honest.allSatisfy { orphanage.contains($0.wtxid) })
        let weight = orphanage.all.reduce(0) { $0 + $1.weight }
        #expect(weight <= 3 * Orphanage.shareOfWeight)
    }

    @Test("Of more peers than there is room for each may still come")
    func crowd() {
        var orphanage = Orphanage()
        for number in 0..<3010 {
            orphanage.insert(orphan(UInt32(number)), from: PeerID(rawValue: Int64(number)))
        }
        #expect(orphanage.count == 3000)
    }

    @Test("Many inputs count for many, and the largest is the largest standard one")
    func costs() {
        var orphanage = Orphanage()
        for tag in 0..<400 {
            orphanage.insert(orphan(UInt32(tag), inputs: 100), from: peers[0])
        }
        // Each costs eleven.
        #expect(orphanage.count <= 3000 / 11)
        var other = Orphanage()
        other.insert(orphan(0, size: 99_900), from: peers[0])
        #expect(other.count == 1)
        other.insert(orphan(1, size: 100_000), from: peers[0])
        #expect(other.count == 1)
    }

    @Test("One that several sent is kept until the last of them is gone")
    func several() {
        var orphanage = Orphanage()
        let one = orphan(1)
        for peer in peers { orphanage.insert(one, from: peer) }
        let isNew = orphanage.insert(one, from: peers[0])
        #expect(!isNew)
        #expect(orphanage.all.map(\.peers) == [Set(peers)])
        for peer in peers.dropLast() { orphanage.forget(peer) }
        #expect(orphanage.contains(one.wtxid))
        orphanage.forget(peers[3])
        #expect(orphanage.count == 0)
    }

    @Test("The children of a transaction are found, and what a block spends is let go of")
    func spending() {
        var orphanage = Orphanage()
        let parent = orphan(1)
        let child = Transaction(
            inputs: [
                TransactionInput(outPoint: OutPoint(txid: parent.txid, index: 0), script: []),
                TransactionInput(outPoint: OutPoint(txid: .max, index: 7), script: []),
            ], outputs: [TransactionOutput(value: Amount(satoshis: 1), script: [])])
        orphanage.insert(child, from: peers[1])
        orphanage.insert(orphan(2), from: peers[1])
        let children = orphanage.children(of: parent)
        #expect(children.map(\.wtxid) == [child.wtxid])
        #expect(children.map(\.peers) == [[peers[1]]])
        let points = [OutPoint(txid: .max, index: 7), OutPoint(txid: .max, index: 8)]
        #expect(orphanage.remove(spending: points) == 1)
        #expect(!orphanage.contains(child.wtxid))
        #expect(orphanage.children(of: parent).isEmpty)
        #expect(orphanage.count == 1)
    }
}
