/// What is at hand to satisfy a Miniscript.
struct MiniscriptMaterial {
    /// The keys as they are pushed.
    var keys: [[UInt8]]
    /// The signature of each key, if there is one.
    var signatures: [[UInt8]?]
    var preimages = PSBT.Preimages()
    /// Whether an absolute lock is over.
    var isPast: (_ lockTime: UInt32) -> Bool
    /// Whether a relative lock is over.
    var isOlder: (_ sequence: UInt32) -> Bool

    func preimage(_ function: Miniscript.HashFunction, of hash: [UInt8]) -> [UInt8]? {
        switch function {
        case .sha256: preimages.sha256[hash]
        case .hash256: preimages.hash256[hash]
        case .ripemd160: preimages.ripemd160[hash]
        case .hash160: preimages.hash160[hash]
        }
    }
}
