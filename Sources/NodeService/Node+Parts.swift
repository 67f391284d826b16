import Chain
import Keys
import Logging
import Mining
import MiningService
import Networking
import Primitives
import Scripting
import Wallets

extension Node {
    /// Opens the wallets that are to be loaded at the start; nil for a node without wallets.
    func makeWallets(
        over validator: Validator, _ clock: SystemClock, _ peers: PeerNetwork
    ) async throws -> WalletStore? {
        guard configuration.hasWallets else { return nil }
        let store = WalletStore(
            directory: try configuration.walletDirectory(), network: configuration.network,
            validator: validator, clock: clock, settings: try configuration.walletSettings()
        ) { transaction in
            await peers.relay(txid: transaction.txid, wtxid: transaction.wtxid)
        }
        for name in configuration.walletsToLoad {
            do {
                _ = try await store.load(name: name)
            } catch let error as WalletError where error.code == -18 {
                logger.warning("Skipping -wallet path that doesn't exist. \(error)")
            }
        }
        return store
    }

    /// Makes the miner and gives it its roster; it mines from now on where that is asked for.
    func makeMiner(
        over validator: Validator, _ clock: SystemClock, _ wallets: WalletStore?
    ) async throws -> Miner {
        let miner = Miner(
            validator: validator, network: configuration.network, clock: clock,
            options: try configuration.assemblyOptions(), logger: Self.logger("miner", sink))
        if let path = configuration.settings.path("roster") {
            let roster = try await RosterFile.load(
                path: path, network: configuration.network
            ) { name in
                try await Self.inmateScript(ofWallet: name, wallets)
            }
            try await miner.use(roster: roster, finder: configuration.settings.string("finder"))
        }
        if let threads = try configuration.miningThreads() {
            try await miner.start(threads: threads, duty: configuration.miningDuty)
        }
        return miner
    }

    /// The script by which a wallet takes its part of a reward: made once, then always the same.
    private static func inmateScript(
        ofWallet name: String, _ wallets: WalletStore?
    ) async throws -> Script {
        guard let wallets else { throw ConfigurationError("wallets are disabled") }
        let label = "inmate"
        let wallet: Wallet
        do {
            wallet = try await wallets.wallet(named: name)
        } catch {
            wallet = try await wallets.load(name: name)
        }
        if let known = await wallet.addresses(label: label).first { return known.address.script }
        return try await wallet.newAddress(label: label).script
    }
}
