/// SHA3-256 (FIPS 202), which the names of Tor v3 services need and nothing else here does.
package enum SHA3 {
    private static let rate = 136

    package static func hash256(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x06]
        padded += Array(repeating: 0, count: (rate - padded.count % rate) % rate)
        padded[padded.count - 1] |= 0x80

        var state = [UInt64](repeating: 0, count: 25)
        for block in stride(from: 0, to: padded.count, by: rate) {
            for lane in 0..<rate / 8 {
                for byte in 0..<8 {
                    state[lane] ^= UInt64(padded[block + 8 * lane + byte]) << UInt64(8 * byte)
                }
            }
            permute(&state)
        }
        return (0..<32).map { UInt8(truncatingIfNeeded: state[$0 / 8] >> UInt64(8 * ($0 % 8))) }
    }

    private static func permute(_ state: inout [UInt64]) {
        var register: UInt8 = 1
        for _ in 0..<24 {
            var parity = Array(state[..<5])
            for index in 5..<25 { parity[index % 5] ^= state[index] }
            for index in 0..<25 {
                state[index] ^= parity[(index + 4) % 5] ^ rotate(parity[(index + 1) % 5], 1)
            }
            var (x, y) = (1, 0)
            var moved = state[1]
            for step in 0..<24 {
                (x, y) = (y, (2 * x + 3 * y) % 5)
                let kept = state[x + 5 * y]
                state[x + 5 * y] = rotate(moved, UInt64((step + 1) * (step + 2) / 2 % 64))
                moved = kept
            }
            for row in stride(from: 0, to: 25, by: 5) {
                let lanes = Array(state[row..<row + 5])
                for x in 0..<5 {
                    state[row + x] = lanes[x] ^ (~lanes[(x + 1) % 5] & lanes[(x + 2) % 5])
                }
            }
            for bit in 0..<7 {
                if register & 1 != 0 { state[0] ^= 1 << UInt64((1 << bit) - 1) }
                register = register & 0x80 != 0 ? register << 1 ^ 0x71 : register << 1
            }
        }
    }

    private static func rotate(_ lane: UInt64, _ count: UInt64) -> UInt64 {
        count == 0 ? lane : lane << count | lane >> (64 - count)
    }
}
