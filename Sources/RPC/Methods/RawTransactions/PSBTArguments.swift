import Keys
import Notation
import Primitives

/// Partially signed transactions as arguments.
enum PSBTArguments {
    /// Reads one in Base64, or answers in Core's words.
    static func decode(_ value: JSON) throws -> PSBT {
        let text = try value.asString()
        do {
            return try PSBT(base64: text)
        } catch {
            throw RPCError.deserialization("TX decode failed \(error.message)")
        }
    }

    static let psbt = Parameter("psbt", .string, "A base64 string of a PSBT")

    static let version = Parameter(
        "psbt_version", .number, default: 2, "The PSBT version number to use.")

    /// Makes one of a transaction in the version asked for.
    static func create(_ transaction: Transaction, _ request: RPCRequest) throws -> JSON {
        let version = try request.uint32("psbt_version")
        guard version == 2 || version == 0 else {
            throw RPCError.invalidParameter("The PSBT version can only be 2 or 0")
        }
        return .string(PSBT(transaction, version: version).base64)
    }
}
