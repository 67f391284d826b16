import Cryptography
import Notation
import Primitives

/// Options of the command line that change a network. The error texts are Bitcoin Core's.
extension Network {
    /// `-testactivationheight=name@height`: moves a settled change to another height.
    public mutating func apply(testActivation option: String) throws(NetworkError) {
        func failure(_ reason: String) -> NetworkError {
            NetworkError(
                field: "", reason: "\(reason) (\(option)) for -testactivationheight=name@height.")
        }
        guard let separator = option.firstIndex(of: "@") else { throw failure("Invalid format") }
        let digits = option[option.index(after: separator)...]
        guard digits.first != "+", let height = Int32(digits), height >= 0, height < .max else {
            throw failure("Invalid height value")
        }
        guard let deployment = BuriedDeployment(optionName: String(option[..<separator])) else {
            throw failure("Invalid name")
        }
        consensus.setHeight(Int(height), of: deployment)
    }

    /// `-vbparams=deployment:start:end[:min_activation_height]`: moves a vote.
    public mutating func apply(versionBits option: String) throws(NetworkError) {
        let parts = option.split(separator: ":", omittingEmptySubsequences: false)
        guard (3...4).contains(parts.count) else {
            throw NetworkError(
                field: "",
                reason: "Version bits parameters malformed, expecting "
                    + "deployment:start:end[:min_activation_height]")
        }
        func number(_ text: Substring, _ what: String) throws(NetworkError) -> Int64 {
            guard text.first != "+", let number = Int64(text) else {
                throw NetworkError(field: "", reason: "Invalid \(what) (\(text))")
            }
            return number
        }
        let start = try number(parts[1], "nStartTime")
        let timeout = try number(parts[2], "nTimeout")
        let minimum = parts.count == 4 ? try number(parts[3], "min_activation_height") : 0
        let index = consensus.deployments.firstIndex { $0.name == parts[0] }
        guard let index else {
            throw NetworkError(field: "", reason: "Invalid deployment (\(parts[0]))")
        }
        consensus.deployments[index].startTime = start
        consensus.deployments[index].timeout = timeout
        consensus.deployments[index].minimumActivationHeight = Int(minimum)
    }

    /// `-signetchallenge=script`: another signet, with its own magic and nothing assumed of it.
    public mutating func apply(
        signetChallenge option: String, seeds: [String] = []
    ) throws(NetworkError) {
        guard kind == .signet else {
            throw NetworkError(field: "", reason: "-signetchallenge is for -chain=signet alone")
        }
        guard let challenge = Hex.decode(option) else {
            throw NetworkError(
                field: "", reason: "-signetchallenge must be hex, not '\(option)'.")
        }
        consensus.signetChallenge = challenge
        consensus.minimumChainWork = .zero
        consensus.assumeValid = nil
        transactions = ChainTransactions(time: 0, count: 0, rate: 0)
        self.seeds = seeds
        magic = Self.signetMagic(challenge: challenge)
    }

    /// The first four bytes of the double SHA-256 of the challenge with its length (BIP325).
    public static func signetMagic(challenge: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.writeSized(challenge)
        return Array(SHA256.doubleHash(writer.bytes.span).bytes.prefix(4))
    }
}
