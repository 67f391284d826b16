public import Cryptography
public import Keys
public import Primitives

/// The members of a private network, called inmates, and how a block's reward is shared by them.
///
/// Made from a `RosterDefinition`, which checks it; so all names and scripts here differ.
public struct Roster: Sendable, Hashable {
    /// What the shares follow. The schemes differ in the weights alone.
    public enum Scheme: String, Sendable, Hashable, CaseIterable {
        /// All goes to one: whoever found the block, or the first of the roster.
        case solo
        /// The roster's weights.
        case weights
        /// The roster's weights, but each block pays one member.
        case rotation
        /// The work each member has shown lately.
        case pplns
    }

    /// Where a member is paid.
    public enum Destination: Sendable, Hashable {
        case script(Script)
        /// The next index at every payout. The text is the descriptor's, without private keys.
        case descriptor(Descriptor, text: String)
    }

    public struct Inmate: Sendable, Hashable {
        public var name: String
        public var weight: Int64
        public var destination: Destination

        public init(name: String, weight: Int64, destination: Destination) {
            self.name = name
            self.weight = weight
            self.destination = destination
        }

        /// Where the payout after `payouts` others goes; nil where a descriptor gives no script.
        public func script(after payouts: UInt32) -> Script? {
            switch destination {
            case .script(let script): script
            case .descriptor(let descriptor, _):
                descriptor.expand(at: descriptor.isRange ? payouts & 0x7fff_ffff : 0)?.scripts.first
            }
        }
    }

    public var scheme: Scheme
    /// Outputs to members in a coinbase, at most.
    public var maxPayees: Int
    /// What is not worth less is paid; the rest is owed until it is.
    public var minPayout: Amount
    /// The operator's part, in hundredths of a percent of the reward.
    public var feeBasisPoints: Int
    /// The part of who found the block, in hundredths of a percent of the reward.
    public var finderBasisPoints: Int
    /// The share window is so many times the expected work of a block.
    public var pplnsFactor: Int
    public var inmates: [Inmate]
    public var operatorScript: Script?

    init(
        scheme: Scheme, maxPayees: Int, minPayout: Amount, feeBasisPoints: Int,
        finderBasisPoints: Int, pplnsFactor: Int, inmates: [Inmate], operatorScript: Script?
    ) {
        self.scheme = scheme
        self.maxPayees = maxPayees
        self.minPayout = minPayout
        self.feeBasisPoints = feeBasisPoints
        self.finderBasisPoints = finderBasisPoints
        self.pplnsFactor = pplnsFactor
        self.inmates = inmates
        self.operatorScript = operatorScript
    }

    public subscript(name: String) -> Inmate? { inmates.first { $0.name == name } }

    /// Whether it makes a difference who finds a block.
    public var paysFinder: Bool { finderBasisPoints > 0 || scheme == .solo }

    /// How many members one coinbase pays, at most.
    var payeeLimit: Int { scheme == .rotation ? 1 : maxPayees }

    private static let tag = SHA256Stream(tag: "Cellblock/roster")

    /// Commits to all of it: two nodes with the same roster split alike.
    public var hash: Hash256 {
        var writer = ByteWriter()
        writer.writeSized(scheme.rawValue.utf8)
        writer.write(Int64(maxPayees))
        writer.write(minPayout.satoshis)
        writer.write(Int64(feeBasisPoints))
        writer.write(Int64(finderBasisPoints))
        writer.write(Int64(pplnsFactor))
        writer.writeSized(operatorScript?.bytes ?? [])
        writer.writeCompactSize(inmates.count)
        for inmate in inmates {
            writer.writeSized(inmate.name.utf8)
            writer.write(inmate.weight)
            switch inmate.destination {
            case .script(let script):
                writer.write(UInt8(0))
                writer.writeSized(script.bytes)
            case .descriptor(_, let text):
                writer.write(UInt8(1))
                writer.writeSized(text.utf8)
            }
        }
        var stream = Self.tag
        stream.update(writer.bytes.span)
        return stream.finalize()
    }
}
