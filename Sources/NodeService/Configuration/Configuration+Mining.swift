import Genesis
import Keys
import Mining
import Options
import Primitives
import Storage
import Stratum

extension Configuration {
    /// How blocks are put together.
    func assemblyOptions() throws -> AssemblyOptions {
        var options = AssemblyOptions()
        let most = Weight.maximumBlock.units
        options.reservedWeight = Int(settings.int("blockreservedweight", default: 8000))
        options.maxWeight = Int(settings.int("blockmaxweight", default: Int64(most)))
        let reserved = "-blockreservedweight (\(options.reservedWeight))"
        guard options.reservedWeight >= 2000 else {
            throw ConfigurationError("\(reserved) is lower than minimum safety value of (2000)")
        }
        guard options.reservedWeight <= most else {
            throw ConfigurationError("\(reserved) exceeds consensus maximum block weight (\(most))")
        }
        guard options.maxWeight <= most else {
            throw ConfigurationError(
                "-blockmaxweight (\(options.maxWeight)) exceeds consensus maximum block weight "
                    + "(\(most))")
        }
        guard options.reservedWeight <= options.maxWeight else {
            throw ConfigurationError(
                "\(reserved) exceeds -blockmaxweight (\(options.maxWeight))")
        }
        if let fee = try amount("blockmintxfee") {
            options.minFeeRate = FeeRate(satoshisPerKvB: fee)
        }
        return options
    }

    /// Numbers of our own options, which no program passes that was written for another node: what is
    /// none, or out of bounds, is an error.
    private static let numbers: [(name: String, bounds: ClosedRange<Int>)] = [
        ("mine", 0...1024), ("minerthreads", 0...1024), ("mineduty", 1...100),
        ("minerduty", 1...100), ("minerinterval", 0...(1 << 30)), ("sharelogsize", 64...(1 << 20)),
    ]

    func checkMiningNumbers() throws {
        for (name, bounds) in Self.numbers {
            guard case .text(let text)? = settings.value(name), !text.isEmpty else { continue }
            guard let number = Int(text), bounds.contains(number) else {
                throw ConfigurationError(
                    "Invalid value for -\(name): '\(text)' (must be a whole number from "
                        + "\(bounds.lowerBound) to \(bounds.upperBound))")
            }
        }
    }

    /// How many threads mine from the start: nil for none, 0 for all cores.
    func miningThreads() throws -> Int? {
        for name in ["mine", "minerthreads"] where settings.isSet(name) {
            return settings.isNegated(name) ? nil : int(name, default: 0, in: 0...1024)
        }
        return nil
    }

    /// The share of the time in which those threads work, in hundredths.
    var miningDuty: Int {
        int("mineduty", default: int("minerduty", default: 100, in: 1...100), in: 1...100)
    }

    /// When those threads work at all.
    var miningSchedule: MiningSchedule {
        MiningSchedule(
            interval: Int64(int("minerinterval", default: 0, in: 0...(1 << 30))),
            waitsForTransactions: settings.bool("minertxonly", default: false),
            waitsForPeers: settings.bool("minerneedspeers", default: false))
    }

    /// What blocks must answer to; nil on networks whose blocks are not signed.
    var signetChallenge: Script? { network.consensus.signetChallenge.map { Script($0) } }

    /// The keys given to sign blocks with.
    func signetKeys() throws -> [PrivateKey] {
        let texts = settings.list("signetkey")
        guard signetChallenge != nil || texts.isEmpty else {
            throw ConfigurationError("-signetkey is only for signet, not for \(network.chainName)")
        }
        var keys: [PrivateKey] = []
        for text in texts {
            guard let key = PrivateKey(wif: text, network: network) else {
                // Not repeated: it is a secret.
                throw ConfigurationError("Invalid private key in -signetkey")
            }
            keys.append(key)
        }
        return keys
    }

    /// The wallets that hold keys to sign blocks with.
    func signetWallets() throws -> [String] {
        let names = settings.list("signetwallet")
        guard signetChallenge != nil || names.isEmpty else {
            throw ConfigurationError(
                "-signetwallet is only for signet, not for \(network.chainName)")
        }
        return names
    }

    /// Where every roster ever paid by is kept.
    var rosterFolder: String { directory + "/rosters" }

    /// The bytes that the share log may take.
    var shareLogSize: Int { int("sharelogsize", default: 1024, in: 64...(1 << 20)) << 20 }

    /// How miners are served; nil where they are not.
    func stratum() throws -> StratumConfiguration? {
        let endpoints = try stratumEndpoints("stratum", port: 3333)
        let encrypted = try encryptedStratum()
        guard !endpoints.isEmpty || encrypted != nil else { return nil }
        guard network.consensus.signetChallenge == nil else {
            throw ConfigurationError(
                "-stratum is not for signets: their blocks are signed before they are mined")
        }
        var stratum = StratumConfiguration(endpoints: endpoints)
        stratum.encrypted = encrypted
        let others = Self.ownFiles + int("maxconnections", default: 125, in: 0...100_000)
        stratum.maximumClients = min(
            stratum.maximumClients, max(Self.fewestClients, System.openFileLimit - others))
        if let text = settings.string("stratumdifficulty") {
            guard let difficulty = Double(text), difficulty > 0, difficulty.isFinite else {
                throw ConfigurationError("Invalid -stratumdifficulty: '\(text)'")
            }
            stratum.startDifficulty = difficulty
        }
        return stratum
    }

    /// Files and calls that may be open beside peers and miners.
    private static let ownFiles = 768
    /// Miners that are served however few files may be open.
    private static let fewestClients = 16

    private func stratumEndpoints(
        _ option: String, port: Int
    ) throws -> [StratumConfiguration.Endpoint] {
        try settings.list(option).filter { $0 != "0" }.map { text in
            // Said without an address: this machine alone.
            let place = text.isEmpty || text == "1" ? "127.0.0.1" : text
            let (host, port) = try Self.split(place, port: port, option: option)
            return StratumConfiguration.Endpoint(host: host, port: port)
        }
    }

    private func encryptedStratum() throws -> StratumConfiguration.Encrypted? {
        let endpoints = try stratumEndpoints("stratumtls", port: 3334)
        let files = (settings.path("stratumcert"), settings.path("stratumkey"))
        guard !endpoints.isEmpty else {
            if files.0 != nil || files.1 != nil {
                throw ConfigurationError("-stratumcert and -stratumkey are for -stratumtls only")
            }
            return nil
        }
        guard let certificate = files.0, let key = files.1 else {
            throw ConfigurationError("-stratumtls needs -stratumcert=<file> and -stratumkey=<file>")
        }
        return .init(endpoints: endpoints, certificate: certificate, key: key)
    }
}
