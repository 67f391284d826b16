import Conformance
import Consensus
import Genesis
import Notation
import Primitives

extension FuzzProperty {
    /// JSON that parses is written in a form that parses as the same, compact or indented.
    public static let json = FuzzProperty("json") { (bytes) throws(FuzzFailure) in
        let text = String(decoding: bytes, as: UTF8.self)
        if let decoded = Base64.decode(text) {
            try claim(Base64.encode(decoded) == text, "Base64 is written otherwise")
        }
        if let decoded = Hex.decode(text) {
            try claim(Hex.encode(decoded) == text.lowercased(), "hex is written otherwise")
        }
        if let units = Decimal8.parse(text) {
            try claim(Decimal8.parse(Decimal8.text(units)) == units, "a number does not come back")
            try claim(Decimal8.parse(Decimal8.shortText(units)) == units, "nor does its short form")
        }
        guard let value = try? JSON(parsing: bytes) else { return }
        for indent in [0, 2] {
            let written = value.bytes(indent: indent)
            guard let again = try? JSON(parsing: written) else {
                throw FuzzFailure(reason: "what was written does not parse")
            }
            try claim(again == value, "it parses as something else")
            try claim(again.bytes(indent: indent) == written, "it is written otherwise")
        }
        _ = (
            value.int, value.stringValue, value.array, value.object, value.bool, value["a"],
            value[0]
        )
    }

    /// A definition of a network is taken, or refused with the field that is wrong.
    public static let network = FuzzProperty("network") { (bytes) throws(FuzzFailure) in
        guard let network = try? Network(json: bytes) else { return }
        try claim((try? Network(json: bytes)) == network, "it reads otherwise the second time")
        try claim(
            network.genesisHash == network.genesis.header.hash, "the genesis has another hash")
        try? network.genesis.check(in: network)
        for height in [0, 1, 100_000, 0x7FFF_FFFE] { _ = network.consensus.subsidy(at: height) }
        _ = network.dataFolder
    }

    /// A request is answered on one line, whatever it is.
    public static let conform = FuzzProperty("conform") { (bytes) throws(FuzzFailure) in
        var tool = ConformanceTool()
        let answer = tool.answer(bytes.span)
        guard let json = try? JSON(parsing: answer), json.object != nil else {
            throw FuzzFailure(
                reason: "the answer is no object: \(String(decoding: answer, as: UTF8.self))")
        }
        try claim(!answer.contains(10), "the answer takes more than a line")
    }
}
