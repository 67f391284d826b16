import Notation

/// Lays out the help of a method as Bitcoin Core does, so that what reads it there reads it here.
enum HelpText {
    static func text(of method: any RPCMethod) -> String {
        var text = synopsis(of: method) + "\n\n" + method.summary.trimmed + "\n"
        var arguments = HelpColumns()
        var named = HelpColumns()
        for (index, parameter) in method.shownParameters.enumerated() {
            arguments.add("\(index + 1). \(parameter.name)", parameter.described(isNamed: true))
            parameter.addSections(to: &arguments, indent: 5, within: .nothing)
            guard parameter.kind == .namedOptions else { continue }
            for inner in parameter.inner {
                named.add(inner.name, inner.described(isNamed: true))
                inner.addSections(to: &named, indent: 5, within: .nothing)
            }
        }
        if !arguments.isEmpty { text += "\nArguments:\n" + arguments.text }
        if !named.isEmpty { text += "\nNamed Arguments:\n" + named.text }
        for result in method.results {
            text += result.condition.isEmpty ? "\nResult:\n" : "\nResult (\(result.condition)):\n"
            var columns = HelpColumns()
            result.addSections(to: &columns, indent: 0, within: .nothing)
            text += columns.text
        }
        if !method.examples.isEmpty { text += "\nExamples:\n" + examples(of: method) }
        return text
    }

    /// The line that shows the name and the parameters, optional ones in parentheses.
    static func synopsis(of method: any RPCMethod) -> String {
        var text = method.name
        var isInOptional = false
        for parameter in method.shownParameters {
            text += " "
            if parameter.isOptional, !isInOptional { text += "( " }
            if !parameter.isOptional, isInOptional { text += ") " }
            isInOptional = parameter.isOptional
            text += parameter.shown(onOneLine: true)
        }
        return isInOptional ? text + " )" : text
    }

    private static func examples(of method: any RPCMethod) -> String {
        let examples = method.examples
        guard examples.contains(where: { $0.form != .both }) else {
            return examples.map { shell($0, of: method) }.joined()
                + examples.map { web($0, of: method) }.joined()
        }
        return examples.map { example in
            switch example.form {
            case .both: shell(example, of: method) + web(example, of: method)
            case .shell: shell(example, of: method)
            case .web: web(example, of: method)
            case .words: example.arguments.joined()
            }
        }.joined()
    }

    /// Core's client is named, since it is what most have at hand; ours takes the same.
    private static func shell(_ example: Example, of method: any RPCMethod) -> String {
        let arguments = example.arguments.map { argument in
            let needsQuotes = argument.contains(" ") || argument.contains("\"")
            return needsQuotes && !argument.hasPrefix("\"") ? "'\(argument)'" : argument
        }
        return "> bitcoin-cli \(example.method ?? method.name) "
            + arguments.joined(separator: " ") + "\n"
    }

    private static func web(_ example: Example, of method: any RPCMethod) -> String {
        "> curl --user myusername --data-binary '{\"jsonrpc\": \"2.0\", \"id\": \"curltest\", "
            + "\"method\": \"\(example.method ?? method.name)\", \"params\": ["
            + example.arguments.joined(separator: ", ")
            + "]}' -H 'content-type: application/json' http://127.0.0.1:8332/\n"
    }
}

/// Lines of two columns, the second one aligned over all of them.
struct HelpColumns {
    private var lines: [(left: String, right: String)] = []
    private var width = 0

    var isEmpty: Bool { lines.isEmpty }

    mutating func add(_ left: String, _ right: String = "") {
        lines.append((left, right))
        width = max(width, left.utf8.count)
    }

    /// Takes the comma from the last line, where nothing follows it.
    mutating func dropLastComma() {
        guard let last = lines.indices.last, lines[last].left.hasSuffix(",") else { return }
        lines[last].left.removeLast()
    }

    var text: String {
        let padding = String(repeating: " ", count: width + 4)
        return lines.map { line in
            guard !line.right.isEmpty else { return line.left + "\n" }
            let rest = line.right.split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
                .map { index, part in index == 0 ? String(part) : String(part.drop { $0 == " " }) }
            let left = line.left + padding.dropFirst(line.left.utf8.count)
            return left + rest.joined(separator: "\n" + padding) + "\n"
        }
        .joined()
    }
}

/// What a part of a JSON form stands in.
enum HelpContainer { case nothing, array, object }

extension RPCMethod {
    var shownParameters: ArraySlice<Parameter> { parameters.prefix { !$0.isHidden } }
}

extension String {
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\t" }
        var rest = drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(rest)
    }
}

extension Parameter {
    /// The form of the argument: `"name"`, `name`, `{"key":n,...}`.
    fileprivate func shown(onOneLine: Bool) -> String {
        if onOneLine, let synopsis { return synopsis }
        switch kind {
        case .string, .hex: return "\"\(name)\""
        case .number, .range, .amount, .bool: return name
        case .object, .namedOptions, .userKeys:
            let members = inner.map { $0.shownAsMember(onOneLine: onOneLine) }
                .joined(separator: ",")
            return kind == .object ? "{\(members)}" : "{\(members),...}"
        case .array:
            return "[" + inner.map { $0.shown(onOneLine: onOneLine) + "," }.joined() + "...]"
        }
    }

