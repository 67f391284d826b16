import Foundation
import Genesis
import Notation
import Options

extension Settings {
    /// Reads the configuration file of a data directory and the files it includes.
    mutating func readFiles(in base: String) throws(ConfigurationError) {
        guard !isNegated("conf"), let path = try mainFile(in: base) else { return }
        try readFile(Self.text(of: path, named: path))
        guard commandLine["includeconf"] == nil else { return }
        // The network is not known for sure before the included files are read; Core asks here
        // what the main file and the command line say of it.
        let section = (try? chosenNetwork().chainName) ?? "main"
        let own = list(of: "includeconf", in: section)
        let top = list(of: "includeconf", in: "")
        for name in own + top {
            let path = name.hasPrefix("/") ? name : base + "/" + name
            guard FileManager.default.isReadableFile(atPath: path) else {
                throw ConfigurationError("Failed to include configuration file \(name)")
            }
            try readFile(Self.text(of: path, named: name))
        }
        let further =
            list(of: "includeconf", in: section).dropFirst(own.count)
            + list(of: "includeconf", in: "").dropFirst(top.count)
        warnings += further.map {
            "-includeconf cannot be used from included files; ignoring -includeconf=\($0)"
        }
    }

    private func list(of name: String, in section: String) -> [String] {
        (sections[section]?[name] ?? []).filter { $0 != .no }.map(\.string)
    }

    private func mainFile(in base: String) throws(ConfigurationError) -> String? {
        let files = FileManager.default
        if let given = path("conf") {
            let path = given.hasPrefix("/") ? given : base + "/" + given
            guard files.isReadableFile(atPath: path) else {
                throw ConfigurationError(
                    "specified config file \"\(path)\" could not be opened.")
            }
            return path
        }
        return ["cellblock.conf", "bitcoin.conf"].map { base + "/" + $0 }
            .first { files.fileExists(atPath: $0) }
    }

    private static func text(of path: String, named name: String) throws(ConfigurationError)
        -> String
    {
        var isDirectory: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        guard !isDirectory.boolValue else {
            throw ConfigurationError("Config file \"\(name)\" is a directory.")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("Config file \"\(name)\" could not be read.")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ConfigurationError("Config file \"\(name)\" is no UTF-8 text.")
        }
        return text
    }

    // MARK: Network

    /// The network that the options choose, changed as further options say.
    func chosenNetwork() throws(ConfigurationError) -> Network {
        var network = try namedNetwork()
        do {
            if let challenge = value("signetchallenge")?.string {
                guard network.kind == .signet else {
                    throw ConfigurationError(
                        "-signetchallenge is only for signet, not for \(network.chainName)")
                }
                guard list("signetchallenge").count == 1 else {
                    throw ConfigurationError(
                        "-signetchallenge cannot be multiple values.")
                }
                let seeds = list("signetseednode")
                try network.apply(
                    signetChallenge: challenge, seeds: seeds)
            }
            for activation in list("testactivationheight") {
                try network.apply(testActivation: activation)
            }
            if network.kind == .regtest, list("test").contains("bip94") {
                network.consensus.enforcesBIP94 = true
            }
            for deployment in list("vbparams") { try network.apply(versionBits: deployment) }
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError("\(error)")
        }
        return network
    }

    private func namedNetwork() throws(ConfigurationError) -> Network {
        let flags = ["regtest", "signet", "testnet", "testnet4", "yard"].filter {
            chainValue($0)?.bool ?? false
        }
        let chain = chainValue("chain").flatMap { $0 == .no ? nil : $0.string }
        let file = path("network")
        guard flags.count + (chain == nil ? 0 : 1) + (file == nil ? 0 : 1) <= 1 else {
            throw ConfigurationError(
                "Invalid combination of -regtest, -signet, -testnet, -testnet4 and -chain. Can "
                    + "use at most one.")
        }
        if let file { return try Self.network(definedIn: file) }
        let name = chain ?? flags.first.map { $0 == "testnet" ? "test" : $0 } ?? "main"
        guard let network = Network.named(name) else {
            throw ConfigurationError("Unknown chain \(name).")
        }
        return network
    }

    /// The longest definition of a network, in bytes.
    private static let longestDefinition = 4 << 20

    /// The definition of the chosen network, as in its file.
    func networkDefinition(_ network: Network) throws(ConfigurationError) -> [UInt8] {
        if let file = path("network") { return try Self.definition(in: file) }
        return Network.definition(named: network.name) ?? []
    }

    private static func network(definedIn file: String) throws(ConfigurationError) -> Network {
        let definition = try definition(in: file)
        do {
            return try Network(json: definition)
        } catch {
            throw ConfigurationError("Network definition \"\(file)\": \(error)")
        }
    }

    private static func definition(in file: String) throws(ConfigurationError) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw ConfigurationError("Network definition \"\(file)\" could not be opened.")
        }
        defer { try? handle.close() }
        let data = (try? handle.read(upToCount: longestDefinition + 1)) ?? Data()
        guard data.count <= longestDefinition else {
            throw ConfigurationError("Network definition \"\(file)\" is too long.")
        }
        return Array(data)
    }

    // MARK: settings.json

    /// The file of settings that calls change, in the folder of the network unless it is named
    /// otherwise; nil where there is to be none.
    func writtenPath(in directory: String) -> String? {
        guard !isNegated("settings") else { return nil }
        let name = path("settings") ?? "settings.json"
        return name.hasPrefix("/") ? name : directory + "/" + name
    }

    /// Reads settings.json, and writes it where there is none.
    mutating func readWritten(in directory: String) throws(ConfigurationError) {
        guard let path = writtenPath(in: directory) else { return }
        guard let data = FileManager.default.contents(atPath: path) else {
            try writeWritten([:], at: path)
            return
        }
        try readWritten(Array(data), at: path)
    }

    private func writeWritten(_ object: JSONObject, at path: String) throws(ConfigurationError) {
        var json: JSONObject = [
            Self.warningKey: .string(
                "This file is automatically generated and updated by Cellblock. Please do not "
                    + "edit this file while the node is running, as any changes might be ignored "
                    + "or overwritten.")
        ]
        json.append(contentsOf: object)
        let text = JSON.object(json).text(indent: 4) + "\n"
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ConfigurationError(
                "Settings file could not be written\n- Error: Unable to open settings file "
                    + "\(path) for writing")
        }
    }
}
