public import Cryptography
public import Primitives

extension PSBT {
    /// A signature of one key.
    public struct PartialSignature: Hashable, Sendable {
        /// The public key, 33 or 65 bytes.
        public let key: [UInt8]
        /// The signature in DER, its hash type after it.
        public let signature: [UInt8]
    }

    /// A script of a taproot output, and the proofs that it is one.
    public struct LeafScript: Hashable, Sendable {
        /// The script.
        public let script: [UInt8]
        /// The leaf version.
        public let version: UInt8

        /// Core's order: by script, then version.
        func precedes(_ other: LeafScript) -> Bool {
            script == other.script
                ? version < other.version : script.lexicographicallyPrecedes(other.script)
        }
    }

    /// Several keys that sign as one (BIP327), by their aggregate and the leaf they sign for.
    public struct MuSigGroup: Hashable, Sendable {
        /// The aggregate key, 33 bytes.
        public let aggregate: [UInt8]
        /// The leaf, or nil for the key path.
        public let leaf: Hash256?
    }

    /// The values of those who take part, by their keys.
    public typealias MuSigTable = [MuSigGroup: ByteTable<[UInt8]>]

    /// The hashes that a preimage may be of.
    public struct Preimages: Hashable, Sendable {
        /// Preimages by their RIPEMD160.
        public var ripemd160 = ByteTable<[UInt8]>()
        /// Preimages by their SHA256.
        public var sha256 = ByteTable<[UInt8]>()
        /// Preimages by their Hash160.
        public var hash160 = ByteTable<[UInt8]>()
        /// Preimages by their double SHA256.
        public var hash256 = ByteTable<[UInt8]>()
    }

    /// What is known of an input.
    public struct Input: Hashable, Sendable {
        /// The output spent.
        public var outPoint: OutPoint
        /// The sequence, where it is told.
        public var sequence: UInt32?
        /// The least lock time in seconds that this input can do with.
        public var timeLock: UInt32?
        /// The least lock time in blocks that this input can do with.
        public var heightLock: UInt32?

        /// The transaction that made the output.
        public var previousTransaction: Transaction?
        /// The output itself, for inputs with a witness.
        public var witnessOutput: TransactionOutput?
        /// Signatures, by the Hash160 of their key.
        public var partialSignatures = ByteTable<PartialSignature>()
        /// The hash type that signatures must have, as a number.
        public var hashType: Int32?
        /// The script whose hash the output pays to; empty when it is not known.
        public var redeemScript = Script()
        /// The script whose hash the witness program is; empty when it is not known.
        public var witnessScript = Script()
        /// Where keys come from, by public key.
        public var origins = ByteTable<KeyOrigin>()
        /// Preimages that scripts ask for.
        public var preimages = Preimages()

        /// The signature of the output key, empty when there is none.
        public var taprootKeySignature: [UInt8] = []
        /// Signatures for leaves, by x-only key and leaf hash.
        public var taprootScriptSignatures = ByteTable<[UInt8]>()
        /// Leaves, each with its control blocks.
        public var taprootLeaves: [LeafScript: Set<[UInt8]>] = [:]
        /// Where x-only keys come from.
        public var taprootOrigins = ByteTable<TaprootOrigin>()
        /// The internal key, x-only.
        public var taprootInternalKey: Hash256?
        /// The root of the tree of leaves.
        public var taprootMerkleRoot: Hash256?

        /// The keys of those who sign as one, by aggregate key.
        public var muSigParticipants = ByteTable<[[UInt8]]>()
        /// The public nonces of those who sign as one.
        public var muSigNonces: MuSigTable = [:]
        /// The partial signatures of those who sign as one.
        public var muSigSignatures: MuSigTable = [:]

        /// The script that unlocks the output, when the input is complete.
        public var finalScript = Script()
        /// The witness that unlocks the output, when the input is complete.
        public var finalWitness = Witness.empty
        /// Pairs of single programs.
        public var proprietary = ByteTable<Proprietary>()
        /// Pairs of types unknown.
        public var unknown = ByteTable<[UInt8]>()

        /// An input of which only what it spends is known.
        public init(outPoint: OutPoint, sequence: UInt32? = nil) {
            self.outPoint = outPoint
            self.sequence = sequence
        }

        /// Whether a final script or witness is there, be it valid or not.
        public var isFinal: Bool { !finalScript.isEmpty || !finalWitness.isEmpty }

        /// The output spent, where it is known and fits.
        public var spentOutput: TransactionOutput? {
            guard let previousTransaction else { return witnessOutput }
            let index = Int(outPoint.index)
            guard index < previousTransaction.outputs.count,
                previousTransaction.txid == outPoint.txid
            else { return nil }
            return previousTransaction.outputs[index]
        }

        /// The leaves in Core's order: by script, then version.
        public var sortedLeaves: [(leaf: LeafScript, controlBlocks: [[UInt8]])] {
            taprootLeaves
                .sorted { $0.key.precedes($1.key) }
                .map { leaf, blocks in
                    let sorted = blocks.sorted {
                        $0.count == $1.count
                            ? $0.lexicographicallyPrecedes($1) : $0.count < $1.count
                    }
                    return (leaf, sorted)
                }
        }

        /// The groups of a table in Core's order: by aggregate key, then leaf.
        public static func sorted(
            _ table: MuSigTable
        ) -> [(group: MuSigGroup, values: [ByteTable<[UInt8]>.Entry])] {
            table
                .sorted { left, right in
                    let (first, second) = (left.key.order, right.key.order)
                    return first.lexicographicallyPrecedes(second)
                }
                .map { ($0.key, $0.value.entries) }
        }
    }
}

extension PSBT.MuSigGroup {
    fileprivate var order: [UInt8] { aggregate + (leaf ?? .zero).bytes }
}
