import Foundation
public import Genesis
import Notation
import Options

/// Everything a node is told before it starts: its options, its network, its folders.
public struct Configuration: Sendable {
    let settings: Settings
    /// The network to take part in.
    public let network: Network
    /// The definition of that network, as in its file.
    let definition: [UInt8]
    /// The data directory, above the folders of the networks.
    public let baseDirectory: String
    /// The folder of this network's data.
    public let directory: String

    /// What the program is to do.
    public enum Request: Sendable {
        case run(Configuration)
        /// Say this and end.
        case print(String)
    }

    /// Reads the command line and the files it leads to. Makes the data directories.
    public static func read(_ arguments: [String]) throws -> Request {
        var settings = Settings()
        do {
            try settings.readCommandLine(arguments)
        } catch {
            throw ConfigurationError("Error parsing command line arguments: \(error)")
        }
        if settings.bool("version", default: false) { return .print(HelpMessage.version) }
        if ["?", "h", "help", "help-debug"].contains(where: { settings.isSet($0) }) {
            return .print(HelpMessage.text)
        }
        let configuration = try Configuration(settings)
        if let token = Settings.looseToken(in: arguments) {
            throw ConfigurationError(
                "Command line contains unexpected token '\(token)', see cellblockd -h for a list "
                    + "of options.")
        }
        return .run(configuration)
    }

    private init(_ given: Settings) throws {
        var settings = given
        let base = try Self.baseDirectory(settings)
        do {
            try settings.readFiles(in: base)
        } catch {
            throw ConfigurationError("Error reading configuration file: \(error)")
        }
        var network = try settings.chosenNetwork()
        definition = try settings.networkDefinition(network)
        settings.network = network.chainName
        baseDirectory = try Self.baseDirectory(settings)
        directory =
            network.dataFolder.isEmpty ? baseDirectory : baseDirectory + "/" + network.dataFolder
        try Self.makeDirectory(baseDirectory)
        try Self.makeDirectory(directory)
        try settings.readWritten(in: directory)
        network.snapshots = try Self.snapshots(settings, besides: network.snapshots)
        self.network = network
        self.settings = settings
        try check()
    }

    private static func baseDirectory(_ settings: Settings) throws -> String {
        guard let given = settings.path("datadir") else {
            return FileManager.default.homeDirectoryForCurrentUser.path + "/.cellblock"
        }
        let url = URL(filePath: given).standardizedFileURL
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory),
            isDirectory.boolValue
        else { throw ConfigurationError("Specified data directory \"\(given)\" does not exist.") }
        let path = url.path
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private static func makeDirectory(_ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path + "/wallets", withIntermediateDirectories: true)
        } catch {
            throw ConfigurationError("Cannot create data directory \"\(path)\"")
        }
    }

    /// A path that an option names, relative to the folder of the network or the data directory.
    func path(_ path: String, inNetwork: Bool = true) -> String {
        path.hasPrefix("/") ? path : (inNetwork ? directory : baseDirectory) + "/" + path
    }

    // MARK: Checks

    private func check() throws {
        let misplaced = settings.misplaced().map { name in
            "Config setting for -\(name) only applied on \(network.chainName) network when in "
                + "[\(network.chainName)] section."
        }
        guard misplaced.isEmpty else {
            throw ConfigurationError(misplaced.joined(separator: "\n"))
        }
        for option in OptionTable.all {
            guard case .missing = option.standing, let value = settings.value(option.name),
                value.asksForSomething
            else { continue }
            throw ConfigurationError("-\(option.name) is not implemented")
        }
        _ = try keepsBlockFilters()
        _ = try servesBlockFilters()
        _ = try pruneMode()
        try checkMiningNumbers()
        for name in ["port", "rpcport"] {
            guard let text = settings.string(name) else { continue }
            guard let port = Int(text), (1...65535).contains(port) else {
                throw ConfigurationError("Invalid port specified in -\(name): '\(text)'")
            }
        }
    }

    /// Options that are set and have no effect, for the log.
    var ignoredOptions: [String] {
        OptionTable.all.filter { option in
            guard case .ignored = option.standing else { return false }
            return settings.value(option.name)?.asksForSomething ?? false
        }
        .map(\.name)
    }

    // MARK: Values

    /// An amount that an option names, in satoshis.
    func amount(_ name: String) throws -> Int64? {
        guard let text = settings.string(name) else { return nil }
        guard let amount = Decimal8.parseAmount(text) else {
            throw ConfigurationError("Invalid amount for -\(name)=<amount>: '\(text)'")
        }
        return amount
    }

    /// A whole number that an option names, within bounds.
    func int(_ name: String, default value: Int, in bounds: ClosedRange<Int>) -> Int {
        let value = settings.int(name, default: Int64(value))
        return min(max(Int(value), bounds.lowerBound), bounds.upperBound)
    }
}

extension SettingValue {
    /// Whether it is more than a no, a zero or nothing.
    var asksForSomething: Bool {
        switch self {
        case .no: false
        case .yes: true
        case .text(let text): text != "0"
        }
    }
}
