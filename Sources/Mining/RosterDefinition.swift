public import Genesis
import Keys
public import Primitives

/// A roster as it was written down, each value with the line it stands on.
public struct RosterDefinition: Sendable {
    /// A value and the line of the file it stands on.
    public struct Located<Value: Sendable>: Sendable {
        public var value: Value
        public var line: Int?

        public init(_ value: Value, line: Int? = nil) {
            self.value = value
            self.line = line
        }
    }

    /// One member. Exactly one of address, descriptor and wallet is to be there.
    public struct Member: Sendable {
        public var line: Int?
        public var name: Located<String>?
        public var weight: Located<Int64>?
        public var address: Located<String>?
        public var descriptor: Located<String>?
        public var wallet: Located<String>?

        public init(line: Int? = nil) { self.line = line }
    }

    public var scheme: Located<String>?
    public var maxPayees: Located<Int64>?
    public var minPayout: Located<Int64>?
    public var feeBasisPoints: Located<Int64>?
    public var finderBasisPoints: Located<Int64>?
    public var pplnsFactor: Located<Int64>?
    /// The address the operator's fee goes to.
    public var operatorAddress: Located<String>?
    public var members: [Member] = []

    public init() {}

    /// The wallets that members are paid in, by name.
    public var wallets: [Located<String>] { members.compactMap(\.wallet) }

    /// Checks everything and makes the roster.
    ///
    /// - Parameter wallets: a script of each wallet named, and why there is none for the others.
    public func roster(
        on network: Network, wallets: [String: Result<Script, RosterError>] = [:]
    ) throws(RosterError) -> Roster {
        let scheme = try resolvedScheme()
        let inmates = try resolvedMembers(scheme: scheme, network: network, wallets: wallets)
        let fee = try bounded(feeBasisPoints, "fee_bps", 0...10_000, otherwise: 0)
        let finder = try bounded(finderBasisPoints, "finder_bps", 0...10_000, otherwise: 0)
        guard fee + finder <= 10_000 else {
            throw RosterError(
                line: finderBasisPoints?.line ?? feeBasisPoints?.line,
                reason: "fee_bps and finder_bps together exceed 10000")
        }
        var operatorScript: Script?
        if let address = operatorAddress {
            operatorScript = try script(address: address, "operator", network: network)
        } else if fee > 0 {
            throw RosterError(
                line: feeBasisPoints?.line,
                reason: "fee_bps needs operator = \"address\" in [payout]")
        }
        return Roster(
            scheme: scheme,
            maxPayees: Int(try bounded(maxPayees, "max_payees", 1...10_000, otherwise: 60)),
            minPayout: Amount(
                satoshis: try bounded(
                    minPayout, "min_payout", 0...Amount.max.satoshis, otherwise: 5000)),
            feeBasisPoints: Int(fee), finderBasisPoints: Int(finder),
            pplnsFactor: Int(try bounded(pplnsFactor, "pplns_factor", 1...10_000, otherwise: 4)),
            inmates: inmates, operatorScript: operatorScript)
    }

    private func resolvedScheme() throws(RosterError) -> Roster.Scheme {
        guard let scheme else { return .weights }
        guard let known = Roster.Scheme(rawValue: scheme.value) else {
            let names = Roster.Scheme.allCases.map(\.rawValue).joined(separator: ", ")
            throw RosterError(
                line: scheme.line, reason: "unknown scheme \"\(scheme.value)\": one of \(names)")
        }
        return known
    }

    private func bounded(
        _ located: Located<Int64>?, _ key: String, _ range: ClosedRange<Int64>,
        otherwise value: Int64
    ) throws(RosterError) -> Int64 {
        guard let located else { return value }
        guard range.contains(located.value) else {
            throw RosterError(
                line: located.line,
                reason: "\(key) must lie between \(range.lowerBound) and \(range.upperBound)")
        }
        return located.value
    }

    // MARK: Members

