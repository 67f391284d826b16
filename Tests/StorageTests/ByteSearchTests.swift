import Storage
import TestSupport
import Testing

@Suite("Search for a few bytes") struct ByteSearchTests {
    /// The same, slow and simple.
    private func naive(_ pattern: [UInt8], _ bytes: [UInt8], _ start: Int) -> Int? {
        guard !pattern.isEmpty, start >= 0 else { return nil }
        var place = start
        while place + pattern.count <= bytes.count {
            if Array(bytes[place..<place + pattern.count]) == pattern { return place }
            place += 1
        }
        return nil
    }

    @Test("It finds what a search byte by byte finds")
    func random() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            // Of few different bytes, so that beginnings of the pattern are everywhere.
            func some(_ count: Int) -> [UInt8] {
                (0..<count).map { _ in .random(in: 0...2, using: &random) }
            }
            let bytes = some(.random(in: 0...40, using: &random))
            let pattern = some(.random(in: 0...4, using: &random))
            let start = Int.random(in: -1...42, using: &random)
            #expect(
                ByteSearch.first(pattern, in: bytes.span, from: start)
                    == naive(pattern, bytes, start),
                "\(pattern) in \(bytes) from \(start), seed \(seed)")
        }
    }
}
