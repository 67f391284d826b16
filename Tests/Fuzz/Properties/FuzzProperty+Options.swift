import Genesis
import Notation
import Options

extension FuzzProperty {
    /// What an operator says is taken or refused, and what was taken is taken alike when it is
    /// written out.
    ///
    /// The first byte chooses: a configuration file, arguments of a command line (one a line), a
    /// settings.json, options that change a network (one a line).
    public static let options = FuzzProperty("options") { (bytes) throws(FuzzFailure) in
        let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
        switch (bytes.first ?? 0) % 4 {
        case 0: try readFile(text)
        case 1: try readArguments(lines(text))
        case 2: try readWritten(Array(bytes.dropFirst()))
        default: try changeNetwork(lines(text))
        }
    }

    private static func lines(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
    }

    private static func readFile(_ text: String) throws(FuzzFailure) {
        var settings = Settings()
        guard (try? settings.readFile(text)) != nil else { return }
        var written = ""
        for (section, values) in settings.sections {
            // What stands at the top must come before any heading.
            let body = values.flatMap { name, values in values.map { line(name, $0) } }
                .joined(separator: "\n")
            written = section.isEmpty ? body + "\n" + written : written + "\n[\(section)]\n" + body
        }
        var again = Settings()
        do throws(ConfigurationError) {
            try again.readFile(written)
        } catch {
            throw FuzzFailure(reason: "what was written does not read: \(error)")
        }
        try claim(again.sections == settings.sections, "a file reads otherwise: \(written)")
        ask(settings)
    }

    private static func readArguments(_ arguments: [String]) throws(FuzzFailure) {
        _ = Settings.looseToken(in: arguments)
        var settings = Settings()
        guard (try? settings.readCommandLine(arguments)) != nil else { return }
        let written = settings.commandLine.flatMap { name, values in
            values.map { "--" + line(name, $0) }
        }
        var again = Settings()
        do throws(ConfigurationError) {
            try again.readCommandLine(written)
        } catch {
            throw FuzzFailure(reason: "what was written does not read: \(error)")
        }
        try claim(again.commandLine == settings.commandLine, "arguments read otherwise")
        ask(settings)
    }

    private static func readWritten(_ bytes: [UInt8]) throws(FuzzFailure) {
        var settings = Settings()
        guard (try? settings.readWritten(bytes, at: "")) != nil else { return }
        var object = JSONObject()
        for (name, values) in settings.written {
            let list = values.map { value -> JSON in
                value == .no ? false : .string(value.string)
            }
            object.append(name, .array(list))
        }
        var again = Settings()
        do throws(ConfigurationError) {
            try again.readWritten(JSON.object(object).bytes(), at: "")
        } catch {
            throw FuzzFailure(reason: "what was written does not read: \(error)")
        }
        try claim(again.written == settings.written, "settings read otherwise")
        ask(settings)
    }

    /// An option as a file has it.
    private static func line(_ name: String, _ value: SettingValue) -> String {
        switch value {
        case .text(let text): "\(name)=\(text)"
        case .no: "no\(name)=1"
        case .yes: "no\(name)=0"
        }
    }

    /// Asks for every option in every way there is.
    private static func ask(_ given: Settings) {
        var settings = given
        for network in ["", "main", "regtest"] {
            settings.network = network
            _ = settings.misplaced()
            for option in OptionTable.all {
                let name = option.name
                _ = (settings.value(name), settings.chainValue(name), settings.list(name))
                _ = (settings.isSet(name), settings.isNegated(name), settings.path(name))
                _ = (settings.bool(name, default: true), settings.int(name, default: 1))
            }
        }
    }

    /// A network that was changed still answers.
    private static func changeNetwork(_ options: [String]) throws(FuzzFailure) {
        for network in [Network.regtest, .signet] {
            var changed = network
            for option in options.prefix(8) {
                try? changed.apply(testActivation: option)
                try? changed.apply(versionBits: option)
                try? changed.apply(signetChallenge: option, seeds: options)
            }
            try claim(
                changed.genesisHash == network.genesisHash || changed.kind == .signet,
                "the genesis has changed")
            for height in [0, 1, 100_000, 0x7FFF_FFFE] {
                _ = changed.consensus.subsidy(at: height)
            }
        }
    }
}
