import Notation

/// Something asked of the server: what is sent, and what is made of the reply.
protocol Request {
    /// The request's JSON: an object, or an array of several.
    func body() throws(Failure) -> JSON

    /// The reply with `result` or `error`, out of what the server has sent.
    func reply(from response: JSON) throws(Failure) -> JSON
}

extension JSON {
    static func request(_ method: String, _ parameters: JSON, id: JSON) -> JSON {
        ["method": .string(method), "params": parameters, "id": id, "jsonrpc": "2.0"]
    }

    static func reply(_ result: JSON) -> JSON {
        ["jsonrpc": "2.0", "result": result, "id": 1]
    }

    /// The replies to the requests of a batch, in the order of their numbers.
    func batch() throws(Failure) -> [JSON] {
        guard let replies = array else { throw Failure("Batch must be an array") }
        var batch = [JSON](repeating: .null, count: replies.count)
        for reply in replies {
            guard reply.object != nil else { throw Failure("Batch member must be an object") }
            let id = try reply.member("id").expectInteger()
            guard batch.indices.contains(id) else {
                throw Failure("Batch member id is larger than batch size")
            }
            batch[id] = reply
        }
        return batch
    }
}

/// One call of one method.
struct MethodRequest: Request {
    let method: String
    var words: [String] = []
    var isNamed = false
    var id = "1"

    func body() throws(Failure) -> JSON {
        let conversion = ParameterConversion(method: method)
        let parameters = try isNamed ? conversion.named(words) : conversion.positional(words)
        return .request(method, parameters, id: .string(id))
    }

    func reply(from response: JSON) throws(Failure) -> JSON {
        .object(try response.expectObject())
    }
}

/// `-addrinfo`: how many addresses the node knows, by network.
struct AddressInfoRequest: Request {
    let words: [String]

    func body() throws(Failure) -> JSON {
        guard words.isEmpty else { throw Failure("-addrinfo takes no arguments") }
        return .request("getaddrmaninfo", nil, id: 1)
    }

    func reply(from response: JSON) throws(Failure) -> JSON {
        if !response.member("error").isNull {
            let methodNotFound = -32601
            guard try response.member("error").member("code").expectInteger() == methodNotFound
            else { return response }
            throw Failure(
                "-addrinfo requires bitcoind v26.0 or later which supports getaddrmaninfo RPC. "
                    + "Please upgrade your node or use bitcoin-cli from the same version.")
        }
        var known = JSONObject()
        for member in response.member("result").object?.members ?? [] {
            let total = try member.value.member("total").expectInteger()
            known[member.key == "all_networks" ? "total" : member.key] = .int(total)
        }
        return .reply(["addresses_known": .object(known)])
    }
}

/// The second half of `-generate`: blocks for an address that was asked for before.
struct GenerateRequest: Request {
    let address: String
    let words: [String]

    /// Puts the address where the method wants it.
    init(address: String, words: [String]) throws(Failure) {
        guard words.count <= 2 else {
            throw Failure("too many arguments (maximum 2 for nblocks and maxtries)")
        }
        guard words.first != "0" else {
            throw Failure(
                "the first argument (number of blocks to generate, default: 1) must be an integer "
                    + "value greater than zero")
        }
        self.address = address
        self.words = [words.first ?? "1", address] + words.dropFirst()
    }

    func body() throws(Failure) -> JSON {
        let method = "generatetoaddress"
        return .request(method, try ParameterConversion(method: method).positional(words), id: 1)
    }

    func reply(from response: JSON) throws(Failure) -> JSON {
        let blocks = try response.expectObject()["result"] ?? .null
        return .reply(["address": .string(address), "blocks": blocks])
    }
}
