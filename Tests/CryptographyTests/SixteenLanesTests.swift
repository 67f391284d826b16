import CSHA256
import SixteenLanes
import TestSupport
import Testing

/// What AVX-512 does in sixteen lanes and two chains, in vectors that any processor runs.
@Suite("Header search in sixteen lanes") struct SixteenLanesTests {
    private typealias Found = (nonce: UInt32, version: UInt32)?

    @Test("Nonces side by side: the first that meets the target, in every lane of both chains")
    func nonces() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        for round in 0..<4 {
            let header = (0..<80).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let from =
                round % 2 == 0 ? UInt32.max - 20 : UInt32.random(in: 0...1000, using: &random)
            for place in UInt32(0)..<70 {
                let target = hash(header, nonce: from &+ place, version: header[0])
                var search = prepared(header, version: header[0], target: target)
                for count in [UInt64(place), UInt64(place) + 1, 70] {
                    var (expected, found) = (UInt32(0), UInt32(0))
                    let isExpected = csha256_search_run(
                        CSHA256_PORTABLE, &search, from, count, &expected)
                    let isFound = sixteen_search(&search, from, count, &found)
                    #expect(isFound == isExpected, "seed \(seed), round \(round), place \(place)")
                    #expect(found == expected, "seed \(seed), round \(round), place \(place)")
                }
            }
        }
    }

    @Test("Versions side by side: the first nonce under any, and its first version")
    func versions() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        for round in 0..<3 {
            let header = (0..<80).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let from = round % 2 == 0 ? UInt32.max - 9 : UInt32.random(in: 0...1000, using: &random)
            // Nonces beyond those whose words are worked out together.
            for place in UInt32(0)..<35 {
                let version = UInt8.random(in: 0..<16, using: &random)
                let target = hash(header, nonce: from &+ place, version: version)
                let searches = (0..<UInt8(16)).map {
                    prepared(header, version: $0, target: target)
                }
                for count in [UInt64(place), UInt64(place) + 1, 35] {
                    let expected = find(searches) {
                        csha256_search_run_versions(CSHA256_PORTABLE, $0, 16, from, count, $1, $2)
                    }
                    let found = find(searches) {
                        sixteen_search_versions($0, 16, from, count, $1, $2)
                    }
                    #expect(
                        found?.nonce == expected?.nonce && found?.version == expected?.version,
                        "seed \(seed), round \(round), place \(place), count \(count)")
                }
            }
        }
    }

    private func find(
        _ searches: [csha256_search],
        _ run: (
            UnsafePointer<csha256_search>?, UnsafeMutablePointer<UInt32>,
            UnsafeMutablePointer<UInt32>
        ) -> Bool
    ) -> Found {
        var (nonce, version) = (UInt32(0), UInt32(0))
        let isFound = searches.withUnsafeBufferPointer { run($0.baseAddress, &nonce, &version) }
        return isFound ? (nonce, version) : nil
    }

    private func prepared(
        _ header: [UInt8], version: UInt8, target: [UInt8]
    ) -> csha256_search {
        var (header, search) = (header, csha256_search())
        header[0] = version
        csha256_search_prepare(&search, header, target)
        return search
    }

    private func hash(_ header: [UInt8], nonce: UInt32, version: UInt8) -> [UInt8] {
        var changed = header
        changed[0] = version
        for index in 0..<4 { changed[76 + index] = UInt8(truncatingIfNeeded: nonce >> (8 * index)) }
        var digest = [UInt8](repeating: 0, count: 32)
        csha256_double_hash(&digest, changed, changed.count)
        return digest
    }
}
