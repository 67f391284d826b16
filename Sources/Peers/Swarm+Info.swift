import Cryptography
import Primitives
import Wire

extension Swarm {
    /// Every connection as `getpeerinfo` shows it, in order of their making.
    public func peerInfos(at now: Duration) -> [PeerInfo] {
        ids.compactMap { peers[$0] }.map { info($0, at: now) }
    }

    /// The transactions whose parents are not known, as `getorphantxs` shows them.
    public var orphans: [OrphanInfo] {
        orphanage.all.map { OrphanInfo(transaction: $0.transaction, peers: $0.peers.sorted()) }
    }

    private func info(_ peer: Peer, at now: Duration) -> PeerInfo {
        let (session, traffic) = (peer.session, peer.traffic)
        let ours = session.introduction?.receiver
        return PeerInfo(
            id: peer.id.rawValue, address: peer.connection.name,
            boundAddress: peer.connection.boundEndpoint?.description,
            localAddress: ours.flatMap { $0.address.isValid ? $0.description : nil },
            network: networkName(of: peer), services: session.services.rawValue,
            relaysTransactions: peer.relay != nil,
            lastInvSequence: peer.relay?.lastSequence ?? 0,
            invToSend: peer.relay?.toSend.count ?? 0, lastSend: Self.seconds(traffic.lastSend),
            lastReceive: Self.seconds(traffic.lastReceive),
            lastTransaction: Self.seconds(traffic.lastTransaction),
            lastBlock: Self.seconds(traffic.lastBlock), bytesSent: traffic.sent,
            bytesReceived: traffic.received, connectedAt: peer.connectedAt.components.seconds,
            timeOffset: session.timeOffset, pingTime: session.lastPing,
            minimumPing: session.minimumPing, pingWait: session.pingWait(at: now),
            version: session.introduction?.version ?? 0,
            userAgent: session.introduction?.sanitisedUserAgent ?? "", isInbound: peer.isInbound,
            isHighBandwidthTo: downloads.compact.announcers.contains(peer.id),
            isHighBandwidthFrom: peer.announcing.wantsCompact,
            startHeight: session.introduction?.startHeight ?? -1,
            presyncedHeaders: peer.headersSync?.presyncHeight ?? -1,
            syncedHeaders: peer.sync.bestKnown.map { tree.height($0) } ?? -1,
            syncedBlocks: peer.sync.lastCommon.map { tree.height($0) } ?? -1,
            inFlight: peer.sync.inFlight.map { tree.height($0) },
            relaysAddresses: peer.gossip.isEnabled, addressesProcessed: peer.gossip.processed,
            addressesRateLimited: peer.gossip.rateLimited, permissions: peer.permissions.names,
            minimumFeeRate: FeeRate(satoshisPerKvB: peer.relay?.minimumFee ?? 0),
            sentByMessage: Self.sorted(traffic.sentByCommand),
            receivedByMessage: Self.sorted(traffic.receivedByCommand),
            connectionType: peer.connection.kind.rawValue, transport: peer.transport.kind.rawValue,
            sessionID: peer.transport.sessionID?.hex ?? "")
    }

    private func networkName(of peer: Peer) -> String {
        let address = peer.connection.endpoint.address
        if peer.connection.isOnion { return NetworkAddress.Kind.onion.name }
        return address.isRoutable ? address.kind.name : "not_publicly_routable"
    }

    private static func seconds(_ time: Duration?) -> Int64 { time?.components.seconds ?? 0 }

    private static func sorted(_ bytes: [String: UInt64]) -> [MessageTraffic] {
        bytes.sorted { $0.key < $1.key }.map { MessageTraffic(command: $0.key, bytes: $0.value) }
    }
}
