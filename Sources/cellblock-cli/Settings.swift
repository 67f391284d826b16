/// What the command line and the configuration file say, and which of them counts.
///
/// The order of precedence is Core's, oddities included: on the command line the last value of a
/// name counts, in the file the first.
struct Settings {
    enum Value: Equatable {
        case bool(Bool)
        case text(String)

        var text: String {
            switch self {
            case .bool(let value): value ? "1" : "0"
            case .text(let text): text
            }
        }

        var isTrue: Bool {
            switch self {
            case .bool(let value): value
            case .text(let text): text.isTruth
            }
        }
    }

    private var commandLine: [String: [Value]] = [:]
    /// By section, then by name; the part before the first section is the empty one.
    private var file: [String: [String: [Value]]] = [:]
    private var forced: [String: Value] = [:]
    /// The section that counts beside the common one, once the chain is known.
    private(set) var section = ""
    /// What follows the options.
    private(set) var words: [String] = []
    /// The path of the configuration file, be it there or not.
    private(set) var filePath = ""
    private(set) var chain = Chain.main

    /// Reads the arguments after the program's name.
    init(arguments: [String]) throws(Failure) {
        for argument in arguments {
            guard argument.hasPrefix("-"), argument != "-" else { break }
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].dropFirst(argument.hasPrefix("--") ? 2 : 1)
            let key = Key(String(name))
            guard let option = Option.named[key.name], key.section.isEmpty else {
                throw Failure("Invalid parameter \(argument)")
            }
            let value = try key.value(parts.count > 1 ? String(parts[1]) : nil, of: option)
            commandLine[key.name, default: []].append(value)
        }
        words = [String](arguments.drop { $0.hasPrefix("-") })
    }

    mutating func force(_ name: String, _ text: String) { forced[name] = .text(text) }

    // MARK: Reading

    func text(_ name: String) -> String? { value(name)?.text }

    func isOn(_ name: String) -> Bool { value(name)?.isTrue ?? false }

    func integer(_ name: String, default number: Int64) -> Int64 {
        value(name)?.text.leadingInteger ?? number
    }

    func isSet(_ name: String) -> Bool { value(name) != nil }

    func isNegated(_ name: String) -> Bool { value(name) == .bool(false) }

    /// A path without superfluous parts; nil where it is not given or empty, "" where negated.
    func path(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        if value == .bool(false) { return "" }
        return value.text.isEmpty ? nil : Path.normal(value.text)
    }

    private func value(_ name: String, choosesChain: Bool = false) -> Value? {
        if let value = forced[name] { return value }
        if let value = pick(commandLine[name], last: true, choosesChain) { return value }
        if !section.isEmpty, !choosesChain,
            let value = pick(file[section]?[name], last: false, choosesChain)
        {
            return value
        }
        let common = file[""]?[name]
        if Option.named[name]?.isOfOneNetwork == true, !section.isEmpty, section != Chain.main.name,
            common?.last != .bool(false)
        {
            return nil
        }
        return pick(common, last: choosesChain, choosesChain)
    }

    /// The value that counts of those given in one place. What stands before a negation is
    /// forgotten; a negated choice of chain is passed over.
    private func pick(_ values: [Value]?, last: Bool, _ choosesChain: Bool) -> Value? {
        guard let values, let final = values.last else { return nil }
        if final == .bool(false) { return choosesChain ? nil : final }
        let start = values.lastIndex(of: .bool(false)).map { $0 + 1 } ?? 0
        return last ? final : values[start...].first
    }

    // MARK: The data directory and its file

    /// The data directory, absolute.
    var dataDirectory: String {
        if let path = path("datadir"), !path.isEmpty { return Path.absolute(path) }
        return Path.join(System.environment("HOME") ?? "/", ".cellblock")
    }

    /// Where the node of the chosen network keeps its files.
    var networkDirectory: String {
        chain.folder.isEmpty ? dataDirectory : Path.join(dataDirectory, chain.folder)
    }

    var dataDirectoryExists: Bool {
        guard let path = path("datadir"), !path.isEmpty else { return true }
        return System.isDirectory(Path.absolute(path))
    }

    /// Reads the configuration file, if there is one.
    mutating func readFile() throws(Failure) {
        let named = path("conf")
        if named == "" { return }
        filePath = Path.join(dataDirectory, named ?? defaultFileName)
        if System.isDirectory(filePath) {
            throw Failure("Config file \"\(filePath)\" is a directory.")
        }
        guard let bytes = System.readFile(filePath) else {
            if isSet("conf") {
                throw Failure("specified config file \"\(filePath)\" could not be opened.")
            }
            return
        }
        for line in try ConfigurationFile(bytes).lines {
            let key = Key(line.name)
            if key.name == "conf" {
                throw Failure(
                    "conf cannot be set in the configuration file; use includeconf= if you want to "
                        + "include additional config files")
            }
            // What only the node understands is none of our business.
            guard let option = Option.named[key.name] else { continue }
            let value = try key.value(line.value, of: option)
            file[key.section, default: [:]][key.name, default: []].append(value)
        }
        if !dataDirectoryExists {
            throw Failure(
                "specified data directory \"\(text("datadir") ?? "")\" does not exist.")
        }
    }

    private var defaultFileName: String {
        let own = "cellblock.conf"
        return System.exists(Path.join(dataDirectory, own)) ? own : "bitcoin.conf"
    }

    // MARK: The chain

    /// Finds the network that is asked for; its section of the file counts from then on.
    mutating func chooseChain() throws(Failure) {
        let flags = ["regtest", "signet", "testnet", "testnet4"].filter {
            value($0, choosesChain: true)?.isTrue ?? false
        }
        let name = text("chain")
        guard flags.count + (name == nil ? 0 : 1) <= 1 else {
            throw Failure(
                "Invalid combination of -regtest, -signet, -testnet, -testnet4 and -chain. Can use "
                    + "at most one.")
        }
        if let name {
            guard let known = Chain.named(name) else { throw Failure("Unknown chain \(name).") }
            chain = known
        } else if let flag = flags.first {
            chain = Chain.named(flag == "testnet" ? "test" : flag) ?? .main
        } else if let path = path("network"), !path.isEmpty {
            chain = try Chain(definition: Path.join(dataDirectory, path))
        }
        section = chain.name
    }
}

extension Settings {
    /// A name as it is written: with a section before it, and `no` before what is negated.
    private struct Key {
        var section = ""
        var name: String
        var isNegated = false

        init(_ text: String) {
            name = text
            if let dot = text.firstIndex(of: ".") {
                section = String(text[..<dot])
                name = String(text[text.index(after: dot)...])
            }
            if name.hasPrefix("no") {
                name.removeFirst(2)
                isNegated = true
            }
        }

        func value(_ text: String?, of option: Option) throws(Failure) -> Value {
            if isNegated {
                guard option.canBeNegated else {
                    throw Failure("Negating of -\(name) is meaningless and therefore forbidden")
                }
                return .bool(text.map { !$0.isTruth } ?? false)
            }
            if text == nil, !option.canBeBare {
                throw Failure(
                    "Can not set -\(name) with no value. Please specify value with -\(name)=value.")
            }
            return .text(text ?? "")
        }
    }
}
