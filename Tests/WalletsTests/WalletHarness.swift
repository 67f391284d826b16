import Chain
import Consensus
import Genesis
import Keys
import Mining
import Primitives
import Scripting
import Synchronization
import TestSupport
import Wallets

/// A node's chain and wallets in a folder of their own, and a miner.
final class WalletHarness: Sendable {
    let folder = TemporaryFolder()
    let network: Network
    let clock: ManualClock
    let validator: Validator
    let store: WalletStore
    let relayed = Mutex<[Transaction]>([])
    /// Set for a node that is about to end.
    let stop = Flag()

    init(
        _ network: Network = .regtest,
        _ configure: (inout Validator.Configuration) -> Void = { _ in }
    ) async throws {
        self.network = network
        clock = ManualClock(Int64(network.genesis.header.time) + 1_000_000)
        var configuration = Validator.Configuration(network: network, directory: folder.path)
        configure(&configuration)
        validator = try await Validator.open(configuration, clock: clock)
        store = Self.store(folder, network, validator, clock, stop)
    }

    private static func store(
        _ folder: TemporaryFolder, _ network: Network, _ validator: Validator,
        _ clock: ManualClock, _ stop: Flag
    ) -> WalletStore {
        var settings = WalletSettings(network: network)
        settings.fallbackFeeRate = FeeRate(satoshisPerKvB: 2_000)
        settings.keypoolSize = 20
        return WalletStore(
            directory: folder.path + "/wallets", settingsPath: folder.path + "/settings.json",
            network: network, validator: validator, clock: clock, settings: settings, isStopping: { stop.isSet }, relay: { _ in })
    }

    /// Another store over the same folder, as after a restart.
    func reopenedStore() -> WalletStore { Self.store(folder, network, validator, clock, stop) }

    /// Mines blocks on the tip that pay to a script; each ten minutes after the last.
    @discardableResult
    func mine(_ count: Int, to script: Script = .payToAnchor) async throws -> [BlockHash] {
        var hashes: [BlockHash] = []
        for _ in 0..<count {
            clock.advance(600)
            let template = try await validator.blockTemplate(paying: .script(script))
            let block = template.block().solved(on: network)
            let outcome = try await validator.submit(block: block)
            guard case .connected = outcome else { throw HarnessError.refused("\(outcome)") }
            hashes.append(block.hash)
        }
        return hashes
    }
}

enum HarnessError: Error {
    case refused(String)
}

/// A claim that may come to be true, and false again.
final class Flag: Sendable {
    private let state = Mutex(false)
    var isSet: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// A clock that only moves by hand.
final class ManualClock: NodeClock {
    private let time: Mutex<Int64>
    init(_ time: Int64) { self.time = Mutex(time) }
    func now() -> Int64 { time.withLock { $0 } }
    func monotonic() -> Duration { .seconds(now()) }
    func advance(_ seconds: Int64) { time.withLock { $0 += seconds } }
}
