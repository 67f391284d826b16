import Notation

/// A network as a client sees it: where its node listens and keeps its files.
struct Chain: Equatable {
    /// The value of `-chain=`, and the section of the configuration file.
    let name: String
    /// The folder in the data directory; the main network's is the data directory itself.
    let folder: String
    /// Where the node listens for us unless told otherwise.
    let port: UInt16

    /// The flag that chooses it, as help texts name it.
    var flag: String { name == "main" ? "main" : name == "test" ? "testnet" : name }

    static let main = Chain(name: "main", folder: "", port: 8332)
    static let test = Chain(name: "test", folder: "testnet3", port: 18332)
    static let testnet4 = Chain(name: "testnet4", folder: "testnet4", port: 48332)
    static let signet = Chain(name: "signet", folder: "signet", port: 38332)
    static let regtest = Chain(name: "regtest", folder: "regtest", port: 18443)
    static let yard = Chain(name: "yard", folder: "yard", port: 17332)

    static let all = [main, test, testnet4, signet, regtest, yard]

    /// The network of this name, be it Core's or that of the definition's file.
    static func named(_ name: String) -> Chain? {
        switch name {
        case "mainnet": .main
        case "testnet3": .test
        default: all.first { $0.name == name }
        }
    }

    /// The network that a definition describes.
    init(definition path: String) throws(Failure) {
        guard let bytes = System.readFile(path) else {
            throw Failure("The network definition \"\(path)\" could not be opened.")
        }
        guard let json = try? JSON(parsing: bytes), let name = json["name"]?.stringValue,
            let port = json["ports"]?["rpc"]?.int.flatMap(UInt16.init(exactly:)), !name.isEmpty,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
        else {
            throw Failure(
                "The network definition \"\(path)\" has no proper \"name\" or \"ports\".\"rpc\".")
        }
        self.init(name: json["chain"]?.stringValue ?? name, folder: name, port: port)
    }

    private init(name: String, folder: String, port: UInt16) {
        self.name = name
        self.folder = name == "main" ? "" : folder
        self.port = port
    }
}
