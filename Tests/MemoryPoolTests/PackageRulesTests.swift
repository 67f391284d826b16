import Cryptography
import MemoryPool
import Primitives
import Testing

@Suite("Transactions that are judged together") struct PackageRulesTests {
    private func transaction(_ points: OutPoint..., size: Int = 0) -> Transaction {
        Transaction(
            inputs: points.map { TransactionInput(outPoint: $0, script: []) },
            outputs: [
                TransactionOutput(
                    value: Amount(satoshis: 1),
                    script: Script([UInt8](repeating: 0x51, count: size)))
            ])
    }

    private func coin(_ index: UInt32) -> OutPoint { OutPoint(txid: .max, index: index) }

    private func error(_ package: [Transaction]) -> PackageError? {
        do throws(PackageError) {
            try PackageRules.check(package)
            return nil
        } catch {
            return error
        }
    }

    @Test("Twenty-five are not too many")
    func count() {
        let all = (0..<26).map { transaction(coin($0)) }
        #expect(error(Array(all.dropLast())) == nil)
        #expect(error(all) == .tooMany)
    }

    @Test("Together they may weigh 404,000 units, one alone more")
    func weight() {
        let rest = 404_000 - 2 * transaction(coin(0)).weight.units
        // Two lengths of scripts take five bytes rather than one.
        let size = (rest / 4 - 8) / 2
        let fits = [transaction(coin(0), size: size), transaction(coin(1), size: size)]
        #expect(fits.reduce(0) { $0 + $1.weight.units } <= 404_000)
        #expect(error(fits) == nil)
        let large = [fits[0], transaction(coin(1), size: size + 10)]
        #expect(error(large) == .tooLarge)
        #expect(error([transaction(coin(0), size: 200_000)]) == nil)
    }

    @Test("None may come twice, nor before what it spends")
    func order() {
        let parent = transaction(coin(0))
        let child = transaction(OutPoint(txid: parent.txid, index: 0))
        #expect(error([parent, child]) == nil)
        #expect(error([child, parent]) == .unsorted)
        #expect(error([parent, child, parent]) == .duplicates)
    }

    @Test("No coin may be spent by two of them; by one twice is not told here")
    func conflicts() {
        #expect(error([transaction(coin(0)), transaction(coin(1), coin(0))]) == .conflict)
        #expect(error([transaction(coin(0), coin(0)), transaction(coin(1))]) == nil)
    }
}
