import Cryptography
import Testing

@Suite("SHA-256 kernels") struct SHA256KernelTests {
    private let bytes: [UInt8] = (0..<(64 * 67)).map {
        UInt8(truncatingIfNeeded: $0 &* 197 &+ $0 >> 7)
    }

    @Test("One is always available, and the best is among them")
    func choice() {
        #expect(SHA256Kernel.available.contains(.portable))
        #expect(SHA256Kernel.available.contains(.best))
    }

    @Test(
        "Every kernel hashes any count of messages as one by one",
        arguments: SHA256Kernel.available)
    func bulk(_ kernel: SHA256Kernel) {
        for count in [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 67] {
            let input = [UInt8](bytes.prefix(64 * count))
            let expected = (0..<count).map { index in
                let message = [UInt8](input[(64 * index)..<(64 * index + 64)])
                return SHA256.doubleHash(message.span)
            }
            var output: [Hash256] = [.max]
            SHA256.doubleHash64(input.span, into: &output, kernel: kernel)
            #expect(output == [.max] + expected)
        }
    }

    @Test(
        "Every kernel hashes messages of any lengths as one by one",
        arguments: SHA256Kernel.available)
    func messages(_ kernel: SHA256Kernel) {
        let seed = UInt64.random(in: .min ... .max)
        var random = seed
        func next(_ limit: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % limit
        }
        for count in 0..<24 {
            let ranges = (0..<count).map { _ in
                let start = next(1000)
                return start..<start + next(400)
            }
            let expected = ranges.map { SHA256.doubleHash(bytes.span.extracting($0)) }
            let hashes = SHA256.doubleHashes(of: ranges, in: bytes.span, kernel: kernel)
            #expect(hashes == expected, "seed \(seed)")
        }
        // One far longer than those beside it, and lengths about the edges of the padding.
        let edges = [0..<4000] + [0, 55, 56, 63, 64, 65, 119, 120, 128].map { 7..<7 + $0 }
        #expect(
            SHA256.doubleHashes(of: edges, in: bytes.span, kernel: kernel)
                == edges.map { SHA256.doubleHash(bytes.span.extracting($0)) })
        let nothing: [UInt8] = []
        #expect(
            SHA256.doubleHashes(of: [0..<0], in: nothing.span, kernel: kernel)
                == [SHA256.doubleHash(nothing.span)])
    }

    @Test(
        "Every kernel finds the same first nonce, and none that is not there",
        arguments: SHA256Kernel.available)
    func search(_ kernel: SHA256Kernel) {
        for round in 0..<UInt8(6) {
            var header = [UInt8](bytes.prefix(80))
            header[0] = round
            let hashes = (0..<UInt32(300)).map { nonce in hash(header, nonce) }
            for target in [hashes[0], hashes[150], hashes.min()!, .max, .zero] {
                let search = HeaderSearch(header: header.span, target: target, kernel: kernel)
                let expected = hashes.firstIndex { $0 <= target }.map(UInt32.init)
                #expect(search.search(from: 0, count: 300)?.nonce == expected)
                let later = hashes.dropFirst(37).firstIndex { $0 <= target }.map(UInt32.init)
                #expect(search.search(from: 37, count: 263)?.nonce == later)
                #expect(search.search(from: 37, count: 0)?.nonce == nil)
            }
            // One below the least is met by none.
            let least = hashes.min()!
            let (first, second, third, fourth) = least.words
            let below = Hash256(words: (first &- 1, second, third, fourth))
            let none = HeaderSearch(header: header.span, target: below, kernel: kernel)
            #expect(none.search(from: 0, count: 300) == nil)
        }
    }

    @Test("A search goes on at zero beyond the largest nonce", arguments: SHA256Kernel.available)
    func wraps(_ kernel: SHA256Kernel) {
        let header = [UInt8](bytes.prefix(80))
        let nonces = (0..<UInt32(40)).map { UInt32.max - 19 &+ $0 }
        let least = nonces.min { hash(header, $0) < hash(header, $1) }!
        let search = HeaderSearch(
            header: header.span, target: hash(header, least), kernel: kernel)
        #expect(search.search(from: UInt32.max - 19, count: 40)?.nonce == least)
    }

    /// Targets that a hash just meets, and just misses. The word by which the lanes are sifted is the
    /// same in all; the rest decides.
    private func edges(of hash: Hash256) -> [Hash256] {
        let (first, second, third, fourth) = hash.words
        let high: UInt64 = 0xffff_ffff << 32
        return [
            hash, Hash256(words: (first &- 1, second, third, fourth)),
            Hash256(words: (.max, .max, .max, fourth | ~high)),
            Hash256(words: (0, 0, 0, fourth & high)),
        ]
    }

    @Test(
        "Every kernel meets a target in every lane, as the last nonce of a range, and no sooner",
        arguments: SHA256Kernel.available)
    func lanes(_ kernel: SHA256Kernel) {
        let seed = UInt64.random(in: .min ... .max)
        var random = seed
        for round in 0..<12 {
            let header = (0..<80).map { _ in
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: random >> 56)
            }
            // Every other range goes on at zero beyond the largest nonce.
            let from = round % 2 == 0 ? UInt32.max - 20 : UInt32(truncatingIfNeeded: random >> 24)
            let hashes = (0..<UInt32(50)).map { hash(header, from &+ $0) }
            for position in hashes.indices {
                for target in edges(of: hashes[position]) {
                    let search = HeaderSearch(header: header.span, target: target, kernel: kernel)
                    for count in [position, position + 1] {
                        let expected = hashes.prefix(count).firstIndex { $0 <= target }
                            .map { from &+ UInt32($0) }
                        #expect(
                            search.search(from: from, count: UInt32(count))?.nonce == expected,
                            "seed \(seed), round \(round), position \(position)")
                    }
                    // Begun before it, the range holds it in a lane of its own each time.
                    let lead = position % 17
                    let start = from &+ UInt32(position - lead)
                    let expected = hashes[(position - lead)...position].firstIndex {
                        $0 <= target
                    }
                    #expect(
                        search.search(from: start, count: UInt32(lead + 1))?.nonce
                            == expected.map { from &+ UInt32($0) },
                        "seed \(seed), round \(round), position \(position)")
                }
            }
        }
    }

    @Test(
        "Every kernel finds the first nonce under any version, and its first version",
        arguments: SHA256Kernel.available)
    func versions(_ kernel: SHA256Kernel) {
        let seed = UInt64.random(in: .min ... .max)
        var random = seed
        for count in [1, 2, 3, 4, 5, 8, 11, 12, 16] {
            let header = (0..<80).map { _ in
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: random >> 56)
            }
            let versions = (0..<Int32(count)).map {
                Int32(truncatingIfNeeded: random >> 20) ^ ($0 << 13)
            }
            // Some ranges go on at zero beyond the largest nonce.
            let from = count % 2 == 0 ? UInt32.max - 3 : UInt32(truncatingIfNeeded: random >> 24)
            // In the order of the search: by nonce, then by version.
            let tried = (0..<UInt32(9)).flatMap { step in
                versions.map { HeaderSearch.Solution(nonce: from &+ step, version: $0) }
            }
            let hashes = tried.map { hash(header, $0.nonce, version: $0.version) }
            for position in hashes.indices {
                for target in edges(of: hashes[position]) {
                    let search = HeaderSearch(
                        header: header.span, versions: versions, target: target, kernel: kernel)
                    let nonce = position / count
                    for nonces in [nonce, nonce + 1, 9] {
                        let expected = hashes.prefix(nonces * count).firstIndex { $0 <= target }
                        #expect(
                            search.search(from: from, count: UInt32(nonces))
                                == expected.map { tried[$0] },
                            "seed \(seed), \(count) versions, position \(position)")
                    }
                    // Begun at it, so that it is the first nonce of the range.
                    let later = hashes.dropFirst(nonce * count).firstIndex { $0 <= target }
                    #expect(
                        search.search(from: from &+ UInt32(nonce), count: UInt32(9 - nonce))
                            == later.map { tried[$0] },
                        "seed \(seed), \(count) versions, position \(position)")
                }
            }
        }
    }

    @Test(
        "Of all versions that solve a nonce the first is told, and all nonces are tried in order",
        arguments: SHA256Kernel.available)
    func order(_ kernel: SHA256Kernel) {
        let header = [UInt8](bytes.prefix(80))
        let versions = (0..<Int32(16)).map { 0x2000_0000 | $0 << 13 }
        let any = HeaderSearch(
            header: header.span, versions: versions, target: .max, kernel: kernel)
        #expect(any.search(from: 7, count: 100) == .init(nonce: 7, version: 0x2000_0000))
        #expect(any.search(from: 7, count: 0) == nil)
        // Solutions far apart: kernels without versions of their own try some nonces under each.
        let target = Hash256(words: (.max, .max, .max, .max >> 17))
        let search = HeaderSearch(
            header: header.span, versions: versions, target: target, kernel: kernel)
        for start in [0, 100_000, UInt32.max - 5000] {
            var expected: HeaderSearch.Solution?
            for version in versions {
                let alone = HeaderSearch(
                    header: header.span, versions: [version], target: target, kernel: .portable)
                let count = expected.map { $0.nonce &- start } ?? 20_000
                expected = alone.search(from: start, count: count) ?? expected
            }
            #expect(expected != nil)
            #expect(search.search(from: start, count: 20_000) == expected)
        }
    }

    @Test("No version given is the header's own")
    func ownVersion() {
        let header = [UInt8](bytes.prefix(80))
        let own = (0..<4).reduce(UInt32(0)) { $0 | UInt32(header[$1]) << UInt32(8 * $1) }
        let search = HeaderSearch(header: header.span, target: .max)
        #expect(search.versionCount == 1)
        #expect(search.search(from: 3, count: 1)?.version == Int32(bitPattern: own))
    }

    private func hash(_ header: [UInt8], _ nonce: UInt32, version: Int32) -> Hash256 {
        var header = header
        for index in 0..<4 {
            header[index] = UInt8(truncatingIfNeeded: version >> (8 * Int32(index)))
        }
        return hash(header, nonce)
    }

    private func hash(_ header: [UInt8], _ nonce: UInt32) -> Hash256 {
        var header = header
        for index in 0..<4 { header[76 + index] = UInt8(truncatingIfNeeded: nonce >> (8 * index)) }
        return SHA256.doubleHash(header.span)
    }
}

