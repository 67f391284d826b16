import Chain
import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting

struct GetDeploymentInfo: RPCMethod {
    let name = "getdeploymentinfo"
    let summary = """
        Returns an object containing various state info regarding deployments of consensus changes.
        Consensus changes for which the new rules are enforced from genesis are not listed in "deployments".
        """
    let parameters = [
        Parameter(
            "blockhash", .hex, default: "hash of current chain tip",
            "The block hash at which to query deployment state")
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let validator = context.validator
        let isTip = request.arguments.first.map(\.isNull) ?? true
        let hash = isTip ? validator.tip.hash : try request.hash("blockhash")
        let info = try await context.knownBlock(hash)
        let network = context.definition
        let votes = await votes(at: hash, context)

        var deployments = JSONObject()
        for deployment in BuriedDeployment.allCases {
            let height = network.consensus.height(of: deployment)
            // A change that never comes is not listed.
            guard height < Int(Int32.max) else { continue }
            deployments.append(
                deployment.name,
                [
                    "type": "buried",
                    "active": .bool(network.consensus.isActive(deployment, at: info.height + 1)),
                    "height": .int(height),
                ])
        }
        for (deployment, info) in votes {
            deployments.append(deployment.name, .object(vote(deployment, info, at: hash)))
        }
        return [
            "hash": .string(hash.displayHex), "height": .int(info.height),
            "script_flags": .array(
                network.scriptFlags(for: hash, at: info.height).names.sorted().map(JSON.string)),
            "deployments": .object(active(deployments, at: info.height)),
        ]
    }

    private func votes(
        at hash: BlockHash, _ context: RPCContext
    ) async -> [(VersionBitsDeployment, VersionBitsInfo)] {
        let deployments = context.definition.consensus.deployments.filter {
            $0.startTime != VersionBitsDeployment.neverActive
        }
        return await context.validator.index { index in
            // The states it works out are kept in the copy alone.
            var index = copy index
            guard let id = index.find(hash) else { return [] }
            return deployments.map { ($0, index.info(of: $0, at: id)) }
        }
    }

    private func vote(
        _ deployment: VersionBitsDeployment, _ info: VersionBitsInfo, at hash: BlockHash
    ) -> JSONObject {
        var vote = JSONObject()
        if info.statistics != nil { vote.append("bit", .int(deployment.bit)) }
        vote.append("start_time", .int(deployment.startTime))
        vote.append("timeout", .int(deployment.timeout))
        vote.append("min_activation_height", .int(deployment.minimumActivationHeight))
        vote.append("status", .string(info.state.rawValue))
        vote.append("since", .int(info.since))
        vote.append("status_next", .string(info.nextState.rawValue))
        if let statistics = info.statistics {
            var counts: JSONObject = [
                "period": .int(statistics.period), "elapsed": .int(statistics.elapsed),
                "count": .int(statistics.count),
            ]
            if statistics.threshold > 0 || statistics.isPossible {
                counts.append("threshold", .int(statistics.threshold))
                counts.append("possible", .bool(statistics.isPossible))
            }
            vote.append("statistics", .object(counts))
            let marks = statistics.signalling.map { $0 ? "#" : "-" }.joined()
            vote.append("signalling", .string(marks))
        }
        var object: JSONObject = ["type": "bip9"]
        if let since = info.activeSince { object.append("height", .int(since)) }
        object.append("active", .bool(info.activeSince != nil))
        object.append("bip9", .object(vote))
        return object
    }

    /// A vote that is won is in force from the height on at which it takes effect.
    private func active(_ deployments: JSONObject, at height: Int) -> JSONObject {
        JSONObject(
            deployments.members.map { member in
                guard var object = member.value.object, object["type"] == "bip9" else {
                    return (member.key, member.value)
                }
                let since = object["height"]?.int
                object["active"] = .bool(since.map { $0 <= height + 1 } ?? false)
                return (member.key, .object(object))
            })
    }
}
