/// What stands about the stored part of a script in its whole form: the fixed parts of the usual
/// templates, which are not stored.
struct ScriptFrame {
    /// The bytes before the stored part, the first lowest.
    let head: UInt32
    let headCount: Int
    /// How many bytes of the script are stored.
    let storedCount: Int
    /// The bytes after them, the first lowest.
    let tail: UInt16
    let tailCount: Int

    private init(
        _ head: UInt32, _ headCount: Int, storedCount: Int, _ tail: UInt16, _ tailCount: Int
    ) {
        self.head = head
        self.headCount = headCount
        self.storedCount = storedCount
        self.tail = tail
        self.tailCount = tailCount
    }

    /// That of a script stored as it is.
    init(bare count: Int) { self.init(0, 0, storedCount: count, 0, 0) }

    /// - Parameter kind: what the store has before the script; nil where a long public key is to be
    ///   computed from the short one that is stored.
    init?(kind: UInt64) {
        switch kind {
        case 0: self.init(0x14_A976, 3, storedCount: 20, 0xAC88, 2)
        case 1: self.init(0x14A9, 2, storedCount: 20, 0x87, 1)
        case 2, 3: self.init(33 | UInt32(kind) << 8, 2, storedCount: 32, 0xAC, 1)
        case 4, 5: return nil
        default: self.init(bare: Int(clamping: kind - CoinCodec.specialKinds))
        }
    }

    /// How long the whole script is.
    var count: Int { headCount + storedCount + tailCount }
}
