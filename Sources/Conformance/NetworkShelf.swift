import Genesis

/// The networks that requests have named: the compiled-in ones, and files read once.
struct NetworkShelf {
    var loadDefinition: (String) -> [UInt8]? = { _ in nil }
    private var known: [String: Network] = [:]

    mutating func network(of request: Request) throws(RequestError) -> Network {
        let name = try request.string("network")
        if let network = known[name] { return network }
        let network: Network
        if let compiledIn = Network.named(name) {
            network = compiledIn
        } else if let bytes = loadDefinition(name) {
            do {
                network = try Network(json: bytes)
            } catch {
                throw RequestError("\(name): \(error)")
            }
        } else {
            throw RequestError("unknown network \(name)")
        }
        known[name] = network
        return network
    }
}
