package import Cryptography

/// What one end of an encrypted connection draws at random: its key, the form in which that is
/// sent, and the garbage behind it.
package struct TransportSecrets: Sendable {
    let secret: SecretKey
    let form: ElligatorSwift
    let garbage: [UInt8]

    /// The most garbage that may be sent, in bytes.
    package static let maximumGarbage = 4095

    package init(secret: SecretKey, form: ElligatorSwift, garbage: [UInt8]) {
        precondition(garbage.count <= Self.maximumGarbage, "garbage has a limit")
        self.secret = secret
        self.form = form
        self.garbage = garbage
    }

    /// All of it from 32 bytes that nobody else knows and that serve no second time.
    package init(seed: Hash256) {
        var generator = seed.withBytes { KeystreamGenerator(stream: ChaCha20(key: $0)) }
        var drawn = SecretKey(bytes: generator.stream.keystream(count: 32))
        // Once in 2^127 the bytes are no key.
        while drawn == nil { drawn = SecretKey(bytes: generator.stream.keystream(count: 32)) }
        guard let secret = drawn else { preconditionFailure("the loop ends with a key") }
        let form = ElligatorSwift(secret, using: &generator)
        let count = Int(generator.next() % UInt64(Self.maximumGarbage + 1))
        self.init(
            secret: secret, form: form, garbage: generator.stream.keystream(count: count))
    }
}

/// Numbers of a key stream, as unforeseeable as its key.
private struct KeystreamGenerator: RandomNumberGenerator {
    var stream: ChaCha20

    mutating func next() -> UInt64 {
        stream.keystream(count: 8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