    private func shownAsMember(onOneLine: Bool) -> String {
        let key = "\"\(name)\":" + (onOneLine ? "" : " ")
        switch kind {
        case .string: return key + "\"str\""
        case .hex: return key + "\"hex\""
        case .number: return key + "n"
        case .range: return key + "n or [n,n]"
        case .amount: return key + "amount"
        case .bool: return key + "bool"
        case .array:
            return key + "[" + inner.map { $0.shown(onOneLine: onOneLine) + "," }.joined() + "...]"
        case .object, .namedOptions, .userKeys: return key + "{...}"
        }
    }

    private var typeName: String {
        if let typeText { return typeText.name }
        switch kind {
        case .string, .hex: return "string"
        case .number: return "numeric"
        case .amount: return "numeric or string"
        case .range: return "numeric or array"
        case .bool: return "boolean"
        case .object, .namedOptions, .userKeys: return "json object"
        case .array: return "json array"
        }
    }

    /// "(string, required) What it is".
    fileprivate func described(isNamed: Bool) -> String {
        var description = "(" + typeName
        switch fallback {
        case .required: description += ", required"
        case .omitted: description += isNamed ? ", optional" : ""
        case .hint(let words): description += ", optional, default=" + words
        case .value(let value): description += ", optional, default=" + value.text()
        }
        description += ")"
        if kind == .namedOptions {
            description +=
                " Options object that can be used to pass named arguments, listed below."
        }
        return text.isEmpty ? description : description + " " + text
    }

    /// Adds the lines that show what is inside of an array or object.
    fileprivate func addSections(
        to columns: inout HelpColumns, indent: Int, within container: HelpContainer
    ) {
        let margin = String(repeating: " ", count: indent)
        let isTop = container == .nothing
        let isMember = container == .object
        let key = isMember ? "\"\(name)\": " : ""
        let description = isTop ? "" : described(isNamed: isMember)
        switch kind {
        case .string, .hex, .number, .amount, .range, .bool, .namedOptions:
            guard !isTop else { return }
            let value: String
            if isMember, let typeText {
                value = key + typeText.value
            } else {
                value = isMember ? shownAsMember(onOneLine: false) : shown(onOneLine: false)
            }
            columns.add(margin + value + ",", description)
        case .object, .userKeys:
            columns.add(margin + key + "{", description)
            for parameter in inner {
                parameter.addSections(to: &columns, indent: indent + 2, within: .object)
            }
            if kind == .userKeys { columns.add(margin + "  ...") }
            columns.add(margin + (isTop ? "}" : "},"))
        case .array:
            columns.add(margin + key + "[", description)
            for parameter in inner {
                parameter.addSections(to: &columns, indent: indent + 2, within: .array)
            }
            columns.add(margin + "  ...")
            columns.add(margin + (isTop ? "]" : "],"))
        }
    }
}

extension ResultText {
    fileprivate func addSections(
        to columns: inout HelpColumns, indent: Int, within container: HelpContainer
    ) {
        let margin = String(repeating: " ", count: indent)
        let comma = container == .nothing ? "" : ","
        let start = margin + (container == .object ? "\"\(key)\" : " : "")
        func add(_ form: String, _ type: String) {
            columns.add(start + form + comma, described(type))
        }
        switch kind {
        case .elision: columns.add(margin + "..." + comma, text)
        case .null: columns.add(margin + "null" + comma, described("json null"))
        case .string: add("\"str\"", "string")
        case .hex: add("\"hex\"", "string")
        case .number, .amount: add("n", "numeric")
        case .time: add("xxx", "numeric")
        case .bool: add("true|false", "boolean")
        case .array, .fixedArray:
            columns.add(start + "[", described("json array"))
            for result in inner {
                result.addSections(to: &columns, indent: indent + 2, within: .array)
            }
            addEnd(margin + "  ...", isOpen: kind == .array && inner.last?.kind != .elision)
            columns.add(margin + "]" + comma)
        case .object, .dynamicObject:
            guard !inner.isEmpty else {
                columns.add(start + "{}" + comma, described("empty JSON object"))
                return
            }
            columns.add(start + "{", described("json object"))
            for result in inner {
                result.addSections(to: &columns, indent: indent + 2, within: .object)
            }
            addEnd(margin + "  ...", isOpen: kind == .dynamicObject)
            columns.add(margin + "}" + comma)
        }

        func addEnd(_ dots: String, isOpen: Bool) {
            if isOpen { columns.add(dots) } else { columns.dropLastComma() }
        }
    }

    private func described(_ type: String) -> String {
        "(\(type)\(isOptional ? ", optional" : ""))" + (text.isEmpty ? "" : " " + text)
    }
}
