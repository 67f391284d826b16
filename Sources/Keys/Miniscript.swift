internal import Scripting

/// A script in the form of Miniscript (BIP379): an expression from which follow what it takes to
/// spend, how large that gets, and whether others could alter it.
///
/// The expression is kept as a list in which parts stand before what they are parts of, left before
/// right. Whatever is asked of it is answered by one pass over the list, so that no depth of nesting
/// can exhaust the stack. Keys are numbers here; whoever holds a `Miniscript` holds the keys too.
struct Miniscript: Hashable, Sendable {
    /// Where the script stands, on which its limits and some of its operations depend.
    enum Context: Hashable, Sendable {
        case witnessScript
        case tapscript
    }

    /// A hash whose preimage is asked for.
    enum HashFunction: String, CaseIterable, Hashable, Sendable {
        case sha256, hash256, ripemd160, hash160

        /// The size of the hash in bytes.
        var size: Int {
            switch self {
            case .sha256, .hash256: 32
            case .ripemd160, .hash160: 20
            }
        }
    }

    /// A fragment around one other, named by the letter before the colon.
    enum Wrapper: UInt8, Hashable, Sendable {
        /// `TOALTSTACK [X] FROMALTSTACK`
        case alternative = 0x61
        /// `SWAP [X]`
        case swap = 0x73
        /// `[X] CHECKSIG`
        case check = 0x63
        /// `DUP IF [X] ENDIF`
        case duplicate = 0x64
        /// `[X] VERIFY`, or the `VERIFY` form of the last operation of X
        case verify = 0x76
        /// `SIZE 0NOTEQUAL IF [X] ENDIF`
        case nonZero = 0x6a
        /// `[X] 0NOTEQUAL`
        case notEqual = 0x6e
    }

    /// What a node is. Of keys it tells the numbers.
    enum Fragment: Hashable, Sendable {
        case zero
        case one
        /// `pk_k`: the key itself.
        case key(Int)
        /// `pk_h`: the hash of the key.
        case keyHash(Int)
        case older(UInt32)
        case after(UInt32)
        case hash(HashFunction, [UInt8])
        case wrap(Wrapper)
        case andV
        case andB
        case orB
        case orC
        case orD
        case orI
        case andOr
        case threshold(Int)
        /// `CHECKMULTISIG`, in witness scripts only.
        case multi(required: Int, keys: [Int])
        /// `CHECKSIGADD`, in tapscript only.
        case multiA(required: Int, keys: [Int])

        var keys: [Int] {
            switch self {
            case .key(let key), .keyHash(let key): [key]
            case .multi(_, let keys), .multiA(_, let keys): keys
            default: []
            }
        }
    }

    /// A part of the expression.
    struct Node: Hashable, Sendable {
        let fragment: Fragment
        /// The numbers of the nodes within, all lower than its own.
        let children: [Int]
        /// Its type; none where the parts do not fit.
        let type: MiniscriptType
        /// The bytes of its script.
        let scriptSize: Int
        /// Operations that are no pushes, those of keys of `CHECKMULTISIG` left out.
        let operationCount: Int
        /// Keys of `CHECKMULTISIG` that are counted as operations.
        let multisigKeys: MiniscriptBounds
        /// How the stack moves.
        let stack: MiniscriptStackBounds
        /// Bytes on the witness stack, each element with its length.
        let witness: MiniscriptBounds
    }

    let context: Context
    private(set) var nodes: [Node] = []

    init(context: Context) { self.context = context }

    /// Adds a node over others and gives its number.
    mutating func add(_ fragment: Fragment, over children: [Int] = []) -> Int {
        let parts = children.map { nodes[$0] }
        nodes.append(
            Node(
                fragment: fragment, children: children,
                type: Self.type(of: fragment, over: parts.map(\.type), in: context),
                scriptSize: Self.scriptSize(of: fragment, over: parts, in: context),
                operationCount: Self.operationCount(of: fragment, over: parts),
                multisigKeys: Self.multisigKeys(of: fragment, over: parts.map(\.multisigKeys)),
                stack: Self.stack(of: fragment, over: parts.map(\.stack)),
                witness: Self.witness(of: fragment, over: parts.map(\.witness), in: context)))
        return nodes.count - 1
    }

    /// The number of the whole expression.
    var root: Int { nodes.count - 1 }

    /// How many keys there are.
    var keyCount: Int { nodes.reduce(0) { $0 + $1.fragment.keys.count } }
}

// MARK: Limits

extension Miniscript {
    /// The most keys of a `multi_a()`.
    static let maximumTapscriptKeys = 999
    /// From here on there is a sign in the number (BIP65, BIP112).
    static let lockLimit = 0x8000_0000

    /// The most bytes a script may have: those that are relayed. A leaf must leave room for the
    /// largest witness in a transaction of standard size.
    var maximumScriptSize: Int { Self.maximumScriptSize(in: context) }

    static func maximumScriptSize(in context: Context) -> Int {
        switch context {
        case .witnessScript: 3_600
        case .tapscript: 329_482
        }
    }
}
