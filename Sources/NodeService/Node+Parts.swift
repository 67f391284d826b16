import Chain
import Keys
import Logging
import Mining
import MiningService
import Networking
import Options
import Primitives
import RPC
import Scripting
import ServiceLifecycle
import Stratum
import Wallets

extension Node {
    /// Opens the wallets that are to be loaded at the start; nil for a node without wallets.
    func makeWallets(
        over validator: Validator, _ clock: SystemClock, _ peers: PeerNetwork
    ) async throws -> WalletStore? {
        guard configuration.hasWallets else { return nil }
        let stop = stop
        let store = WalletStore(
            directory: try configuration.walletDirectory(),
            settingsPath: configuration.settings.writtenPath(in: configuration.directory),
            network: configuration.network, validator: validator, clock: clock,
            settings: try configuration.walletSettings(), isStopping: { stop.isMade }
        ) { transaction in
            await peers.relay(txid: transaction.txid, wtxid: transaction.wtxid)
        }
        for name in configuration.walletsToLoad {
            do {
                _ = try await store.load(name: name)
            } catch let error as WalletError where error.code == -18 {
                logger.warning("Skipping -wallet path that doesn't exist. \(error)")
            } catch is WalletError where stop.isMade {
                break
            }
        }
        return store
    }

    /// Makes the miner and gives it its roster; it mines from now on where that is asked for.
    func makeMiner(
        over validator: Validator, _ clock: SystemClock, _ wallets: WalletStore?,
        _ peers: PeerNetwork
    ) async throws -> Miner {
        let rosterPath = configuration.settings.path("roster")
        let shares =
            rosterPath == nil
            ? nil
            : try ShareLog(
                folder: configuration.directory + "/shares",
                limit: configuration.shareLogSize, logger: Self.logger("shares", sink))
        let miner = Miner(
            validator: validator, network: configuration.network, clock: clock,
            options: try configuration.assemblyOptions(), shares: shares,
            archive: RosterArchive(folder: configuration.rosterFolder),
            logger: Self.logger("miner", sink))
        var known = try RosterArchive(folder: configuration.rosterFolder)
            .load(network: configuration.network)
        for path in configuration.settings.list("knownroster") {
            known.append(try await roster(at: path, wallets))
        }
        try await miner.use(known: known)
        if let path = rosterPath {
            try await miner.use(
                roster: try await roster(at: path, wallets),
                finder: configuration.settings.string("finder"))
        }
        if let signer = try await blockSigner(wallets) { await miner.use(signer: signer) }
        await miner.use(schedule: configuration.miningSchedule) {
            await peers.connectionCounts().total
        }
        if let threads = try configuration.miningThreads() {
            try await miner.start(threads: threads, duty: configuration.miningDuty)
        }
        return miner
    }

    /// Who signs blocks; nil where the network asks for no signature. Without keys blocks can be
    /// made only where anybody may answer the challenge.
    private func blockSigner(_ wallets: WalletStore?) async throws -> BlockSigner? {
        var provider = SigningProvider(secrets: try configuration.signetKeys())
        let names = try configuration.signetWallets()
        guard let challenge = configuration.signetChallenge else { return nil }
        for name in names {
            let wallet = try await Self.wallet(named: name, wallets)
            let known = await wallet.signingProvider(for: challenge)
            guard !known.secrets.isEmpty else {
                throw ConfigurationError(
                    "-signetwallet: the wallet \"\(name)\" holds no key of the network's challenge")
            }
            provider.merge(known)
        }
        return BlockSigner(challenge: challenge, provider: provider)
    }

    private func roster(at path: String, _ wallets: WalletStore?) async throws -> Roster {
        try await RosterFile.load(path: path, network: configuration.network) { name in
            try await Self.inmateScript(ofWallet: name, wallets)
        }
    }

    /// Where the roster is written down, for calls that change it.
    func rosterSource(_ wallets: WalletStore?) -> RosterSource? {
        guard let path = configuration.settings.path("roster") else { return nil }
        let network = configuration.network
        return RosterSource(path: path) { text in
            try await RosterFile.read(text, network: network) { name in
                try await Self.inmateScript(ofWallet: name, wallets)
            }
        }
    }

    /// The door for miners, where one is asked for. It listens once it runs.
    func makeStratum(_ miner: Miner, _ clock: SystemClock) async throws -> StratumServer? {
        guard let stratum = try configuration.stratum() else { return nil }
        guard let roster = await miner.roster, let shares = miner.shares else {
            throw ConfigurationError("-stratum needs -roster=<file>: miners log in as its inmates")
        }
        return StratumServer(
            stratum, miner: miner, roster: roster, shares: shares, clock: clock,
            logger: Self.logger("stratum", sink))
    }

    /// Serves miners until the task is cancelled; throws where it cannot listen.
    func run(_ stratum: StratumServer) async throws {
        let services = ServiceGroup(services: [stratum], logger: Self.logger("services", sink))
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await services.run()
        } onCancelOrGracefulShutdown: {
            Task { await services.triggerGracefulShutdown() }
        }
    }

    /// The script by which a wallet takes its part of a reward: made once, then always the same.
    private static func inmateScript(
        ofWallet name: String, _ wallets: WalletStore?
    ) async throws -> Script {
        let label = "inmate"
        let wallet = try await wallet(named: name, wallets)
        if let known = await wallet.addresses(label: label).first { return known.address.script }
        return try await wallet.newAddress(label: label).script
    }

    /// A wallet of this node, loaded where it is not yet.
    private static func wallet(
        named name: String, _ wallets: WalletStore?
    ) async throws -> Wallet {
        guard let wallets else { throw ConfigurationError("wallets are disabled") }
        do {
            return try await wallets.wallet(named: name)
        } catch {
            return try await wallets.load(name: name)
        }
    }
}
