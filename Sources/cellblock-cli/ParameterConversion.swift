import Notation

/// Makes the parameters of a request out of the words of a command line.
struct ParameterConversion {
    private let parameters: [ParameterTable.Parameter]

    init(method: String) { parameters = ParameterTable.parameters(of: method) }

    /// Parameters by position.
    func positional(_ words: [String]) throws(Failure) -> JSON {
        var values: [JSON] = []
        for word in words {
            values.append(try value(of: word, for: parameter(at: values.count)))
        }
        return .array(values)
    }

    /// Parameters by name, `name=value`; those without a name go by position, as `args`.
    ///
    /// A word with `=` whose name is unknown may yet be a value: JSON where the next position wants
    /// JSON and the word is some, or text where it wants text.
    func named(_ words: [String]) throws(Failure) -> JSON {
        var members = JSONObject()
        var values: [JSON] = []
        for word in words {
            let next = parameter(at: values.count)
            guard let equals = word.firstIndex(of: "=") else {
                values.append(try value(of: word, for: next))
                continue
            }
            let name = String(word[..<equals])
            let known = parameters.first { $0.name == name }
            if known == nil, let next {
                if next.form == .json, let json = try? JSON(parsing: word) {
                    values.append(json)
                    continue
                }
                if next.form == .text {
                    values.append(.string(word))
                    continue
                }
            }
            members[name] = try value(of: String(word[word.index(after: equals)...]), for: known)
        }
        // Beside an `args` of the user's own, if there is one: the server is to judge that.
        if !values.isEmpty { members.append("args", .array(values)) }
        return .object(members)
    }

    private func parameter(at position: Int) -> ParameterTable.Parameter? {
        parameters.first { $0.position == position }
    }

    private func value(
        of word: String, for parameter: ParameterTable.Parameter?
    ) throws(Failure) -> JSON {
        guard let form = parameter?.form, form != .text else { return .string(word) }
        if let json = try? JSON(parsing: word) { return json }
        guard form == .either else { throw Failure("Error parsing JSON: \(word)") }
        return .string(word)
    }
}
