import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Wallets

extension RPCContext {
    /// The wallet a call is for: that of its path, or the only one.
    func wallet(for request: RPCRequest) async throws -> Wallet {
        try await store().wallet(named: request.walletName)
    }

    /// The wallets; without them the calls do not exist.
    func store() throws -> WalletStore {
        guard let wallets else { throw RPCError.methodNotFound() }
        return wallets
    }

    /// The name that a call's path and its argument must agree on.
    func walletName(for request: RPCRequest) throws -> String {
        let argument = try request.optionalString("wallet_name")
        guard let path = request.walletName else {
            guard let argument else {
                throw RPCError.invalidParameter(
                    "Either the RPC endpoint wallet or the wallet name parameter must be provided")
            }
            return argument
        }
        guard argument == nil || argument == path else {
            throw RPCError.invalidParameter(
                "The RPC endpoint wallet and the wallet name parameter specify different wallets")
        }
        return path
    }

    func label(_ value: JSON) throws -> String {
        guard !value.isNull else { return "" }
        let label = try value.asString()
        guard label != "*" else { throw WalletError.invalidLabel("Invalid label name") }
        return label
    }

    func addressType(_ value: JSON) throws -> AddressType? {
        guard !value.isNull else { return nil }
        let name = try value.asString()
        guard let type = AddressType(rawValue: name) else {
            throw RPCError.invalidAddressOrKey("Unknown address type '\(name)'")
        }
        return type
    }

    func address(_ text: String, _ message: String) throws -> Address {
        guard let address = try? Address(text, network: definition) else {
            throw RPCError.invalidAddressOrKey(message)
        }
        return address
    }
}

extension JSONObject {
    /// Appends the block up to which an answer about a wallet holds.
    mutating func appendLastBlock(_ point: ChainPoint?) {
        guard let point else { return }
        append(
            "lastprocessedblock",
            ["hash": .string(point.hash.displayHex), "height": .int(point.height)])
    }
}