@Suite("Merkle tree") struct MerkleTreeTests {
    private let leaves = (0..<UInt8(40)).map { SHA256.hash([$0].span) }

    private func slowRoot(_ leaves: [Hash256]) -> Hash256 {
        guard leaves.count > 1 else { return leaves.first ?? .zero }
        let above = stride(from: 0, to: leaves.count, by: 2).map { index in
            SHA256.doubleHash(leaves[index], leaves[min(index + 1, leaves.count - 1)])
        }
        return slowRoot(above)
    }

    @Test("The root is that of the plain recursion, and every branch leads to it")
    func roots() {
        for count in 0...40 {
            let some = [Hash256](leaves.prefix(count))
            let root = MerkleTree.root(some)
            #expect(root == slowRoot(some))
            #expect(!MerkleTree.rootAndMutation(some).isMutated)
            for position in some.indices {
                let branch = MerkleTree.branch(some, position: position)
                let leaf = some[position]
                #expect(MerkleTree.root(from: leaf, branch: branch, position: position) == root)
            }
        }
    }

    @Test("A repeated end has the same root and is told apart (CVE-2012-2459)")
    func mutation() {
        let honest = [Hash256](leaves.prefix(6))
        let mutated = honest + honest[4...5]
        #expect(MerkleTree.root(mutated) == MerkleTree.root(honest))
        #expect(MerkleTree.rootAndMutation(mutated).isMutated)
        #expect(MerkleTree.rootAndMutation([leaves[0], leaves[0]]).isMutated)
        #expect(!MerkleTree.rootAndMutation([leaves[0], leaves[1], leaves[1]]).isMutated)
        #expect(
            !MerkleTree.rootAndMutation([leaves[1], leaves[0], leaves[0], leaves[2]]).isMutated)
    }

    @Test("The double hash of a pair is that of its 64 bytes")
    func pair() {
        let bytes = leaves[0].bytes + leaves[1].bytes
        #expect(SHA256.doubleHash(leaves[0], leaves[1]) == SHA256.doubleHash(bytes.span))
    }
}
