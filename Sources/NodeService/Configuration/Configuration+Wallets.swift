import Foundation
import Keys
import Options
import Primitives
import Wallets

extension Configuration {
    /// Whether the node keeps wallets.
    var hasWallets: Bool { !settings.bool("disablewallet", default: false) }

    /// Where wallets are kept.
    func walletDirectory() throws -> String {
        guard let given = settings.path("walletdir") else { return directory + "/wallets" }
        guard given.hasPrefix("/") else {
            throw ConfigurationError("Specified -walletdir \"\(given)\" is a relative path")
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: given, isDirectory: &isDirectory) else {
            throw ConfigurationError("Specified -walletdir \"\(given)\" does not exist")
        }
        guard isDirectory.boolValue else {
            throw ConfigurationError("Specified -walletdir \"\(given)\" is not a directory")
        }
        return given
    }

    /// The wallets to load at the start, named by options or by settings.json.
    var walletsToLoad: [String] {
        var names: [String] = []
        for name in settings.list("wallet") where !names.contains(name) { names.append(name) }
        return names
    }

    func walletSettings() throws -> WalletSettings {
        var wallet = WalletSettings(network: network)
        if let rate = try feeRate("fallbackfee") { wallet.fallbackFeeRate = rate }
        if let rate = try feeRate("mintxfee") { wallet.minimumFeeRate = rate }
        if let rate = try feeRate("discardfee") { wallet.discardFeeRate = rate }
        if let rate = try feeRate("consolidatefeerate") { wallet.consolidateFeeRate = rate }
        if let fee = try amount("maxtxfee") { wallet.maximumFee = Amount(satoshis: fee) }
        wallet.signalsReplacement = settings.bool("walletrbf", default: true)
        wallet.spendsUnconfirmedChange = settings.bool("spendzeroconfchange", default: true)
        wallet.broadcasts = settings.bool("walletbroadcast", default: true)
        if let type = try addressType("addresstype") { wallet.addressType = type }
        wallet.changeType = try addressType("changetype")
        wallet.keypoolSize = UInt32(int("keypool", default: 1000, in: 1...1_000_000))
        return wallet
    }

    private func feeRate(_ name: String) throws -> FeeRate? {
        try amount(name).map(FeeRate.init(satoshisPerKvB:))
    }

    private func addressType(_ name: String) throws -> AddressType? {
        guard let text = settings.string(name), !text.isEmpty else { return nil }
        guard let type = AddressType(rawValue: text) else {
            let kind = name == "addresstype" ? "address" : "change"
            throw ConfigurationError("Unknown \(kind) type '\(text)'")
        }
        return type
    }
}
