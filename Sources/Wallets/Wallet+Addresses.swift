public import Keys
internal import Primitives

/// What a wallet knows of an address.
public struct AddressInformation: Sendable {
    public let isMine: Bool
    public let isSolvable: Bool
    public let isChange: Bool
    /// The descriptor inferred for the script, with checksum; nil when it is not solvable.
    public let descriptor: String?
    /// The wallet's descriptor it comes from, public and normalised.
    public let parentDescriptor: String?
    public let label: String?
    public let isActive: Bool
    public let isInternal: Bool
    public let createdAt: Int64
    /// The keys and scripts behind it.
    public let provider: SigningProvider
    /// Where its only key comes from.
    public let keyOrigin: KeyOrigin?
}

extension Wallet {
    /// The next address, with a label.
    public func newAddress(
        _ type: AddressType? = nil, label: String = ""
    ) throws -> Address {
        let type = type ?? settings.addressType
        return try change { ledger in
            let address = try take(type, isInternal: false, from: &ledger)
            ledger.setLabel(label, purpose: .receive, of: address)
            return address
        }
    }

    /// The next change address, for transactions made by hand.
    public func newChangeAddress(_ type: AddressType? = nil) throws -> Address {
        let type = type ?? settings.changeType ?? settings.addressType
        return try change { ledger in try take(type, isInternal: true, from: &ledger) }
    }

    /// Throws if no new addresses come from this wallet at all.
    public func checkHasAddresses() throws {
        guard ledger.keychains.values.contains(where: \.isActive) else {
            throw WalletError.wallet("Error: This wallet has no available keys")
        }
    }

    private func take(
        _ type: AddressType, isInternal: Bool, from ledger: inout WalletLedger
    ) throws -> Address {
        try checkHasAddresses()
        guard ledger.activeKeychain(type, isInternal: isInternal) != nil else {
            throw WalletError.keypoolRanOut("Error: No \(type.rawValue) addresses available.")
        }
        guard let address = ledger.takeAddress(type, isInternal: isInternal) else {
            throw WalletError.keypoolRanOut(
                "Error: Keypool ran out, please call keypoolrefill first")
        }
        return address
    }

    /// Names an address, ours or another's.
    public func setLabel(_ label: String, of address: Address) throws {
        try change { ledger in
            let isMine = ledger.isMine(address.script)
            ledger.setLabel(label, purpose: isMine ? .receive : .send, of: address)
        }
    }

    /// All labels in use, sorted; of one purpose ("receive" or "send") if asked.
    public func labels(purpose: String? = nil) -> [String] {
        let all = ledger.labels.values.filter { purpose == nil || $0.purpose.rawValue == purpose }
        return Set(all.map(\.label)).sorted()
    }

    /// The addresses under a label, with their purposes, sorted by text.
    public func addresses(label: String) -> [(address: Address, purpose: String)] {
        ledger.labels.filter { $0.value.label == label }
            .map { (address: $0.key, purpose: $0.value.purpose.rawValue) }
            .sorted { $0.address.text(on: network) < $1.address.text(on: network) }
    }

    /// What is known of an address.
    public func information(_ address: Address) -> AddressInformation {
        let script = address.script
        let origin = ledger.origin(of: script)
        let provider =
            origin.flatMap { $0.keychain.descriptor.expand(at: $0.index)?.provider }
            ?? SigningProvider()
        let inferred = Descriptor.infer(script, provider: provider)
        let isSolvable = origin != nil && inferred.isSolvable
        return AddressInformation(
            isMine: origin != nil, isSolvable: isSolvable,
            isChange: ledger.isChange(TransactionOutput(value: .zero, script: script)),
            descriptor: isSolvable ? inferred.text(on: network) : nil,
            parentDescriptor: origin.flatMap { $0.keychain.descriptor.normalizedText(on: network) },
            label: ledger.labels[address]?.label,
            isActive: origin?.keychain.isActive ?? false,
            isInternal: origin?.keychain.isInternal ?? false,
            createdAt: origin?.keychain.createdAt ?? 0, provider: provider,
            keyOrigin: provider.origins.count == 1 ? provider.origins.values.first : nil)
    }

    /// The words the wallet's keys grow from; nil for a wallet without a seed. Whoever reads them owns
    /// the coins.
    public func mnemonic() throws -> Mnemonic? {
        try header.entropy.map { try Mnemonic(entropy: $0) }
    }
}
