public import Cryptography
public import Primitives

extension PSBT {
    /// A leaf of a taproot output that is to be made.
    public struct TreeLeaf: Hashable, Sendable {
        /// How many branches lie above it.
        public let depth: UInt8
        /// The leaf version.
        public let version: UInt8
        /// The script.
        public let script: [UInt8]
    }

    /// What is known of an output.
    public struct Output: Hashable, Sendable {
        /// What it pays.
        public var value: Amount
        /// Whom it pays.
        public var script: Script
        /// The script whose hash it pays to; empty when it is not known.
        public var redeemScript = Script()
        /// The script whose hash the witness program is; empty when it is not known.
        public var witnessScript = Script()
        /// Where keys come from, by public key.
        public var origins = ByteTable<KeyOrigin>()
        /// The internal key, x-only.
        public var taprootInternalKey: Hash256?
        /// The leaves from left to right.
        public var taprootTree: [TreeLeaf] = []
        /// Where x-only keys come from.
        public var taprootOrigins = ByteTable<TaprootOrigin>()
        /// The keys of those who sign as one, by aggregate key.
        public var muSigParticipants = ByteTable<[[UInt8]]>()
        /// Pairs of single programs.
        public var proprietary = ByteTable<Proprietary>()
        /// Pairs of types unknown.
        public var unknown = ByteTable<[UInt8]>()

        /// An output of which nothing more is known.
        public init(value: Amount, script: Script) {
            self.value = value
            self.script = script
        }
    }
}
