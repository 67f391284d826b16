import Genesis
import Keys
import Notation

/// Descriptors and their ranges as arguments.
enum DescriptorArguments {
    /// Reads a descriptor, or answers in Core's words.
    static func parse(
        _ text: String, _ network: Network, requireChecksum: Bool = false
    ) throws -> [Descriptor] {
        do {
            return try Descriptor.parse(
                text, network: network, requireChecksum: requireChecksum)
        } catch {
            throw RPCError.invalidAddressOrKey(error.message)
        }
    }

    /// Reads `end` or `[begin,end]`.
    static func range(_ value: JSON) throws -> ClosedRange<UInt32> {
        var (low, high): (Int64, Int64)
        if value.numberText != nil {
            (low, high) = (0, try value.asInt64())
        } else if let both = value.array, both.count == 2, both[0].numberText != nil,
            both[1].numberText != nil
        {
            (low, high) = (try both[0].asInt64(), try both[1].asInt64())
            guard low <= high else {
                throw RPCError.invalidParameter(
                    "Range specified as [begin,end] must not have begin after end")
            }
        } else {
            throw RPCError.invalidParameter(
                "Range must be specified as end or as [begin,end]")
        }
        guard low >= 0 else {
            throw RPCError.invalidParameter("Range should be greater or equal than 0")
        }
        guard high >> 31 == 0 else {
            throw RPCError.invalidParameter("End of range is too high")
        }
        guard high < low + 1_000_000 else {
            throw RPCError.invalidParameter("Range is too large")
        }
        return UInt32(low)...UInt32(high)
    }
}
