/// The value of an option as it was set: a text, or no.
///
/// A value from settings.json may also be another JSON value; it is kept as the text it would
/// have on the command line.
package enum SettingValue: Hashable, Sendable {
    case text(String)
    case no
    /// `-nokey=0`: a confusing yes.
    case yes

    /// The value as a yes or no: empty is yes, a text that is no number other than zero is no.
    package var bool: Bool {
        switch self {
        case .no: false
        case .yes: true
        case .text(let text): text.isEmpty || SettingValue.leadingInteger(text) != 0
        }
    }

    /// The value as a text, empty for no.
    package var string: String {
        switch self {
        case .no: "0"
        case .yes: "1"
        case .text(let text): text
        }
    }

    /// The number that a text begins with; zero where it begins with none.
    package static func leadingInteger(_ text: String) -> Int64 {
        var rest = text.utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            rest = rest.dropFirst()
        }
        var value: Int64 = 0
        for byte in rest {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
            let (product, isTooMuch) = value.multipliedReportingOverflow(by: 10)
            let (sum, isMoreYet) = product.addingReportingOverflow(
                sign * Int64(byte - UInt8(ascii: "0")))
            guard !isTooMuch, !isMoreYet else { return sign > 0 ? .max : .min }
            value = sum
        }
        return value
    }
}

/// What is wrong with the configuration, in one line that names it.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    public var description: String

    package init(_ description: String) { self.description = description }
}
