import Chain
import Cryptography
import Mining
import MiningService
import Notation
import Primitives

struct StartMining: RPCMethod {
    let name = "startmining"
    let summary = "Starts to mine to the node's roster, or goes on with other settings.\n"
    let parameters = [
        Parameter("threads", .number, default: 0, "Threads to search with, 0 for one a processor"),
        Parameter(
            "blocks", .number, .omitted, "Stop by itself after so many blocks of this node's own"),
        Parameter("duty", .number, default: 100, "The part of the time to search, in percent"),
    ]
    let results = [ResultText(.object, "", "As getminerinfo, without blocks out of the ledger")]
    let examples = [Example(), Example(["2"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let threads = try request.int("threads")
        guard 0...256 ~= threads else {
            throw RPCError.invalidParameter("threads must lie between 0 and 256")
        }
        let duty = try request.int("duty")
        guard 1...100 ~= duty else {
            throw RPCError.invalidParameter("duty must lie between 1 and 100")
        }
        let blocks = try request.optionalInt("blocks")
        guard blocks.map({ $0 > 0 }) ?? true else {
            throw RPCError.invalidParameter("blocks must be positive")
        }
        try await context.mining {
            try await $0.start(threads: threads, duty: duty, blocks: blocks)
        }
        return try await GetMinerInfo.json(context)
    }
}

struct StopMining: RPCMethod {
    let name = "stopmining"
    let summary = "Stops mining; returns when no thread searches any more.\n"
    let results = [ResultText(.object, "", "As getminerinfo, without blocks out of the ledger")]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        try await context.mining { await $0.stop() }
        return try await GetMinerInfo.json(context)
    }
}

struct GetMinerInfo: RPCMethod {
    let name = "getminerinfo"
    let summary = "Returns how this node's own mining goes.\n"
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        try await Self.json(context, try await context.mining { try await $0.flaws() })
    }

    /// - Parameter flaws: the blocks that the ledger does not follow. Who starts or stops the miner
    ///   is not told of them: to find them may take long or fail, and it did start or stop.
    static func json(
        _ context: RPCContext, _ flaws: [PayoutBlock] = []
    ) async throws -> JSON {
        let status = try await context.mining { await $0.status() }
        var object = JSONObject()
        object.append("mining", .bool(status.isMining))
        object.append("threads", .int(status.threads))
        object.append("hashespersecond", .double(status.hashesPerSecond))
        object.append("hashes", .int(status.hashes))
        object.append("blocks", .int(status.blocksFound))
        if let remaining = status.remaining { object.append("remaining", .int(remaining)) }
        if let block = status.lastBlock { object.append("lastblock", .string(block.displayHex)) }
        if let scheme = status.scheme { object.append("scheme", .string(scheme)) }
        if let template = status.template {
            object.append("height", .int(template.context.height))
            object.append("transactions", .int(template.transactions.count))
            object.append("reward", .amount(template.coinbaseValue.satoshis))
        }
        for name in ["violated", "unrecognised"] {
            let count = flaws.count { $0.flaw?.name == name }
            if count > 0 { object.append(name, .int(count)) }
        }
        if let last = flaws.first(where: { $0.flaw?.reason != nil }), let flaw = last.flaw {
            var shown: JSONObject = [
                "height": .int(last.height), "blockhash": .string(last.hash.displayHex),
            ]
            InmateJSON.append(flaw, to: &shown)
            object.append("lastviolated", .object(shown))
        }
        if let pause = status.pause { object.append("waitsfor", .string(pause.rawValue)) }
        if let problem = status.problem { object.append("problem", .string(problem)) }
        return .object(object)
    }
}
