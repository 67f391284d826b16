public import Cryptography
public import Primitives

/// What members are owed, as of one block.
///
/// The sum of all balances is zero: whoever was paid more than his part owes it to the others.
public struct PayoutLedger: Sendable, Hashable {
    public struct Account: Sendable, Hashable {
        public var name: String
        /// Where he was to be paid last, kept for one who left the roster.
        public var script: Script
        /// What he is owed, or owes below zero, in millisatoshis.
        public var balance: Int64
        /// How often he was paid: the index a descriptor is at.
        public var payouts: UInt32

        public init(name: String, script: Script, balance: Int64, payouts: UInt32) {
            self.name = name
            self.script = script
            self.balance = balance
            self.payouts = payouts
        }
    }

    /// By name, in the order of its bytes.
    public private(set) var accounts: [Account]

    public init() { accounts = [] }

    init(_ accounts: [Account]) {
        self.accounts = accounts.sorted { Self.precedes($0.name, $1.name) }
    }

    /// Names are ordered by their bytes, as any program can.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// By the bytes of the name, as claims are.
    public subscript(name: String) -> Account? {
        accounts.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// The accounts by the bytes of their names.
    public var accountsByName: [[UInt8]: Account] {
        Dictionary(accounts.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { $1 })
    }

    private static let tag = SHA256Stream(tag: "Cellblock/ledger")
    private static let version: UInt8 = 1
    /// All there can be, in millisatoshis: no balance is further from zero.
    private static let bound = Amount.max.satoshis * 1000

    /// Commits to all accounts.
    public var root: Hash256 {
        var stream = Self.tag
        stream.update(encoded.span)
        return stream.finalize()
    }

    /// For keeping: a version, a count, and each account's name, script, balance and payouts.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.version)
        writer.writeCompactSize(accounts.count)
        for account in accounts {
            writer.writeSized(account.name.utf8)
            writer.writeSized(account.script.bytes)
            writer.write(account.balance)
            writer.write(account.payouts)
        }
        return writer.bytes
    }

    /// A ledger of accounts in any order, if it can be one.
    public init(checking accounts: [Account]) throws(DecodingError) {
        self.init(accounts)
        try check()
    }

    private func check() throws(DecodingError) {
        var sum: Int128 = 0
        for (number, account) in accounts.enumerated() {
            guard abs(account.balance.clamped(to: Self.bound + 1)) <= Self.bound else {
                throw .invalid("A payout balance out of range")
            }
            if number > 0, !Self.precedes(accounts[number - 1].name, account.name) {
                throw .invalid("Payout accounts out of order")
            }
            sum += Int128(account.balance)
        }
        guard sum == 0 else { throw .invalid("Payout balances that do not sum to zero") }
    }

    public init(decoding bytes: [UInt8]) throws(DecodingError) {
        var reader = ByteReader(bytes.span)
        guard try reader.read(UInt8.self) == Self.version else {
            throw .invalid("Unknown version of a payout ledger")
        }
        accounts = []
        for _ in 0..<(try reader.readCount(minimumSize: 14)) {
            let nameBytes = try reader.readSizedBytes()
            // A name that were mended on reading would no longer be the one the root commits to.
            guard nameBytes.count <= RosterDefinition.maximumNameLength,
                let name = String(validating: nameBytes, as: UTF8.self)
            else { throw .invalid("A name of a payout account is too long or no UTF-8") }
            let script = Script(try reader.readSizedBytes())
            accounts.append(
                Account(
                    name: name, script: script, balance: try reader.read(),
                    payouts: try reader.read()))
        }
        try reader.finish()
        try check()
    }
}

extension Int64 {
    fileprivate func clamped(to bound: Int64) -> Int64 { Swift.min(Swift.max(self, -bound), bound) }
}
