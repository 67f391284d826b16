internal import Chain
public import Keys
internal import Primitives

/// What `getwalletinfo` tells.
public struct WalletInformation: Sendable {
    public let transactionCount: Int
    /// Addresses derived ahead, to receive and for change.
    public let externalKeypoolSize: Int
    public let internalKeypoolSize: Int
    public let hasPrivateKeysDisabled: Bool
    public let isBlank: Bool
    public let avoidsReuse: Bool
    public let birthTime: Int64?
    public let lastBlock: ChainPoint?
    /// How far a rescan is; nil when none is under way.
    public let rescan: RescanProgress?
}

/// How far a wallet is that reads the chain again.
public struct RescanProgress: Hashable, Sendable {
    /// How long it has been reading, in seconds.
    public let seconds: Int64
    /// The share that is done, from 0 to 1.
    public let share: Double
}

/// A descriptor of a wallet, as `listdescriptors` tells.
public struct DescriptorInformation: Sendable {
    /// With checksum; with private keys if asked.
    public let text: String
    public let createdAt: Int64
    public let isActive: Bool
    /// Whether it is for change; nil when it is not active.
    public let isInternal: Bool?
    /// The first and last index watched; nil without a range.
    public let range: ClosedRange<UInt32>?
    public let nextIndex: UInt32
}

/// A descriptor to be imported.
public struct DescriptorImport: Sendable {
    public var descriptor: Descriptor
    public var isActive = false
    public var isInternal = false
    public var label: String?
    /// The first index, and the one past the last.
    public var range: Range<UInt32>
    public var nextIndex: UInt32
    /// When its first coin may have come, in seconds since 1970.
    public var timestamp: Int64

    /// A descriptor that watches these indexes.
    public init(_ descriptor: Descriptor, range: Range<UInt32>, timestamp: Int64) {
        self.descriptor = descriptor
        self.range = range
        nextIndex = range.lowerBound
        self.timestamp = timestamp
    }
}

extension Wallet {
    /// What the wallet is; while the chain is read again, as far as that is.
    public func information() async throws -> WalletInformation {
        let progress = rescanProgress
        if progress == nil { try await catchUp() }
        let active = ledger.keychains.values.filter(\.isActive)
        let birthTime = ledger.keychains.values.map(\.createdAt).min()
        return WalletInformation(
            transactionCount: ledger.transactions.count,
            externalKeypoolSize: active.filter { !$0.isInternal }
                .reduce(0) { $0 + $1.unusedCount },
            internalKeypoolSize: active.filter(\.isInternal).reduce(0) { $0 + $1.unusedCount },
            hasPrivateKeysDisabled: header.hasPrivateKeysDisabled,
            isBlank: header.isBlank && ledger.keychains.isEmpty, avoidsReuse: header.avoidsReuse,
            birthTime: birthTime, lastBlock: ledger.tip, rescan: progress)
    }

    private var rescanProgress: RescanProgress? {
        guard let reading else { return nil }
        let (done, whole) = (ledger.height - reading.height, validator.tip.height - reading.height)
        return RescanProgress(
            seconds: (clock.monotonic() - reading.started).components.seconds,
            share: whole > 0 ? min(max(Double(done) / Double(whole), 0), 1) : 1)
    }

    /// The wallet's descriptors, sorted by text.
    public func descriptors(showsPrivateKeys: Bool) throws -> [DescriptorInformation] {
        guard !showsPrivateKeys || !header.hasPrivateKeysDisabled else {
            throw WalletError.wallet("Can't get private descriptor string for watch-only wallets")
        }
        return try ledger.keychains.values.map { keychain in
            let descriptor = keychain.descriptor
            let text =
                showsPrivateKeys
                ? descriptor.privateText(on: network) ?? descriptor.text(on: network)
                : descriptor.normalizedText(on: network)
            guard let text else { throw WalletError.wallet("Can't get descriptor string.") }
            return DescriptorInformation(
                text: text, createdAt: keychain.createdAt, isActive: keychain.isActive,
                isInternal: keychain.isActive ? keychain.isInternal : nil,
                range: descriptor.isRange && keychain.rangeEnd > keychain.rangeStart
                    ? keychain.rangeStart...(keychain.rangeEnd - 1) : nil,
                nextIndex: keychain.nextIndex)
        }.sorted { $0.text < $1.text }
    }

