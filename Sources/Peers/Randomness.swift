import Cryptography

/// Random numbers from a secret seed: unpredictable to peers, the same again for the same seed.
public struct Randomness: RandomNumberGenerator, Sendable {
    private let key: (UInt64, UInt64)
    private var counter: UInt64 = 0

    /// - Parameter seed: drawn from the system outside; any number in a simulation.
    public init(seed: (UInt64, UInt64)) { key = seed }

    /// A key that stays the same, for choices that are to be made alike again.
    var secret: (UInt64, UInt64) { (key.0 ^ 0x5EED, key.1) }

    public mutating func next() -> UInt64 {
        counter &+= 1
        return SipHash24.hash(key.0, key.1, Hash256(words: (counter, 0, 0, 0)))
    }

    /// A duration that has no memory, as between the events of a Poisson process.
    ///
    /// Von Neumann's method: it compares uniform numbers, and so needs no logarithm.
    mutating func exponential(mean: Duration) -> Duration {
        var whole = 0.0
        while true {
            let first = uniform()
            var last = first
            var isOdd = true
            while true {
                let value = uniform()
                if value >= last { break }
                last = value
                isOdd.toggle()
            }
            if isOdd { return mean * (whole + first) }
            whole += 1
        }
    }

    /// A number from 0 up to and without 1.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number that is 0 only for nobody: for nonces where 0 means none.
    mutating func nonzero() -> UInt64 {
        while true {
            let value = next()
            if value != 0 { return value }
        }
    }
}