    private func resolvedMembers(
        scheme: Roster.Scheme, network: Network, wallets: [String: Result<Script, RosterError>]
    ) throws(RosterError) -> [Roster.Inmate] {
        guard !members.isEmpty else {
            throw RosterError(line: nil, reason: "there is no [[inmate]]")
        }
        guard members.count <= Self.maximumMembers else {
            throw RosterError(
                line: nil, reason: "there are more than \(Self.maximumMembers) inmates")
        }
        if scheme == .weights || scheme == .rotation,
            members.allSatisfy({ $0.weight == nil })
        {
            throw RosterError(
                line: members.first?.line,
                reason: "scheme \(scheme.rawValue) needs weights: all are absent")
        }
        var inmates: [Roster.Inmate] = []
        var names: Set<String> = []
        // By script: one may be written as an address and as a descriptor.
        var destinations: [Script?: String] = [:]
        for member in members {
            let inmate = try resolved(member, network: network, wallets: wallets)
            guard names.insert(inmate.name).inserted else {
                throw RosterError(
                    line: member.name?.line, reason: "a second inmate is named \"\(inmate.name)\"")
            }
            if let other = destinations.updateValue(inmate.name, forKey: inmate.script(after: 0)) {
                throw RosterError(
                    line: (member.address ?? member.descriptor ?? member.wallet)?.line,
                    reason: "\"\(inmate.name)\" is paid where \"\(other)\" is")
            }
            inmates.append(inmate)
        }
        return inmates
    }

    /// How many members a roster may have.
    public static let maximumMembers = 10_000
    /// How long a name may be, in bytes.
    public static let maximumNameLength = 64
    /// How large a weight may be.
    public static let maximumWeight: Int64 = 1 << 40

    private func resolved(
        _ member: Member, network: Network, wallets: [String: Result<Script, RosterError>]
    ) throws(RosterError) -> Roster.Inmate {
        guard let name = member.name else {
            throw RosterError(line: member.line, reason: "an inmate has no name")
        }
        guard !name.value.isEmpty, name.value.utf8.count <= Self.maximumNameLength else {
            throw RosterError(
                line: name.line,
                reason: "a name must be 1 to \(Self.maximumNameLength) bytes long")
        }
        let weight = member.weight?.value ?? 1
        guard weight > 0, weight <= Self.maximumWeight else {
            throw RosterError(
                line: member.weight?.line,
                reason:
                    "the weight of \"\(name.value)\" must lie between 1 and \(Self.maximumWeight)")
        }
        return Roster.Inmate(
            name: name.value, weight: weight,
            destination: try destination(of: member, name.value, network: network, wallets: wallets)
        )
    }

    private func destination(
        of member: Member, _ name: String, network: Network,
        wallets: [String: Result<Script, RosterError>]
    ) throws(RosterError) -> Roster.Destination {
        let given = [member.address, member.descriptor, member.wallet].compactMap(\.self)
        guard given.count == 1 else {
            throw RosterError(
                line: given.last?.line ?? member.line,
                reason: "\"\(name)\" needs exactly one of address, descriptor and wallet")
        }
        if let address = member.address {
            return .script(try script(address: address, "address", network: network))
        }
        if let descriptor = member.descriptor {
            return try destination(descriptor: descriptor, network: network)
        }
        guard let wallet = member.wallet else { return .script([]) }
        switch wallets[wallet.value] {
        case .success(let script): return .script(script)
        case .failure(let error): throw RosterError(line: wallet.line, reason: error.reason)
        case nil:
            throw RosterError(
                line: wallet.line, reason: "this node has no wallet \"\(wallet.value)\"")
        }
    }

    private func destination(
        descriptor text: Located<String>, network: Network
    ) throws(RosterError) -> Roster.Destination {
        do {
            let descriptor = try Descriptor(text.value, network: network)
            guard let expansion = descriptor.expand(at: 0), expansion.scripts.count == 1 else {
                throw RosterError(
                    line: text.line, reason: "descriptor: it does not give one script an index")
            }
            return .descriptor(descriptor, text: descriptor.text(on: network))
        } catch let error as RosterError {
            throw error
        } catch {
            throw RosterError(line: text.line, reason: "descriptor: \(error)")
        }
    }

    private func script(
        address: Located<String>, _ key: String, network: Network
    ) throws(RosterError) -> Script {
        do {
            return try Address(address.value, network: network).script
        } catch {
            throw RosterError(
                line: address.line, reason: "\(key) \"\(address.value)\": \(error.message)")
        }
    }
}

/// Why a roster is refused, and where it says so.
public struct RosterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    public var line: Int?
    public var reason: String

    public init(line: Int?, reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { line.map { "line \($0): \(reason)" } ?? reason }
}