    /// Whether a descriptor of the wallet was given a private key that this one was given.
    public func holdsPrivateKey(of descriptor: Descriptor) -> Bool {
        ledger.keychains.values.contains { keychain in
            descriptor.secrets.keys.contains { keychain.descriptor.secrets[$0] != nil }
        }
    }

    /// How many indexes are watched ahead when none are named.
    public nonisolated var defaultRange: Range<UInt32> { 0..<settings.keypoolSize }

    /// Watches a descriptor from now on, or renews one that is there. The chain is not read again:
    /// see `rescan`.
    public func add(_ request: DescriptorImport) throws {
        try change { ledger in
            let text = request.descriptor.text(on: network)
            let known = ledger.keychains.values.first {
                $0.descriptor.text(on: network) == text
            }
            var keychain =
                known
                ?? Keychain(
                    id: ledger.nextKeychain, descriptor: request.descriptor, isActive: false,
                    isInternal: request.isInternal, createdAt: request.timestamp,
                    nextIndex: request.nextIndex, rangeStart: request.range.lowerBound,
                    rangeEnd: request.range.lowerBound)
            // What lies between the two ranges would be derived too.
            if known != nil, request.descriptor.isRange,
                request.range.lowerBound > keychain.rangeStart
                    || request.range.upperBound < keychain.rangeEnd
            {
                throw WalletError.wallet(
                    "Could not add descriptor '\(text)': new range must include current "
                        + "range = [\(keychain.rangeStart),\(Int64(keychain.rangeEnd) - 1)]")
            }
            if !request.descriptor.secrets.isEmpty { keychain.descriptor = request.descriptor }
            if request.isActive, let type = request.descriptor.addressType {
                for id in ledger.keychains.keys {
                    guard let other = ledger.keychains[id], other.isActive, other.type == type,
                        other.isInternal == request.isInternal
                    else { continue }
                    ledger.keychains[id]?.isActive = false
                    ledger.changes.keychains.insert(id)
                }
            }
            keychain.isActive = request.isActive && request.descriptor.addressType != nil
            keychain.isInternal = request.isInternal
            keychain.nextIndex = max(keychain.nextIndex, request.nextIndex)
            keychain.createdAt = min(keychain.createdAt, request.timestamp)
            ledger.keychains[keychain.id] = keychain
            ledger.watch(
                keychain.id, from: min(keychain.rangeEnd, request.range.lowerBound),
                to: request.range.upperBound)
            // Outputs that were another's until now.
            for transaction in ledger.transactions.values { ledger.index(transaction.transaction) }
            if !request.isInternal {
                let expansion = request.descriptor.expand(at: request.range.lowerBound)
                for script in expansion?.scripts ?? [] where !request.descriptor.isRange {
                    guard let address = Address(script) else { continue }
                    ledger.setLabel(request.label ?? "", purpose: .receive, of: address)
                }
            }
        }
    }

    /// Reads the chain again from the blocks of a time on; two hours earlier, as clocks differ.
    public func rescan(from timestamp: Int64) async throws {
        try await catchUp()
        var (low, high) = (0, validator.tip.height)
        while low < high {
            let middle = (low + high) / 2
            let info = await validator.blockInfo(height: middle)
            if Int64(info?.medianTimePast ?? 0) < timestamp - 7200 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        // The median lags behind the blocks' own times by up to eleven blocks.
        try await rescan(fromHeight: low - 11)
    }

    /// Reads the chain again from a height on.
    public func rescan(fromHeight height: Int) async throws {
        try await catchUp()
        let before = height - 1
        // A cursor below what was given up could never move again, not even after a restart.
        guard await validator.hasBlocks(above: max(before, -1)) else {
            throw WalletError(
                code: -1,
                "Can't rescan beyond pruned data. Use RPC call getblockchaininfo to determine your "
                    + "pruned height.")
        }
        let hash = before >= 0 ? await validator.hash(height: before) : nil
        try await read(after: hash.map { ChainPoint(hash: $0, height: before) })
        try await resubmit()
    }

    /// Writes a complete copy of the wallet to a file that does not exist yet.
    public func backUp(to path: String) throws { try database.copy(to: path) }
}
