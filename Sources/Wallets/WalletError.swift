/// Why a wallet does not do what it was asked, with the code and words that Core's RPC gives.
public struct WalletError: Error, Hashable, CustomStringConvertible {
    /// Core's RPC error code.
    public let code: Int
    /// Core's words.
    public let message: String

    /// An error of this code.
    public init(code: Int, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// Anything about the wallet that no other code names (-4).
    public static func wallet(_ message: String) -> WalletError { .init(code: -4, message) }

    /// An address, key or transaction that is not what it should be (-5).
    public static func invalidAddressOrKey(_ message: String) -> WalletError {
        .init(code: -5, message)
    }

    /// A transaction that cannot be paid for, or made (-6).
    public static func insufficientFunds(_ message: String) -> WalletError {
        .init(code: -6, message)
    }

    /// An argument out of its range (-8).
    public static func invalidParameter(_ message: String) -> WalletError {
        .init(code: -8, message)
    }

    /// A label that is none (-11).
    public static func invalidLabel(_ message: String) -> WalletError { .init(code: -11, message) }

    /// No more addresses can be derived (-12).
    public static func keypoolRanOut(_ message: String) -> WalletError { .init(code: -12, message) }

    /// No wallet of that name (-18).
    public static func notFound(_ message: String) -> WalletError { .init(code: -18, message) }

    /// Several wallets, and none named (-19).
    public static let notSpecified = WalletError(
        code: -19,
        "Multiple wallets are loaded. Please select which wallet to use by requesting the RPC "
            + "through the /wallet/<walletname> URI path.")

    /// A wallet that is loaded already (-35).
    public static func alreadyLoaded(_ message: String) -> WalletError { .init(code: -35, message) }
}
