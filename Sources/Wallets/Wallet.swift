internal import Chain
public import Genesis
internal import Primitives

/// A wallet: keys, the coins they own, and what became of them. It follows the chain by a cursor, and
/// writes every change to its file before anyone sees it.
public actor Wallet {
    /// The name it is loaded under; may be empty.
    public nonisolated let name: String
    public nonisolated let network: Network

    let settings: WalletSettings
    let validator: Validator
    let clock: any NodeClock
    let relay: @Sendable (Transaction) async -> Void
    let isStopping: @Sendable () -> Bool
    let database: WalletDatabase
    var header: WalletDatabase.Header
    private(set) var ledger: WalletLedger

    /// The last change of the mempool that was taken in; nil before the first.
    var poolSequence: UInt64?
    /// Who is reading the chain now.
    private var follower: Task<Void, any Error>?
    /// Since when the chain is read again, and from what height; nil when it is not.
    var reading: (started: Duration, height: Int)?
    private var isClosed = false

    init(
        name: String, database: WalletDatabase, header: WalletDatabase.Header,
        ledger: WalletLedger, surroundings: WalletSurroundings
    ) {
        self.name = name
        self.database = database
        self.header = header
        self.ledger = ledger
        network = surroundings.network
        settings = surroundings.settings
        validator = surroundings.validator
        clock = surroundings.clock
        relay = surroundings.relay
        isStopping = surroundings.isStopping
    }

    /// Changes the ledger, on disk first: when writing fails, nothing has changed.
    func change<Result>(
        _ body: (inout WalletLedger) throws -> Result
    ) throws -> Result {
        guard !isClosed else {
            throw WalletError.notFound(
                "Requested wallet does not exist or is not loaded")
        }
        var next = ledger
        next.changes = WalletLedger.Changes()
        let result = try body(&next)
        try database.write(next)
        ledger = next
        return result
    }

    /// Brings the wallet to the tip and the mempool as they are now.
    public func catchUp() async throws {
        try await becomeFollower { try await self.follow() }
    }

    /// Reads again what comes after a block; all there is where it is nil.
    func read(after block: ChainPoint?) async throws {
        try await becomeFollower {
            // Whoever follows goes on from the cursor he saw: nobody else may move it.
            try await self.goBack(to: block)
            try await self.follow()
        }
    }

    private func becomeFollower(
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        // Another's reading may have begun before what we are to see; it is waited for, then repeated.
        while let running = follower { _ = await running.result }
        let task = Task { try await work() }
        follower = task
        defer {
            follower = nil
            reading = nil
        }
        try await task.value
    }

    /// Writes what is to be written and lets go of the file.
    func close() async throws {
        while let running = follower { _ = await running.result }
        guard !isClosed else { return }
        isClosed = true
        try database.close()
    }
}

/// What all wallets of a node share.
struct WalletSurroundings: Sendable {
    let network: Network
    let settings: WalletSettings
    let validator: Validator
    let clock: any NodeClock
    let relay: @Sendable (Transaction) async -> Void
    /// Whether the node is about to end: nobody reads on then.
    let isStopping: @Sendable () -> Bool
}
