import Chain
import Genesis
import Networking
import Options
import Primitives

extension Configuration {
    /// Core's `MAX_SUBVERSION_LENGTH`, in bytes.
    private static let maximumUserAgent = 256

    /// The peers as the options want them.
    func networkConfiguration(
        minimumRelayFeeRate: FeeRate, minimumChainWork: UInt256?
    ) throws -> PeerNetwork.Configuration {
        var peers = PeerNetwork.Configuration(network: network, directory: directory)
        peers.userAgentComments = try comments()
        let connect = settings.list("connect")
        let isConnectOff = settings.isNegated("connect") || connect == ["0"]
        if isConnectOff {
            peers.connect = []
        } else if !connect.isEmpty {
            peers.connect = connect
        }
        peers.maximumConnections = int("maxconnections", default: 125, in: 0...100_000)
        peers.binds = settings.list("bind")
        peers.whiteBinds = settings.list("whitebind")
        // Who picks peers by hand is rarely to be found by others; an address to bind says so.
        let hasBind = !peers.binds.isEmpty || !peers.whiteBinds.isEmpty
        let isChosen = peers.connect != nil || peers.maximumConnections == 0
        peers.listens = settings.bool("listen", default: hasBind || !isChosen)
        if !peers.listens, hasBind {
            throw ConfigurationError(
                "Cannot set -bind or -whitebind together with -listen=0")
        }
        peers.port = UInt16(int("port", default: Int(network.port), in: 1...65535))
        peers.whitelist = settings.list("whitelist")
        peers.addedNodes = settings.list("addnode")
        peers.seedNodes = settings.list("seednode")
        peers.externalAddresses = settings.list("externalip")
        peers.looksUpNames = settings.bool("dns", default: true)
        peers.usesDNSSeeds = settings.bool("dnsseed", default: !isChosen)
        peers.blocksOnly = settings.bool("blocksonly", default: false)
        peers.whitelistRelays = settings.bool("whitelistrelay", default: !peers.blocksOnly)
        peers.whitelistForcesRelay = settings.bool("whitelistforcerelay", default: false)
        peers.isEncrypted = settings.bool("v2transport", default: true)
        peers.isPruned = try pruneMode() != .off
        peers.servesFilters = try servesBlockFilters()
        peers.isActive = settings.bool("networkactive", default: true)
        peers.banTime = Int64(int("bantime", default: 86_400, in: 0...1 << 40))
        let timeout = int("timeout", default: 5000, in: 0...Int(Int32.max))
        peers.connectTimeout = .milliseconds(timeout > 0 ? timeout : 5000)
        peers.peerTimeout = Int64(int("peertimeout", default: 60, in: 0...Int(Int32.max)))
        guard peers.peerTimeout > 0 else {
            throw ConfigurationError("peertimeout must be a positive integer.")
        }
        peers.minimumRelayFeeRate = minimumRelayFeeRate
        if let minimumChainWork { peers.minimumChainWork = minimumChainWork }
        if let problem = peers.problem() { throw ConfigurationError(problem) }
        return peers
    }

    private func comments() throws -> [String] {
        let comments = settings.list("uacomment")
        for comment in comments where !comment.utf8.allSatisfy(Self.isSafe) {
            throw ConfigurationError(
                "User Agent comment (\(comment)) contains unsafe characters.")
        }
        var peers = PeerNetwork.Configuration(network: network, directory: directory)
        peers.userAgentComments = comments
        let size = peers.userAgent.utf8.count
        guard size <= Self.maximumUserAgent else {
            throw ConfigurationError(
                "Total length of network version string (\(size)) exceeds maximum length "
                    + "(\(Self.maximumUserAgent)). Reduce the number or size of uacomments.")
        }
        return comments
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            " .,;-_?@".utf8.contains(byte)
        }
    }
}
