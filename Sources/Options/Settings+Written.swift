import Notation

/// What the node itself wrote down, in settings.json.
extension Settings {
    /// The member of the file that says not to change it by hand.
    package static let warningKey = "_warning_"

    /// Reads the bytes of the file at `path`.
    package mutating func readWritten(
        _ bytes: [UInt8], at path: String
    ) throws(ConfigurationError) {
        guard let json = try? JSON(parsing: bytes) else {
            throw ConfigurationError(
                "Settings file could not be read\n- Settings file \(path) does not contain valid "
                    + "JSON. This is probably caused by disk corruption or a crash, and can be "
                    + "fixed by removing the file, which will reset settings to default values.")
        }
        guard let object = json.object else {
            throw ConfigurationError(
                "Settings file could not be read\n- Found non-object value \(json) in settings "
                    + "file \(path)")
        }
        for member in object.members where member.key != Self.warningKey {
            guard written[member.key] == nil else {
                throw ConfigurationError(
                    "Settings file could not be read\n- Found duplicate key \(member.key) in "
                        + "settings file \(path)")
            }
            written[member.key] = (member.value.array ?? [member.value]).map(Self.setting)
        }
    }

    private static func setting(_ json: JSON) -> SettingValue {
        switch json {
        case .bool(false): .no
        case .bool(true): .text("1")
        case .string(let text): .text(text)
        default: .text(json.text())
        }
    }
}
