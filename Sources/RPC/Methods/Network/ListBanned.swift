import Networking
import Notation
import Peers

struct ListBanned: RPCMethod {
    let name = "listbanned"
    let summary = "List all manually banned IPs/Subnets.\n"
    let results = [
        ResultText(
            .array, "", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(.string, "address", "The IP/Subnet of the banned node"),
                        ResultText(
                            .time, "ban_created", "The UNIX epoch time the ban was created"),
                        ResultText(.time, "banned_until", "The UNIX epoch time the ban expires"),
                        ResultText(.time, "ban_duration", "The ban duration, in seconds"),
                        ResultText(
                            .time, "time_remaining",
                            "The time remaining until the ban expires, in seconds"),
                    ])
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let peers = try context.requirePeers()
        let now = peers.seconds
        return .array(
            await peers.bannedSubnets().map { ban in
                [
                    "address": .string(ban.subnet.description),
                    "ban_created": .int(ban.created), "banned_until": .int(ban.until),
                    "ban_duration": .int(ban.until &- ban.created),
                    "time_remaining": .int(ban.until &- now),
                ]
            })
    }
}
