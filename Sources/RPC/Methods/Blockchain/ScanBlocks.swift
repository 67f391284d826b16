import Chain
import Consensus
import Cryptography
import Indexes
import Notation
import Primitives

struct ScanBlocks: RPCMethod {
    let name = "scanblocks"
    let summary = """
        Return relevant blockhashes for given descriptors (requires blockfilterindex).
        This call may take several minutes. Make sure to use no RPC timeout (bitcoin-cli -rpcclienttimeout=0)
        """
    let parameters = [
        ScanText.action, ScanText.objects,
        Parameter("start_height", .number, default: 0, "Height to start to scan from"),
        Parameter("stop_height", .number, hint: "chain tip", "Height to stop to scan"),
        Parameter("filtertype", .string, default: "basic", "The type name of the filter"),
        Parameter(
            "options", .namedOptions, .omitted, "",
            inner: [
                Parameter(
                    "filter_false_positives", .bool, default: false,
                    "Filter false positives (slower and may fail on pruned nodes). Otherwise they may occur at a rate of 1/M"
                )
            ]
        ).shown(as: "options"),
    ]
    let results = [
        ScanText.idle,
        ResultText(
            .object, "", "",
            [
                ResultText(.number, "from_height", "The height we started the scan from"),
                ResultText(.number, "to_height", "The height we ended the scan at"),
                ResultText(
                    .array, "relevant_blocks", "Blocks that may have matched a scanobject.",
                    [ResultText(.hex, "blockhash", "A relevant blockhash")]),
                ResultText(.bool, "completed", "true if the scan process was not aborted"),
            ], when: "When action=='start'; only returns after scan completes"),
        ResultText(
            .object, "", "",
            [
                ResultText(.number, "progress", "Approximate percent complete"),
                ResultText(
                    .number, "current_height", "Height of the block currently being scanned"),
            ], when: "when action=='status' and a scan is currently in progress"),
        ScanText.aborted,
    ]
    let examples: [Example] = {
        let objects = "[\"addr(bcrt1q4u4nsgk6ug0sqz7r3rj9tykjxrsl0yy4d0wwte)\"]"
        return [
            .shell(["start", objects, "300000"]),
            .shell(["start", objects, "100", "150", "basic"]), .shell(["status"]),
            .web(["\"start\"", objects, "300000"]),
            .web(["\"start\"", objects, "100", "150", "\"basic\""]), .web(["\"status\""]),
        ]
    }()

    /// Blocks looked at between two reports.
    private static let step = 1000

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let action = try request.string("action")
        switch action {
        case "status":
            return context.blockScans.progress.map {
                ["progress": .int($0.percentage), "current_height": .int($0.height)]
            } ?? .null
        case "abort": return .bool(context.blockScans.abort())
        case "start":
            guard
                let answer = try await context.blockScans.run(
                    until: context.stopping, { try await scan(request, context) })
            else { throw ScanText.isRunning }
            return answer
        default: throw RPCError.invalidParameter("Invalid action '\(action)'")
        }
    }

    private func scan(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let type = try request.string("filtertype")
        guard type == "basic" else { throw RPCError.invalidAddressOrKey("Unknown filtertype") }
        let options = try request.optionalObject("options") ?? JSONObject()
        let dropsFalse = try options["filter_false_positives"]?.asBool() ?? false
        guard let index = context.blockFilterIndex else {
            throw RPCError.misc("Index is not enabled for filtertype \(type)")
        }
        let (start, stop) = try await range(request, context)
        let scripts = try await ScanScripts(
            request.array("scanobjects"), on: context.definition
        ).scripts
        _ = try await index.caughtUp()
        let desk = context.blockScans
        var relevant: [JSON] = []
        var next = start
        var isComplete = desk.report(ScanDesk.Progress(percentage: 0, height: start))
        while isComplete, next <= stop.height {
            let last = min(next + Self.step - 1, stop.height)
            let hashes = await context.hashes(at: Set(next...last), below: stop.hash)
            let ordered = (next...last).compactMap { hashes[$0] }
            for hash in try await index.blocks(among: ordered, thatMayConcern: scripts) {
                if dropsFalse, !(try await concerns(hash, scripts, context)) { continue }
                relevant.append(.string(hash.displayHex))
            }
            next = last + 1
            let whole = stop.height - start
            let percentage = whole > 0 ? (last - start) * 100 / whole : 100
            let goesOn = desk.report(ScanDesk.Progress(percentage: percentage, height: last))
            isComplete = goesOn || next > stop.height
        }
        return [
            "from_height": .int(start), "to_height": .int(max(start, next - 1)),
            "relevant_blocks": .array(relevant), "completed": .bool(isComplete),
        ]
    }

    private func range(
        _ request: RPCRequest, _ context: RPCContext
    ) async throws -> (start: Int, stop: BlockInfo) {
        let validator = context.validator
        let start = try request.int("start_height")
        guard await validator.hash(height: start) != nil else {
            throw RPCError.misc("Invalid start_height")
        }
        let height = try request.optionalInt("stop_height") ?? validator.tip.height
        guard let stop = await validator.blockInfo(height: height), height >= start else {
            throw RPCError.misc("Invalid stop_height")
        }
        return (start, stop)
    }

    /// Whether a block really pays or spends any of the scripts.
    private func concerns(
        _ hash: BlockHash, _ scripts: Set<Script>, _ context: RPCContext
    ) async throws -> Bool {
        let info = try await context.knownBlock(hash)
        let block = try await context.storedBlock(info)
        let spent = try await context.storedUndo(info)
        for transaction in block.transactions {
            if transaction.outputs.contains(where: { scripts.contains($0.script) }) {
                return true
            }
        }
        return spent.joined().contains { scripts.contains($0.output.script) }
    }
}
