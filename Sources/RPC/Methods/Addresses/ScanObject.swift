import Genesis
import Keys
import Notation

/// What an argument names to be looked for: a descriptor, or `{"desc": …, "range": …}` (Core's
/// EvalDescriptorStringOrObject).
struct ScanObject {
    /// More than one for a descriptor of several paths.
    let descriptors: [Descriptor]
    /// The indexes to be looked at: 0 alone where they make no difference.
    let range: ClosedRange<UInt32>
    private let text: String

    init(_ argument: JSON, on network: Network) throws {
        var range: ClosedRange<UInt32> = 0...1000
        if let plain = argument.stringValue {
            text = plain
        } else if let members = argument.object {
            guard let description = members["desc"], !description.isNull else {
                throw RPCError.invalidParameter(
                    "Descriptor needs to be provided in scan object")
            }
            text = try description.asString()
            if let given = members["range"], !given.isNull {
                range = try DescriptorArguments.range(given)
            }
        } else {
            throw RPCError.invalidParameter(
                "Scan object needs to be either a string or an object")
        }
        descriptors = try DescriptorArguments.parse(text, network)
        self.range = descriptors.first?.isRange == true ? range : 0...0
    }

    func expand(
        _ descriptor: Descriptor, at index: UInt32
    ) throws -> DescriptorExpansion {
        guard let expansion = descriptor.expand(at: index) else {
            throw RPCError.invalidAddressOrKey(
                "Cannot derive script without private keys: '\(text)'")
        }
        return expansion
    }
}
