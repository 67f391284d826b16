/// All options as they were set, by where they were set, and the rules for which of them counts.
///
/// The rules are those of Bitcoin Core: the command line before settings.json before the section
/// of the network before the top of the file. On the command line the last value counts, in a file
/// the first one.
package struct Settings: Sendable {
    package typealias Values = [String: [SettingValue]]

    package var commandLine: Values = [:]
    /// What the node itself wrote down in settings.json.
    package var written: Values = [:]
    /// The configuration file by section; "" is its top.
    package var sections: [String: Values] = [:]
    /// What in the files is left aside, and should not be in silence.
    package var warnings: [String] = []
    /// The section of the network, once it is known.
    package var network = ""

    package init() {}

    private enum Source { case commandLine, written, networkSection, top }

    private func sources(_ name: String) -> [(Source, [SettingValue])] {
        var sources: [(Source, [SettingValue])] = []
        if let values = commandLine[name] { sources.append((.commandLine, values)) }
        if let values = written[name] { sources.append((.written, values)) }
        if !network.isEmpty, let values = sections[network]?[name] {
            sources.append((.networkSection, values))
        }
        if let values = sections[""]?[name] { sources.append((.top, values)) }
        return sources
    }

    /// Whether what stands at the top of the file does not count for this option.
    private func ignoresTop(_ name: String) -> Bool {
        !network.isEmpty && network != "main" && OptionTable[name]?.isForNetwork == true
    }

    /// The value of an option that has one, or nil where it was not set.
    package func value(_ name: String) -> SettingValue? {
        for (source, values) in sources(name) {
            let isNegated = values.last == .no
            if source == .top, ignoresTop(name), !isNegated { continue }
            let standing = values.afterLastNo
            guard let first = standing.first, let last = standing.last else {
                if isNegated { return .no }
                continue
            }
            return source == .networkSection || source == .top ? first : last
        }
        return nil
    }

    /// The value of an option that chooses the network: a no on the command line does not count,
    /// and in a file the last value does.
    package func chainValue(_ name: String) -> SettingValue? {
        for (_, values) in sources(name) where values.last != .no {
            if let last = values.afterLastNo.last { return last }
        }
        return sources(name).isEmpty ? nil : .no
    }

    /// All values of an option that can be set many times.
    package func list(_ name: String) -> [String] {
        var result: [String] = []
        var isComplete = false
        var wasNegatedEmpty = false
        for (source, values) in sources(name) {
            if source == .top, ignoresTop(name) { continue }
            let isFile = source == .networkSection || source == .top
            if !isComplete || isFile && !wasNegatedEmpty {
                result += values.afterLastNo.map(\.string)
            }
            isComplete = isComplete || values.contains(.no)
            wasNegatedEmpty = wasNegatedEmpty || values.last == .no && result.isEmpty
        }
        return result
    }

    package func isSet(_ name: String) -> Bool { value(name) != nil }

    /// Whether the option was last set to no.
    package func isNegated(_ name: String) -> Bool { value(name) == .no }

    package func bool(_ name: String, default value: Bool) -> Bool {
        self.value(name)?.bool ?? value
    }

    package func int(_ name: String, default value: Int64) -> Int64 {
        switch self.value(name) {
        case nil: value
        case .no: 0
        case .yes: 1
        case .text(let text): SettingValue.leadingInteger(text)
        }
    }

    package func string(_ name: String) -> String? { value(name)?.string }

    /// The path that an option names; nil where it is not set or set to no.
    package func path(_ name: String) -> String? {
        guard case .text(let text) = value(name), !text.isEmpty else { return nil }
        return text
    }

    /// Options that stand at the top of the file but count only in the section of the network.
    package func misplaced() -> [String] {
        OptionTable.all.filter(\.isForNetwork).map(\.name).filter { name in
            guard ignoresTop(name), sections[""]?[name]?.afterLastNo.isEmpty == false else {
                return false
            }
            return sources(name).allSatisfy { $0.0 == .top || $0.1.afterLastNo.isEmpty }
        }
    }
}

extension [SettingValue] {
    /// A no takes back what was set before it.
    fileprivate var afterLastNo: ArraySlice<SettingValue> {
        guard let last = lastIndex(of: .no) else { return self[...] }
        return self[(last + 1)...]
    }
}
