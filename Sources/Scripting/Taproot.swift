public import Cryptography

/// The numbers and hashes of taproot outputs (BIP341).
public enum Taproot {
    /// The leaf version of tapscript (BIP342).
    public static let tapscriptLeafVersion: UInt8 = 0xc0
    /// The first byte of an annex.
    public static let annexTag: UInt8 = 0x50
    /// Bytes of a control block without a path: leaf version and parity, internal key.
    public static let controlBaseSize = 33
    /// Hashes on the longest path.
    public static let maximumPathLength = 128

    /// Whether a control block has a size that can be.
    public static func isControlSize(_ size: Int) -> Bool {
        size >= controlBaseSize && size <= controlBaseSize + 32 * maximumPathLength
            && (size - controlBaseSize) % 32 == 0
    }

    /// The hash of a leaf: its version and script.
    public static func leafHash(
        version: UInt8 = tapscriptLeafVersion, script: ArraySlice<UInt8>
    ) -> Hash256 {
        var stream = leafTag
        stream.update(version)
        stream.update(sized: script)
        return stream.finalize()
    }

    /// The hash of two nodes, the one that comes first in byte order before the other.
    public static func branchHash(_ left: Hash256, _ right: Hash256) -> Hash256 {
        var stream = branchTag
        let ordered = left.precedesInBytes(right)
        stream.update(ordered ? left : right)
        stream.update(ordered ? right : left)
        return stream.finalize()
    }

    /// The root that a leaf and the path in a control block lead to. The control block must have
    /// one of the sizes that can be.
    public static func merkleRoot(control: ArraySlice<UInt8>, leafHash: Hash256) -> Hash256 {
        var root = leafHash
        var path = control.dropFirst(controlBaseSize)
        while let node = Hash256(bytes: path.prefix(32)) {
            root = branchHash(root, node)
            path = path.dropFirst(32)
        }
        return root
    }

    /// The hash of an annex, its length before it.
    public static func annexHash(_ annex: ArraySlice<UInt8>) -> Hash256 {
        var stream = SHA256Stream()
        stream.update(sized: annex)
        return stream.finalize()
    }

    /// What an internal key is tweaked with: `SHA256` tagged `TapTweak` of the key and the root.
    public static func tweak(internalKey: ArraySlice<UInt8>, merkleRoot: Hash256?) -> Hash256 {
        var stream = tweakTag
        stream.update(internalKey)
        if let merkleRoot { stream.update(merkleRoot) }
        return stream.finalize()
    }

    private static let leafTag = SHA256Stream(tag: "TapLeaf")
    private static let branchTag = SHA256Stream(tag: "TapBranch")
    private static let tweakTag = SHA256Stream(tag: "TapTweak")
}

extension Hash256 {
    /// Whether this comes first when the bytes are compared from the first on.
    fileprivate func precedesInBytes(_ other: Hash256) -> Bool {
        let (own, theirs) = (words, other.words)
        if own.0 != theirs.0 { return own.0.byteSwapped < theirs.0.byteSwapped }
        if own.1 != theirs.1 { return own.1.byteSwapped < theirs.1.byteSwapped }
        if own.2 != theirs.2 { return own.2.byteSwapped < theirs.2.byteSwapped }
        return own.3.byteSwapped < theirs.3.byteSwapped
    }
}
