/// The number of an error in an answer, as Bitcoin Core numbers them.
public struct RPCErrorCode: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let invalidRequest = RPCErrorCode(rawValue: -32600)
    public static let methodNotFound = RPCErrorCode(rawValue: -32601)
    public static let invalidParams = RPCErrorCode(rawValue: -32602)
    public static let `internal` = RPCErrorCode(rawValue: -32603)
    public static let parse = RPCErrorCode(rawValue: -32700)

    public static let misc = RPCErrorCode(rawValue: -1)
    public static let type = RPCErrorCode(rawValue: -3)
    public static let wallet = RPCErrorCode(rawValue: -4)
    public static let invalidAddressOrKey = RPCErrorCode(rawValue: -5)
    public static let insufficientFunds = RPCErrorCode(rawValue: -6)
    public static let outOfMemory = RPCErrorCode(rawValue: -7)
    public static let invalidParameter = RPCErrorCode(rawValue: -8)
    public static let notConnected = RPCErrorCode(rawValue: -9)
    public static let inInitialDownload = RPCErrorCode(rawValue: -10)
    public static let walletNotFound = RPCErrorCode(rawValue: -18)
    public static let walletNotSpecified = RPCErrorCode(rawValue: -19)
    public static let database = RPCErrorCode(rawValue: -20)
    public static let deserialization = RPCErrorCode(rawValue: -22)
    public static let nodeAlreadyAdded = RPCErrorCode(rawValue: -23)
    public static let nodeNotAdded = RPCErrorCode(rawValue: -24)
    public static let verify = RPCErrorCode(rawValue: -25)
    public static let verifyRejected = RPCErrorCode(rawValue: -26)
    public static let alreadyInChain = RPCErrorCode(rawValue: -27)
    public static let inWarmup = RPCErrorCode(rawValue: -28)
    public static let nodeNotConnected = RPCErrorCode(rawValue: -29)
    public static let invalidAddressOrSubnet = RPCErrorCode(rawValue: -30)
    public static let peersDisabled = RPCErrorCode(rawValue: -31)
    public static let deprecated = RPCErrorCode(rawValue: -32)
    public static let mempoolDisabled = RPCErrorCode(rawValue: -33)
    public static let nodeCapacityReached = RPCErrorCode(rawValue: -34)
}

/// What a method answers when it does not succeed.
public struct RPCError: Error, Hashable, CustomStringConvertible {
    public var code: RPCErrorCode
    public var message: String

    public init(code: RPCErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension RPCError {
    public static func misc(_ message: String) -> RPCError { .init(code: .misc, message) }
    public static func type(_ message: String) -> RPCError { .init(code: .type, message) }
    public static func wallet(_ message: String) -> RPCError { .init(code: .wallet, message) }
    public static func insufficientFunds(_ message: String) -> RPCError {
        .init(code: .insufficientFunds, message)
    }
    public static func invalidAddressOrKey(_ message: String) -> RPCError {
        .init(code: .invalidAddressOrKey, message)
    }
    public static func invalidParameter(_ message: String) -> RPCError {
        .init(code: .invalidParameter, message)
    }
    public static func invalidRequest(_ message: String) -> RPCError {
        .init(code: .invalidRequest, message)
    }
    public static func notConnected(_ message: String) -> RPCError {
        .init(code: .notConnected, message)
    }
    public static func database(_ message: String) -> RPCError { .init(code: .database, message) }
    public static func deserialization(_ message: String) -> RPCError {
        .init(code: .deserialization, message)
    }
    public static func verify(_ message: String) -> RPCError { .init(code: .verify, message) }
    public static func verifyRejected(_ message: String) -> RPCError {
        .init(code: .verifyRejected, message)
    }
    public static func alreadyInChain(_ message: String) -> RPCError {
        .init(code: .alreadyInChain, message)
    }
    public static func methodNotFound() -> RPCError {
        .init(code: .methodNotFound, "Method not found")
    }
    /// For what Bitcoin Core has and this node does not have yet.
    public static func notImplemented(_ what: String) -> RPCError {
        .init(code: .misc, "\(what) is not implemented")
    }
}
