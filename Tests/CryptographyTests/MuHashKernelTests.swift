import CMuHash
import Cryptography
import TestSupport
import Testing

@Suite("Kernels of MuHash") struct MuHashKernelTests {
    /// 3072 bits, least significant word first.
    private typealias Number = [UInt64]

    private static let wordCount = 48
    private static let excess: UInt64 = 1_103_717
    private static let largest = Number(repeating: .max, count: wordCount)
    private static let modulus = [0 &- excess] + Number(repeating: .max, count: wordCount - 1)
    private static let kernels = [CMUHASH_PORTABLE, CMUHASH_ADX].filter(cmuhash_is_available)

    private static func small(_ value: UInt64) -> Number {
        [value] + Number(repeating: 0, count: wordCount - 1)
    }

    /// Zero, one, and what stands about the modulus and the edges of words.
    private static let edges: [Number] =
        [small(0), small(1), small(.max), modulus, largest]
        + [1, 2, excess].map { [modulus[0] &- $0] + modulus.dropFirst() }
        + [[modulus[0] + 1] + modulus.dropFirst()]
        + [Number(repeating: 0, count: wordCount - 1) + [.max]]
        + [Number(repeating: 1, count: wordCount)]

    // MARK: Slow and simple

    private static func isBelow(_ left: Number, _ right: Number) -> Bool {
        left.reversed().lexicographicallyPrecedes(right.reversed())
    }

    private static func reduced(_ number: Number) -> Number {
        guard !isBelow(number, modulus) else { return number }
        return small(number[0] &- modulus[0])
    }

    /// Adds two numbers below the modulus.
    private static func sum(_ left: Number, _ right: Number) -> Number {
        var sum: Number = []
        var carry: UInt64 = 0
        for (a, b) in zip(left, right) {
            let (partial, first) = a.addingReportingOverflow(b)
            let (word, second) = partial.addingReportingOverflow(carry)
            sum.append(word)
            carry = first || second ? 1 : 0
        }
        // What runs over is 2^3072, which is `excess`.
        return carry == 0 ? reduced(sum) : Self.sum(sum, small(excess))
    }

    /// Bit by bit.
    private static func product(_ left: Number, _ right: Number) -> Number {
        let left = reduced(left)
        var product = small(0)
        for word in right.reversed() {
            for bit in (0..<64).reversed() {
                product = sum(product, product)
                if word >> UInt64(bit) & 1 == 1 { product = sum(product, left) }
            }
        }
        return product
    }

    private static func product(
        _ kernel: cmuhash_kernel, _ left: Number, _ right: Number
    ) -> Number {
        var product = left
        cmuhash_multiply(kernel, &product, right)
        return product
    }

    private static func random(_ generator: inout SeededGenerator) -> Number {
        (0..<wordCount).map { _ in
            // Words of all ones and of none carry the furthest.
            switch generator.next() % 8 {
            case 0: 0
            case 1: .max
            default: generator.next()
            }
        }
    }

    // MARK: Claims

    @Test("Each kernel's products are those made bit by bit")
    func slowProducts() {
        var generator = SeededGenerator(seed: 3072)
        var pairs = [(Self.largest, Self.largest), (Self.modulus, Self.largest)]
        pairs += (0..<6).map { _ in (Self.random(&generator), Self.random(&generator)) }
        for (left, right) in pairs {
            let expected = Self.product(left, right)
            for kernel in Self.kernels {
                #expect(Self.product(kernel, left, right) == expected)
            }
        }
    }

    @Test("All kernels make the same products at the edges, and what is known of them")
    func edgeProducts() {
        for left in Self.edges {
            for kernel in Self.kernels {
                #expect(Self.product(kernel, left, Self.small(0)) == Self.small(0))
                #expect(Self.product(kernel, left, Self.modulus) == Self.small(0))
                #expect(Self.product(kernel, left, Self.small(1)) == Self.reduced(left))
                var square = left
                square.withUnsafeMutableBufferPointer {
                    cmuhash_multiply(kernel, $0.baseAddress, $0.baseAddress)
                }
                #expect(square == Self.product(CMUHASH_PORTABLE, left, left))
                for right in Self.edges {
                    let expected = Self.product(CMUHASH_PORTABLE, left, right)
                    #expect(Self.product(kernel, left, right) == expected)
                }
            }
        }
    }

    @Test("All kernels make the same products of random numbers")
    func randomProducts() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let (left, right) = (Self.random(&generator), Self.random(&generator))
            let expected = Self.product(CMUHASH_PORTABLE, left, right)
            for kernel in Self.kernels {
                #expect(Self.product(kernel, left, right) == expected, "seed \(seed)")
            }
        }
    }

    @Test("Each kernel's key stream is that of ChaCha20")
    func keystreams() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let key = (0..<32).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            var cipher = ChaCha20(key: key.span)
            let expected = cipher.keystream(count: 384)
            for kernel in Self.kernels {
                var words = Self.small(0)
                cmuhash_keystream(kernel, &words, key)
                let bytes = words.flatMap { word in
                    (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
                }
                #expect(bytes == expected, "seed \(seed)")
            }
        }
    }
}
