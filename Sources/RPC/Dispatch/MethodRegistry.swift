/// The methods of one topic, under one heading in the list that `help` prints.
struct MethodTopic: Sendable {
    let title: String
    let methods: [any RPCMethod]
}

/// All methods by name.
public struct MethodRegistry: Sendable {
    private let topics: [MethodTopic]
    private let byName: [String: any RPCMethod]

    init(_ topics: [MethodTopic]) {
        self.topics = topics
        byName = Dictionary(
            topics.flatMap(\.methods).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// Every method of this node.
    public static let standard = MethodRegistry([
        MethodTopic(title: "Blockchain", methods: BlockchainMethods.all + MempoolMethods.all),
        MethodTopic(title: "Control", methods: ControlMethods.all),
        MethodTopic(title: "Inmates", methods: InmatesMethods.all),
        MethodTopic(title: "Mining", methods: MiningMethods.all),
        MethodTopic(title: "Network", methods: NetworkMethods.all),
        MethodTopic(title: "Rawtransactions", methods: RawTransactionsMethods.all),
        MethodTopic(title: "Util", methods: UtilMethods.all + AddressesMethods.all),
        MethodTopic(title: "Wallet", methods: WalletMethods.all),
        MethodTopic(title: Self.hidden, methods: HiddenMethods.all),
    ])

    private static let hidden = "Hidden"

    /// The methods without those of a topic, for a node that runs without what they need.
    public func without(walletMethods isWithout: Bool) -> MethodRegistry {
        isWithout ? MethodRegistry(topics.filter { $0.title != "Wallet" }) : self
    }

    subscript(name: String) -> (any RPCMethod)? { byName[name] }

    /// The synopses of all methods under the headings of their topics.
    func overview() -> String {
        topics.filter { $0.title != Self.hidden && !$0.methods.isEmpty }.map { topic in
            let lines = topic.methods.sorted { $0.name < $1.name }.map(HelpText.synopsis(of:))
            return "== \(topic.title) ==\n" + lines.joined(separator: "\n")
        }
        .joined(separator: "\n\n")
    }

    var methods: [any RPCMethod] {
        byName.values.sorted { $0.name < $1.name }
    }
}
