import Chain
import Consensus
import Cryptography
import Genesis
import MemoryPool
import Mining
import MiningService
import Networking
import Notation
import Primitives

struct GetBlockTemplate: RPCMethod {
    let name = "getblocktemplate"
    let summary = """
        If the request parameters include a 'mode' key, that is used to explicitly select between the default 'template' request or a 'proposal'.
        It returns data needed to construct a block to work on.
        For full specification, see BIPs 22, 23, 9, and 145:
            https://github.com/bitcoin/bips/blob/master/bip-0022.mediawiki
            https://github.com/bitcoin/bips/blob/master/bip-0023.mediawiki
            https://github.com/bitcoin/bips/blob/master/bip-0009.mediawiki#getblocktemplate_changes
            https://github.com/bitcoin/bips/blob/master/bip-0145.mediawiki

        """
    let parameters = [
        Parameter(
            "template_request", .object, .required, "Format of the template",
            inner: [
                Parameter(
                    "mode", .string, .omitted,
                    "This must be set to \"template\", \"proposal\" (see BIP 23), or omitted"),
                Parameter(
                    "capabilities", .array, .omitted, "A list of strings",
                    inner: [
                        Parameter(
                            "str", .string, .omitted,
                            "client side supported feature, 'longpoll', 'coinbasevalue', 'proposal', 'serverlist', 'workid'"
                        )
                    ]),
                Parameter(
                    "rules", .array, .required, "A list of strings",
                    inner: [
                        Parameter(
                            "segwit", .string, .required,
                            "(literal) indicates client side segwit support"),
                        Parameter(
                            "str", .string, .omitted,
                            "other client side supported softfork deployment"),
                    ]),
                Parameter(
                    "longpollid", .string, .omitted,
                    "delay processing request until the result would vary significantly from the \"longpollid\" of a prior template"
                ),
                Parameter(
                    "data", .hex, .omitted,
                    "proposed block data to check, encoded in hexadecimal; valid only for mode=\"proposal\""
                ),
            ])
    ]
    let results = TemplateHelp.results
    let examples = [Example(["{\"rules\": [\"segwit\"]}"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let asked = request["template_request"]
        var mode = "template"
        switch asked["mode"] {
        case .string(let text)?: mode = text
        case nil, .null?: break
        default: throw RPCError.invalidParameter("Invalid mode")
        }
        if mode == "proposal" { return try await judge(asked, context) }
        guard mode == "template" else { throw RPCError.invalidParameter("Invalid mode") }
        var rules: Set<String> = []
        for rule in asked["rules"]?.array ?? [] { rules.insert(try rule.asString()) }
        var wishes = TemplateWishes(asked["capabilities"])
        try await checkReadiness(context)
        if let poll = asked["longpollid"], !poll.isNull {
            let isSameTip = try await context.endingAtStop { try await wait(poll, context) }
            wishes.submitOld = wishes.knowsSubmitOld ? isSameTip : nil
        }
        if context.definition.consensus.signetChallenge != nil, !rules.contains("signet") {
            throw RPCError.invalidParameter(
                "getblocktemplate must be called with the signet rule set (call with {\"rules\": [\"segwit\", \"signet\"]})"
            )
        }
        guard rules.contains("segwit") else {
            throw RPCError.invalidParameter(
                "getblocktemplate must be called with the segwit rule set (call with {\"rules\": [\"segwit\"]})"
            )
        }
        let miner = try context.requiredMiner()
        if wishes.wantsCoinbase,
            let work = try await context.mining({ try await $0.payingTemplate() })
        {
            wishes.givesCoinbase = true
            return try await TemplateJSON(
                work: work, rules: rules, wishes: wishes, context: context
            ).json()
        }
        let work = try await miner.sharedTemplate()
        return try await TemplateJSON(work: work, rules: rules, wishes: wishes, context: context)
            .json()
    }

    private func judge(_ asked: JSON, _ context: RPCContext) async throws -> JSON {
        guard let text = asked["data"]?.stringValue else {
            throw RPCError.type("Missing data String key for proposal")
        }
        guard let bytes = Hex.decode(text),
            let block = try? Block(decoding: bytes, allowTrailing: true)
        else { throw RPCError.deserialization("Block decode failed") }
        return .optional(try await context.validator.propose(block: block)?.reason)
    }

    private func checkReadiness(_ context: RPCContext) async throws {
        guard !context.definition.isTestChain else { return }
        if let network = context.network, await network.connectionCounts().total == 0 {
            throw RPCError.notConnected("Cellblock is not connected!")
        }
        if await context.validator.isInitialBlockDownload {
            throw RPCError(
                code: .inInitialDownload,
                "Cellblock is in initial sync and waiting for blocks...")
        }
    }

    /// Waits until the tip is another than the one named, or, from a minute on, until there are
    /// other transactions (BIP22). Returns whether work on the one named is good still.
    private func wait(_ poll: JSON, _ context: RPCContext) async throws -> Bool {
        let validator = context.validator
        var watched = validator.tip.hash
        var updates = try await context.requiredMiner().sharedUpdates
        if let text = poll.stringValue {
            watched = try JSON.string(String(text.prefix(64))).asHash("longpollid")
            updates = UInt64(text.dropFirst(64).prefix { $0.isNumber }) ?? 0
        }
        var next = context.clock.monotonic() + .seconds(60)
        while validator.tip.hash == watched {
            // By parts, for the clock may be another than the one that sleeps.
            await tipMoves(from: watched, of: validator, within: .seconds(1))
            if Task.isCancelled { throw RPCError.notConnected("Shutting down") }
            guard context.clock.monotonic() >= next else { continue }
            if await validator.mempool({ $0.updates }) != updates { return true }
            next += .seconds(10)
        }
        return false
    }

    private func tipMoves(
        from hash: BlockHash, of validator: Validator, within limit: Duration
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await tip in validator.tips() where tip.hash != hash { return }
            }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// What a client can do that Bitcoin Core does not serve (BIP22 and BIP23). Whoever says nothing of
/// it is answered as by Core.
private struct TemplateWishes {
    /// It takes a whole coinbase and adds to its script at most.
    let wantsCoinbase: Bool
    let knowsSubmitOld: Bool
    /// Whether there is a coinbase to be given.
    var givesCoinbase = false
    /// Whether work from before the wait is to be handed in still; nil where it is not to be said.
    var submitOld: Bool?

    init(_ capabilities: JSON?) {
        let named = Set((capabilities?.array ?? []).map(\.stringValue))
        wantsCoinbase = named.contains("coinbasetxn")
        knowsSubmitOld = wantsCoinbase || named.contains("longpoll")
    }
}

/// A template as it is answered.
private struct TemplateJSON {
    let work: Miner.SharedTemplate
    let rules: Set<String>
    let wishes: TemplateWishes
    let context: RPCContext

    func json() async throws -> JSON {
        let template = work.template
        // The time goes on, and with it, on some networks, the difficulty.
        let now = await context.validator.templateContext()
        let current = now.previous == template.context.previous ? now : template.context
        let hasWitness = current.hasWitness
        let scale = hasWitness ? 1 : ConsensusLimits.witnessScaleFactor
        var votes = Votes(version: current.version, hasWitness: hasWitness)
        if context.definition.consensus.signetChallenge != nil { votes.rules.append("!signet") }
        for (deployment, state) in await context.validator.deploymentStates() {
            try votes.count(deployment, state, client: rules)
        }
        var object = JSONObject()
        object.append("capabilities", ["proposal"])
        object.append("version", .int(votes.version))
        object.append("rules", .array(votes.rules.map(JSON.string)))
        object.append("vbavailable", .object(votes.available))
        object.append("vbrequired", 0)
        object.append("previousblockhash", .string(current.previous.displayHex))
        object.append("transactions", .written(work.text.pieces))
        object.append("coinbaseaux", .object(JSONObject()))
        if wishes.givesCoinbase { object.append("coinbasetxn", coinbase(scale: scale)) }
        // Beside a coinbase too: there are clients that ask for one and read this all the same.
        object.append("coinbasevalue", .int(template.coinbaseValue.satoshis))
        object.append("longpollid", .string(current.previous.displayHex + "\(work.updates)"))
        if let submitOld = wishes.submitOld { object.append("submitold", .bool(submitOld)) }
        object.append("target", .string(UInt256.decodeCompact(current.bits).value.hex))
        object.append("mintime", .int(current.minimumTime))
        // Other transactions have other fees, which the coinbase that is given does not pay out.
        object.append(
            "mutable",
            wishes.givesCoinbase
                ? ["time", "coinbase/append"] : ["time", "transactions", "prevblock"])
        object.append("noncerange", "00000000ffffffff")
        object.append("sigoplimit", .int(ConsensusLimits.maximumSigOpCost / scale))
        object.append("sizelimit", .int(4_000_000 / scale))
        if hasWitness { object.append("weightlimit", .int(ConsensusLimits.maximumBlockWeight)) }
        object.append("curtime", .int(max(current.time, template.context.time)))
        object.append("bits", .string(current.bits.eightDigits))
        object.append("height", .int(current.height))
        if let challenge = context.definition.consensus.signetChallenge {
            object.append("signet_challenge", .hex(challenge))
        }
        if let commitment = template.witnessCommitment {
            object.append("default_witness_commitment", .hex(commitment.bytes))
        }
        return .object(object)
    }

    /// The whole coinbase, with the payouts and what it commits to. To its script a client may add
    /// what makes its work differ from that of others.
    ///
    /// It comes without the witness: clients hash what is given here for the merkle root, and
    /// `submitblock` puts the witness in. The commitment to the others' witnesses is in it, which
    /// BIP145 leaves to the client: one that adds its own adds an equal one.
    private func coinbase(scale: Int) -> JSON {
        let template = work.template
        let coinbase = template.coinbase()
        return [
            "data": .hex(coinbase.strippedBytes), "txid": .string(coinbase.txid.displayHex),
            "hash": .string(coinbase.txid.displayHex), "depends": [],
            "fee": .int(-template.fees.satoshis),
            "sigops": .int(template.coinbaseSigOpCost / scale),
            "weight": .int(coinbase.weight.units), "required": true,
        ]
    }

    /// What the votes on changes mean for a client that knows of some of them (BIP9).
    private struct Votes {
        var version: Int32
        var rules: [String]
        var available = JSONObject()

        init(version: Int32, hasWitness: Bool) {
            self.version = version
            rules = hasWitness ? ["csv", "!segwit", "taproot"] : ["csv"]
        }

        mutating func count(
            _ deployment: VersionBitsDeployment, _ state: ThresholdState, client: Set<String>
        ) throws {
            let name = deployment.isOptionalInTemplates ? deployment.name : "!" + deployment.name
            let isUnknown = !deployment.isOptionalInTemplates && !client.contains(deployment.name)
            switch state {
            case .started, .lockedIn:
                available.append(name, .int(deployment.bit))
                if state == .lockedIn { version |= deployment.mask }
                if isUnknown { version &= ~deployment.mask }
            case .active:
                rules.append(name)
                if isUnknown {
                    throw RPCError.invalidParameter(
                        "Support for '\(deployment.name)' rule requires explicit client support")
                }
            default:
                break
            }
        }
    }
}
