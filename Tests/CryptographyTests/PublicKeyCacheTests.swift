import Cryptography
import Dispatch
import Synchronization
import Testing

extension PublicKeyCache {
    fileprivate func read(_ bytes: [UInt8]) -> PublicKey? { key(bytes.span) }
    fileprivate func read(xOnly bytes: [UInt8]) -> PublicKey? { key(xOnly: bytes.span) }
}

@Suite("Public keys read before") struct PublicKeyCacheTests {
    /// Keys of small secrets, which are all different.
    private static func keys(_ count: Int) -> [PublicKey] {
        (1...count).compactMap { number in
            let secret =
                [UInt8](repeating: 0, count: 30) + [UInt8(number >> 8), UInt8(number & 255)]
            return SecretKey(bytes: secret)?.publicKey
        }
    }

    @Test("A key comes out as it is read afresh, in every form, whatever was read before")
    func forms() throws {
        let cache = PublicKeyCache()
        let keys = Self.keys(50)
        #expect(keys.count == 50)
        for _ in 0..<3 {
            for key in keys {
                let (short, long) = (key.compressed, key.uncompressed)
                #expect(cache.read(short) == key)
                #expect(cache.read(long) == key)
                var hybrid = long
                hybrid[0] = key.hasOddY ? 7 : 6
                #expect(cache.read(hybrid) == key)
                var mirrored = short
                mirrored[0] ^= 1
                #expect(cache.read(mirrored) == key.negated)
                let even = key.hasOddY ? key.negated : key
                #expect(cache.read(xOnly: Array(short.dropFirst())) == even)
            }
        }
    }

    @Test("What is no key is none, also when a key of the same x was read")
    func refusals() throws {
        let cache = PublicKeyCache()
        let key = try #require(Self.keys(1).first).compressed
        #expect(cache.read(key) != nil)
        for first in [UInt8](0...255) where first != 2 && first != 3 {
            #expect(cache.read([first] + key.dropFirst()) == nil)
        }
        #expect(cache.read(key.dropLast()) == nil)
        #expect(cache.read(key + [0]) == nil)
        #expect(cache.read([]) == nil)
        #expect(cache.read(xOnly: key) == nil)
        #expect(cache.read(xOnly: []) == nil)
        // No point has an x of 5, nor one as large as the field.
        for x in [[UInt8](repeating: 0, count: 31) + [5], [UInt8](repeating: 0xFF, count: 32)] {
            for _ in 0..<2 {
                #expect(cache.read([2] + x) == nil)
                #expect(cache.read([3] + x) == nil)
                #expect(cache.read(xOnly: x) == nil)
            }
        }
    }

    @Test("Keys that share a place push each other out and nothing else")
    func sharing() {
        let cache = PublicKeyCache()
        // More than there are places, so that some must share one.
        let keys = Self.keys(PublicKeyCache.capacity + 500)
        for _ in 0..<2 {
            for key in keys { #expect(cache.read(key.compressed) == key) }
        }
    }

    @Test("Threads that read the same keys at once all get them right")
    func threads() {
        let cache = PublicKeyCache()
        let keys = Self.keys(200)
        let wrong = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for round in 0..<20 {
                for number in keys.indices {
                    let key = keys[(number + 37 * thread + round) % keys.count]
                    if cache.read(key.compressed) != key {
                        wrong.add(1, ordering: .relaxed)
                    }
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }
}
