import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import TestSupport
import Testing

/// What Core's `descriptor_tests.cpp` signs with the private keys in a descriptor's text, and nothing
/// else: an extended key signs as its root alone.
@Suite("Signing for descriptors", .enabled(if: Vectors.isPresent, Vectors.hint))
struct DescriptorSigningTests {
    /// What a spend brings along beside signatures.
    private struct Means {
        var lockTime: UInt32 = 0
        var sequence = TransactionInput.finalSequence
        var preimages: [[UInt8]] = []
    }

    /// The preimage of each hash that Core's descriptors ask one for.
    private static let preimage = Hex.decode(
        "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")

    /// What Core gives the spend of a row, by its number: that is not in the file.
    private func means(of number: Int) throws -> Means {
        let preimage = try #require(Self.preimage)
        return switch number {
        case 45: Means(lockTime: 1000, sequence: 1)
        case 46: Means(lockTime: 999, sequence: 2)
        case 47: Means(lockTime: 1000, sequence: 2)
        case 49, 51, 53, 55: Means(preimages: [preimage])
        case 61: Means(sequence: 42, preimages: [preimage])
        default: Means()
        }
    }

    @Test("Descriptors of core-extracted/descriptors.json are signed for where Core can")
    func sign() throws {
        let rows = try Vectors.json("core-extracted/descriptors.json").member("check").elements()
        #expect(rows.count == 71)
        var counts = (signed: 0, failed: 0)
        for (number, row) in rows.enumerated() {
            let flags = Set(try row.member("flags").elements().map { try $0.text() })
            let fails = flags.contains("SIGNABLE_FAILS")
            guard fails || flags.contains("SIGNABLE") else { continue }
            let means = try means(of: number)
            let text = try row.member("private").text()
            let descriptor = try Descriptor(text, network: .mainnet)
            let watching = try Descriptor(try row.member("public").text(), network: .mainnet)
            for index in try row.member("scripts").elements().indices {
                for form in [descriptor, watching] {
                    guard let expansion = form.expand(at: UInt32(index)) else {
                        #expect(flags.contains("HARDENED"))
                        continue
                    }
                    var provider = SigningProvider(secrets: descriptor.secrets.values)
                    provider.merge(expansion.provider)
                    for script in expansion.scripts {
                        let isSigned = try isSigned(script, by: provider, means)
                        #expect(isSigned != fails, "\(number) \(text)")
                    }
                }
            }
            if fails { counts.failed += 1 } else { counts.signed += 1 }
        }
        // One of the 38 rows that are signable bears both flags, and fails.
        #expect(counts == (37, 7))
    }

    /// Whether the one input of a transaction that spends the script becomes final.
    private func isSigned(
        _ script: Script, by provider: SigningProvider, _ means: Means
    ) throws -> Bool {
        let output = TransactionOutput(value: Amount(satoshis: 1000), script: script)
        let funding = Transaction(
            version: 2, inputs: [TransactionInput(outPoint: .null)], outputs: [output])
        let input = TransactionInput(
            outPoint: OutPoint(txid: funding.txid, index: 0), sequence: means.sequence)
        var psbt = PSBT(
            Transaction(
                version: 2, inputs: [input], outputs: [output], lockTime: means.lockTime),
            version: 0)
        psbt.inputs[0].previousTransaction = funding
        for preimage in means.preimages {
            psbt.inputs[0].preimages.ripemd160.insert(
                preimage, for: RIPEMD160.hash(preimage.span).bytes)
            psbt.inputs[0].preimages.sha256.insert(
                preimage, for: SHA256.hash(preimage.span).bytes)
            psbt.inputs[0].preimages.hash160.insert(
                preimage, for: Hash160.hash(preimage.span).bytes)
            psbt.inputs[0].preimages.hash256.insert(
                preimage, for: SHA256.doubleHash(preimage.span).bytes)
        }
        let status = psbt.process(provider: provider, finalizes: true)
        #expect(status == .complete)
        return psbt.inputs[0].isFinal
    }
}
