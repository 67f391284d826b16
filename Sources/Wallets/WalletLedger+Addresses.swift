internal import Keys
internal import Primitives

/// Addresses: handing out, watching, naming.
extension WalletLedger {
    func activeKeychain(_ type: AddressType, isInternal: Bool) -> Keychain? {
        keychains.values.first {
            $0.isActive && $0.isInternal == isInternal && $0.type == type
        }
    }

    /// Adds a descriptor and watches its scripts.
    mutating func add(_ keychain: Keychain) {
        keychains[keychain.id] = keychain
        changes.keychains.insert(keychain.id)
        watch(keychain.id)
    }

    /// The number for another keychain.
    var nextKeychain: Int64 { (keychains.keys.max() ?? 0) + 1 }

    /// Derives scripts until enough are watched beyond the last one used. Those found to belong to an
    /// older keychain stay with it.
    mutating func watch(_ id: Int64, from start: UInt32? = nil, to end: UInt32 = 0) {
        guard var keychain = keychains[id] else { return }
        var wanted: UInt32 = 1
        if keychain.descriptor.isRange {
            let (sum, overflow) = keychain.nextIndex.addingReportingOverflow(keypoolSize)
            wanted = overflow ? DerivationPath.hardened : min(sum, DerivationPath.hardened)
        }
        let first = start ?? keychain.rangeEnd
        for index in first..<max(first, keychain.rangeEnd, wanted, keychain.descriptor.isRange ? end : 0) {
            guard let expansion = keychain.descriptor.expand(at: index) else { break }
            for script in expansion.scripts where scripts[script] == nil {
                scripts[script] = ScriptPlace(keychain: id, index: index)
                changes.scripts.append(script)
            }
            keychain.rangeEnd = max(keychain.rangeEnd, index + 1)
        }
        keychain.rangeStart = min(keychain.rangeStart, first)
        keychains[id] = keychain
        changes.keychains.insert(id)
    }

    /// Hands out the next address.
    mutating func takeAddress(_ type: AddressType, isInternal: Bool) -> Address? {
        guard let keychain = activeKeychain(type, isInternal: isInternal) else { return nil }
        let index = keychain.nextIndex
        watch(keychain.id)
        guard let watched = keychains[keychain.id], index < watched.rangeEnd,
            let script = watched.descriptor.expand(at: index)?.scripts.first
        else { return nil }
        // The scripts beyond are derived when the next one is asked for, or one is paid.
        if watched.descriptor.isRange {
            keychains[keychain.id]?.nextIndex = index + 1
            changes.keychains.insert(keychain.id)
        }
        return Address(script)
    }

    private mutating func advance(_ id: Int64, to index: UInt32) {
        guard let keychain = keychains[id], keychain.descriptor.isRange,
            index > keychain.nextIndex
        else { return }
        keychains[id]?.nextIndex = index
        watch(id)
    }

    /// A script was paid to: it is not handed out again, and those before it were handed out too,
    /// perhaps by another copy of the wallet.
    mutating func markUsed(_ place: ScriptPlace) {
        guard let keychain = keychains[place.keychain], keychain.descriptor.isRange,
            place.index >= keychain.nextIndex
        else { return }
        if keychain.isActive, !keychain.isInternal {
            for index in keychain.nextIndex...place.index {
                let scripts = keychain.descriptor.expand(at: index)?.scripts ?? []
                for address in scripts.compactMap(Address.init) where labels[address] == nil {
                    setLabel("", purpose: .receive, of: address)
                }
            }
        }
        advance(place.keychain, to: place.index + 1)
    }

    mutating func setLabel(_ label: String, purpose: AddressLabel.Purpose?, of address: Address) {
        let kept = labels[address]?.purpose
        labels[address] = AddressLabel(label: label, purpose: purpose ?? kept ?? .send)
        changes.labels.insert(address)
    }

    /// The descriptor a script comes from, with its index.
    func origin(of script: Script) -> (keychain: Keychain, index: UInt32)? {
        guard let place = scripts[script], let keychain = keychains[place.keychain] else {
            return nil
        }
        return (keychain, place.index)
    }

    /// Gives a provider what is needed to sign for a script.
    func addKeys(for script: Script, to provider: inout SigningProvider) {
        guard let (keychain, index) = origin(of: script),
            let expansion = keychain.descriptor.expand(at: index)
        else { return }
        provider.merge(expansion.provider)
        for key in keychain.descriptor.privateKeys(at: index) { provider.add(key) }
    }

    /// Whether any private key is held.
    var hasPrivateKeys: Bool { keychains.values.contains { $0.descriptor.hasPrivateKeys } }
}
