import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import TestSupport
import Testing

@Suite("256-bit numbers and proof of work") struct ProofOfWorkTests {
    @Test(
        "Compact targets are read and written as Core does",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func compact() throws {
        let rows = try Vectors.json("core-extracted/pow.json").member("compact").elements()
        #expect(rows.count == 20)
        for row in rows {
            let bits = try #require(UInt32(row.member("compact").text(), radix: 16))
            let target = UInt256.decodeCompact(bits)
            #expect(target.isNegative == (row["negative"]?.bool == true))
            #expect(target.isOverflow == (row["overflow"]?.bool == true))
            if target.isOverflow { continue }
            #expect(try target.value.hex == row.member("target").text())
            if target.isNegative { continue }
            let again = try #require(UInt32(row.member("recompact").text(), radix: 16))
            #expect(target.value.compact == again)
        }
    }

    @Test(
        "A period's length gives the bits Core gives",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func retarget() throws {
        let rows = try Vectors.json("core-extracted/pow.json").member("retarget").elements()
        #expect(rows.count == 4)
        let rules = Network.mainnet.consensus
        for row in rows {
            let last = try #require(UInt32(row.member("last_bits").text(), radix: 16))
            let expected = try #require(UInt32(row.member("expected_bits").text(), radix: 16))
            let bits = try rules.bits(
                afterPeriodOf: last, firstTime: row.member("first_block_time").integer(),
                lastTime: row.member("last_time").integer())
            #expect(bits == expected)
            let height = Int(try row.member("last_height").integer()) + 1
            #expect(rules.isPermittedTransition(at: height, from: last, to: bits))
            #expect(!rules.isPermittedTransition(at: height + 1, from: last, to: last - 1))
        }
    }

    @Test("No more than a factor of four is a permitted step, either way")
    func permitted() {
        let rules = Network.mainnet.consensus
        let old: UInt32 = 0x1c05_a3f4
        #expect(rules.isPermittedTransition(at: 2016, from: old, to: 0x1c16_8fd0))
        #expect(!rules.isPermittedTransition(at: 2016, from: old, to: 0x1c16_8fd1))
        #expect(rules.isPermittedTransition(at: 2016, from: old, to: 0x1c01_68fd))
        #expect(!rules.isPermittedTransition(at: 2016, from: old, to: 0x1c01_68fc))
        #expect(rules.isPermittedTransition(at: 2017, from: old, to: old))
        #expect(Network.testnet3.consensus.isPermittedTransition(at: 5, from: 1, to: 2))
    }

    @Test("Arithmetic keeps its laws on numbers of every width")
    func laws() {
        var generator = SeededGenerator(seed: 256)
        func number() -> UInt256 {
            let words = (0..<4).map { _ in generator.next() }
            return UInt256(limbs: (words[0], words[1], words[2], words[3]))
                >> Int.random(in: 0..<256, using: &generator)
        }
        for _ in 0..<2000 {
            let (a, b, c) = (number(), number(), number())
            #expect((a &+ b) &- b == a)
            #expect(a &* (b &+ c) == a &* b &+ a &* c)
            if b != .zero {
                let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
                #expect(remainder < b)
                #expect(quotient &* b &+ remainder == a)
            }
            let shift = Int.random(in: 0..<256, using: &generator)
            #expect((a << shift) >> shift == a & (UInt256.max >> shift))
            #expect(UInt256(hex: a.hex) == a)
            #expect(UInt256(littleEndian: a.littleEndianBytes) == a)
            #expect(UInt256(a.hash) == a)
            #expect(UInt256.decodeCompact(a.compact).value <= a)
        }
        #expect(UInt256(7) / UInt256(2) == UInt256(3))
        #expect(UInt256.max &+ 1 == .zero)
        #expect(UInt256(hex: "") == nil)
        #expect(UInt256(hex: "0x1") == nil)
        #expect(UInt256.one << 255 > UInt256.max >> 1)
        #expect((UInt256.one << 64).approximateDouble == 18_446_744_073_709_551_616)
    }

    @Test("A hash at the target has done its work, one above has not")
    func check() {
        let limit = Network.mainnet.consensus.powLimit
        let target = UInt256.decodeCompact(0x1d00_ffff).value
        #expect(ProofOfWork.check(hash: target.hash, bits: 0x1d00_ffff, limit: limit))
        #expect(!ProofOfWork.check(hash: (target &+ 1).hash, bits: 0x1d00_ffff, limit: limit))
        // A target that is easier than the limit, negative, zero, or too wide counts for nothing.
        for bits: UInt32 in [0x1d01_0000, 0x0180_0001, 0x1d80_ffff, 0, 0xff12_3456, 0x2300_0001] {
            #expect(!ProofOfWork.check(hash: .zero, bits: bits, limit: limit))
        }
        #expect(ProofOfWork.work(bits: 0x1d00_ffff) == UInt256(0x1_0001_0001))
        #expect(ProofOfWork.work(bits: 0x207f_ffff) == 2)
        #expect(ProofOfWork.work(bits: 0x1d80_ffff) == 0)
        #expect(ProofOfWork.difficulty(bits: 0x1d00_ffff) == 1)
        #expect(ProofOfWork.difficulty(bits: 0x1b04_04cb) == 16307.420938523983)
    }
}

extension UInt256 {
    fileprivate static func & (left: UInt256, right: UInt256) -> UInt256 {
        let (a, b) = (left.limbs, right.limbs)
        return UInt256(limbs: (a.0 & b.0, a.1 & b.1, a.2 & b.2, a.3 & b.3))
    }
}
