/// An option's key as written: `name`, `noname`, `section.name`.
struct SettingKey {
    let section: String
    let name: String
    let isNegated: Bool

    init(_ text: some StringProtocol) {
        var rest = Substring(text)
        if let dot = rest.utf8.firstIndex(of: UInt8(ascii: ".")) {
            section = String(rest[..<dot])
            rest = rest[rest.utf8.index(after: dot)...]
        } else {
            section = ""
        }
        isNegated = rest.utf8.starts(with: "no".utf8)
        if isNegated { rest = Substring(rest.utf8.dropFirst(2)) }
        name = String(rest)
    }

    /// The value that was given with this key; nil for none, as in `-key`.
    func value(_ text: String?, of option: Option) throws(ConfigurationError) -> SettingValue {
        guard isNegated else { return .text(text ?? "") }
        guard !option.forbidsNegation else {
            throw ConfigurationError(
                "Negating of -\(name) is meaningless and therefore forbidden")
        }
        if let text, !SettingValue.text(text).bool { return .yes }
        return .no
    }
}
