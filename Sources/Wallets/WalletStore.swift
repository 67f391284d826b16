public import Chain
internal import Foundation
public import Genesis
public import Keys
internal import Notation
public import Primitives
internal import Storage

/// The wallets of a node: which there are, and which are loaded. Each has a folder of its own,
/// `wallets/<name>/wallet.db`.
public actor WalletStore {
    private let directory: String
    private let settingsPath: String?
    private let surroundings: WalletSurroundings
    /// In the order they were loaded.
    private var wallets: [Wallet] = []
    /// Names that are being opened: two calls must not open one file.
    private var opening: Set<String> = []

    /// The wallets in a folder, which is made when the first wallet is.
    ///
    /// - Parameters:
    ///   - settingsPath: the file that tells what to load at the start; nil where there is none.
    ///   - isStopping: whether the node is about to end, so that a wallet reads no further.
    ///   - relay: sends a transaction of ours to the network.
    public init(
        directory: String, settingsPath: String?, network: Network, validator: Validator,
        clock: any NodeClock, settings: WalletSettings,
        isStopping: @escaping @Sendable () -> Bool = { false },
        relay: @escaping @Sendable (Transaction) async -> Void
    ) {
        self.directory = directory
        self.settingsPath = settingsPath
        surroundings = WalletSurroundings(
            network: network, settings: settings, validator: validator, clock: clock, relay: relay,
            isStopping: isStopping)
    }

    /// What loaded wallets are called, in the order they were loaded.
    public var names: [String] { wallets.map(\.name) }

    /// All loaded wallets.
    public var loaded: [Wallet] { wallets }

    /// The wallet of a name; without one, the only wallet there is.
    public func wallet(named name: String?) throws(WalletError) -> Wallet {
        if let name {
            guard let wallet = wallets.first(where: { $0.name == name }) else {
                throw .notFound("Requested wallet does not exist or is not loaded")
            }
            return wallet
        }
        guard let first = wallets.first else {
            throw .notFound(
                "No wallet is loaded. Load a wallet using loadwallet or create a new one with "
                    + "createwallet. (Note: A default wallet is no longer automatically created)")
        }
        guard wallets.count == 1 else { throw .notSpecified }
        return first
    }

    /// The names of all wallets in the folder, loaded or not.
    public func directoryNames() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { FileManager.default.fileExists(atPath: path(of: $0)) }.sorted()
    }

    /// A hint that the chain or the mempool has moved. Missing one does no harm: every question to a
    /// wallet reads up to the tip first.
    public func chainMoved() async {
        for wallet in wallets { try? await wallet.catchUp() }
    }

    /// Lets go of all wallets.
    public func unloadAll() async throws {
        let all = wallets
        wallets = []
        var failure: (any Error)?
        for wallet in all {
            do { try await wallet.close() } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private func folder(of name: String) -> String { directory + "/" + name }
    private func path(of name: String) -> String { folder(of: name) + "/wallet.db" }

    /// Wallets lie in the wallets folder and nowhere else.
    private static func isFolderName(_ name: String) -> Bool {
        name != "." && name != ".." && !name.contains("/") && !name.contains("\0")
            && name.utf8.count <= 255
    }
}

/// What a new wallet is to be.
public struct WalletCreation: Sendable {
    /// Watches, but cannot sign.
    public var disablesPrivateKeys = false
    /// Has no keys until some are imported.
    public var isBlank = false
    /// Recorded, and not acted on yet.
    public var avoidsReuse = false
    /// The words to restore from; nil makes new ones.
    public var mnemonic: Mnemonic?
    /// When the restored words were first used, in seconds since 1970; the chain is read from there.
    public var birthday: Int64 = 0

    /// A wallet with new keys.
    public init() {}
}

// MARK: Creating

extension WalletStore {
    /// Makes a wallet and loads it.
    @discardableResult
    public func create(
        name: String, _ creation: WalletCreation = .init()
    ) async throws -> Wallet {
        guard Self.isFolderName(name) else {
            throw WalletError.wallet(
                "Wallet file verification failed. Invalid -wallet path '\(name)'.")
        }
        guard !FileManager.default.fileExists(atPath: path(of: name)),
            opening.insert(name).inserted
        else {
            throw WalletError.wallet(
                "Wallet file verification failed. Failed to create database path "
                    + "'\(folder(of: name))'. Database already exists.")
        }
        defer { opening.remove(name) }
        let now = surroundings.clock.now()
        let (header, ledger) = try Self.draw(creation, now: now, surroundings)
        // Half a wallet would be in the way of the next try; what was there before is not ours.
        let made = ([folder(of: name)] + ["", "-wal", "-shm"].map { path(of: name) + $0 })
            .filter { !FileManager.default.fileExists(atPath: $0) }
        do {
            try FileManager.default.createDirectory(
                atPath: folder(of: name), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            let wallet = try make(name, header, ledger)
            do {
                try await wallet.catchUp()
            } catch {
                try? await wallet.close()
                throw error
            }
            wallets.append(wallet)
            return wallet
        } catch {
            for path in made { try? FileManager.default.removeItem(atPath: path) }
            throw error
        }
    }

    private func make(
        _ name: String, _ header: WalletDatabase.Header, _ ledger: WalletLedger
    ) throws -> Wallet {
        let database = try WalletDatabase(path: path(of: name), network: surroundings.network)
        // The ledger first: a file without header is no wallet.
        try database.write(ledger)
        try database.write(header)
        return Wallet(
            name: name, database: database, header: header, ledger: ledger,
            surroundings: surroundings)
    }

    /// The first content of a wallet.
    private static func draw(
        _ creation: WalletCreation, now: Int64, _ surroundings: WalletSurroundings
    ) throws -> (WalletDatabase.Header, WalletLedger) {
        let network = surroundings.network
        var ledger = WalletLedger(network: network, settings: surroundings.settings)
        var mnemonic: Mnemonic?
        if !creation.disablesPrivateKeys, !creation.isBlank {
            mnemonic = try creation.mnemonic ?? Mnemonic(entropy: randomEntropy())
        }
        let createdAt = creation.mnemonic == nil ? now : creation.birthday
        if creation.mnemonic == nil {
            // New keys have no past.
            let tip = surroundings.validator.tip
            ledger.tip = ChainPoint(hash: tip.hash, height: tip.height)
            ledger.changes.tip = true
        }
        if let mnemonic {
            guard let root = ExtendedPrivateKey(seed: try mnemonic.seed()) else {
                throw WalletError.wallet("The seed has no keys")
            }
            for keychain in accounts(root, network: network, createdAt: createdAt) {
                ledger.add(keychain)
            }
        }
        let header = WalletDatabase.Header(
            network: network.name, createdAt: createdAt,
            entropy: mnemonic?.entropy,
            hasPrivateKeysDisabled: creation.disablesPrivateKeys, isBlank: creation.isBlank,
            avoidsReuse: creation.avoidsReuse)
        return (header, ledger)
    }

    /// Account 0 of BIP44, 49, 84 and 86, each with a chain to receive and one for change.
    private static func accounts(
        _ root: ExtendedPrivateKey, network: Network, createdAt: Int64
    ) -> [Keychain] {
        let hardened = DerivationPath.hardened
        let coinType: UInt32 = network.kind == .main ? 0 : 1
        var keychains: [Keychain] = []
        for type in AddressType.allCases {
            for chain: UInt32 in [0, 1] {
                let account: DerivationPath = [
                    type.purpose | hardened, coinType | hardened, 0 | hardened,
                ]
                keychains.append(
                    Keychain(
                        id: Int64(keychains.count + 1),
                        descriptor: .account(type, root: root, account: account, chain: chain),
                        isActive: true, isInternal: chain == 1, createdAt: createdAt,
                        nextIndex: 0, rangeStart: 0, rangeEnd: 0))
            }
        }
        return keychains
    }

    /// 128 bits for 12 words.
    private static func randomEntropy() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}

// MARK: Loading

extension WalletStore {
    /// Opens a wallet that was made before, and brings it to the tip.
    @discardableResult
    public func load(name: String) async throws -> Wallet {
        guard !wallets.contains(where: { $0.name == name }) else {
            throw WalletError.alreadyLoaded("Wallet \"\(name)\" is already loaded.")
        }
        guard Self.isFolderName(name), FileManager.default.fileExists(atPath: path(of: name))
        else {
            throw WalletError.notFound(
                "Wallet file verification failed. Failed to load database path "
                    + "'\(folder(of: name))'. Path does not exist.")
        }
        guard opening.insert(name).inserted else {
            throw WalletError.wallet("Wallet already loading.")
        }
        defer { opening.remove(name) }
        let wallet = try open(name)
        do {
            try await wallet.catchUp()
            try await wallet.resubmit()
        } catch {
            try? await wallet.close()
            throw error
        }
        wallets.append(wallet)
        return wallet
    }

    private func open(_ name: String) throws -> Wallet {
        let network = surroundings.network
        let failed = "Wallet file verification failed. '\(path(of: name))'"
        let database: WalletDatabase
        let header: WalletDatabase.Header?
        do {
            database = try WalletDatabase(path: path(of: name), network: network)
            header = try database.header()
        } catch {
            throw WalletError.wallet("\(failed) cannot be read: \(error)")
        }
        guard let header else { throw WalletError.wallet("\(failed) holds no wallet.") }
        guard header.network == network.name else {
            throw WalletError.wallet(
                "\(failed) is a wallet of the network '\(header.network)', not of "
                    + "'\(network.name)'.")
        }
        do {
            let empty = WalletLedger(network: network, settings: surroundings.settings)
            let ledger = try database.load(empty)
            return Wallet(
                name: name, database: database, header: header, ledger: ledger,
                surroundings: surroundings)
        } catch {
            throw WalletError.wallet("\(failed) is damaged: \(error)")
        }
    }

    /// Lets go of a wallet; its file stays.
    public func unload(name: String) async throws {
        guard let index = wallets.firstIndex(where: { $0.name == name }) else {
            throw WalletError.notFound("Requested wallet does not exist or is not loaded")
        }
        let wallet = wallets.remove(at: index)
        try await wallet.close()
    }
}

// MARK: Loading at the start

extension WalletStore {
    /// What Core's file of settings that calls change holds; nothing where there is none yet. One
    /// that cannot be read is left alone: the other settings in it are the operator's.
    private func settings(_ path: String) throws(WalletError) -> JSONObject {
        guard FileManager.default.fileExists(atPath: path) else { return JSONObject() }
        guard let data = FileManager.default.contents(atPath: path),
            case .object(let object)? = try? JSON(parsing: [UInt8](data))
        else {
            throw .wallet(
                "Settings file \(path) could not be read, so what is loaded at the next start stays "
                    + "as it was. Put the file right, or remove it to begin with defaults.")
        }
        return object
    }

    /// Has a wallet loaded, or not, when the node starts.
    public func setLoadsOnStart(_ name: String, _ loads: Bool) throws {
        guard let settingsPath else {
            throw WalletError.wallet(
                "Wallet load on startup setting could not be updated, so wallet may not be "
                    + (loads ? "loaded" : "unloaded") + " next node startup.")
        }
        var object = try settings(settingsPath)
        // A single value may stand without brackets.
        var names = object["wallet"].map { $0.array ?? [$0] }?.compactMap(\.stringValue) ?? []
        guard names.contains(name) != loads else { return }
        if loads { names.append(name) } else { names.removeAll { $0 == name } }
        object["wallet"] = .array(names.map(JSON.string))
        let bytes = Array((JSON.object(object).text(indent: 4) + "\n").utf8)
        try File.replace(settingsPath, with: bytes.span)
    }
}
