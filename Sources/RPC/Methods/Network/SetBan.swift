import Networking
import Notation
import Peers
import Wire

struct SetBan: RPCMethod {
    let name = "setban"
    let summary = "Attempts to add or remove an IP/Subnet from the banned list.\n"
    let parameters = [
        Parameter(
            "subnet", .string, .required,
            "The IP/Subnet (see getpeerinfo for nodes IP) with an optional netmask (default is /32 "
                + "= single IP)"),
        Parameter(
            "command", .string, .required,
            "'add' to add an IP/Subnet to the list, 'remove' to remove an IP/Subnet from the list"),
        Parameter(
            "bantime", .number, default: 0,
            "time in seconds how long (or until when if [absolute] is set) the IP is banned (0 or "
                + "empty means using the default time of 24h which can also be overwritten by the "
                + "-bantime startup argument)"),
        Parameter(
            "absolute", .bool, default: false,
            "If set, the bantime must be an absolute timestamp expressed in UNIX epoch time"),
    ]
    let results = [ResultText(.null, "", "")]
    let examples = [
        Example(["\"192.168.0.6\"", "\"add\"", "86400"]),
        Example(["\"192.168.0.0/24\"", "\"add\""]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let command = try request.string("command")
        guard command == "add" || command == "remove" else {
            throw RPCError.misc(HelpText.text(of: self))
        }
        let peers = try context.requirePeers()
        guard let subnet = Subnet(try request.string("subnet")), subnet.address.isValid else {
            throw RPCError(code: .invalidAddressOrSubnet, "Error: Invalid IP/Subnet")
        }
        guard command == "add" else {
            guard await peers.unban(subnet) else {
                throw RPCError(
                    code: .invalidAddressOrSubnet,
                    "Error: Unban failed. Requested address/subnet was not previously manually "
                        + "banned.")
            }
            return .null
        }
        if await peers.bannedSubnets().contains(where: { $0.subnet == subnet }) {
            throw RPCError(code: .nodeAlreadyAdded, "Error: IP/Subnet already banned")
        }
        let until = try self.until(request, now: peers.seconds)
        guard await peers.ban(subnet, until: until) else {
            throw RPCError(code: .nodeAlreadyAdded, "Error: IP/Subnet already banned")
        }
        return .null
    }

    /// nil for the default duration.
    private func until(_ request: RPCRequest, now: Int64) throws -> Int64? {
        let time = try request.int64("bantime")
        guard try request.bool("absolute") else {
            guard time > 0 else { return nil }
            let (until, overflow) = now.addingReportingOverflow(time)
            return overflow ? .max : until
        }
        guard time >= now else {
            throw RPCError.invalidParameter("Error: Absolute timestamp is in the past")
        }
        return time
    }
}
