import Cryptography
import Notation
import Primitives

/// One request, its fields read with an error that names the field.
struct Request {
    let json: JSON

    init(_ line: Span<UInt8>) throws(RequestError) {
        do {
            json = try JSON(parsing: line)
        } catch {
            throw RequestError("the request is no JSON: \(error)")
        }
        guard json.object != nil else { throw RequestError("the request is no object") }
    }

    init(json: JSON) { self.json = json }

    func field(_ name: String) throws(RequestError) -> JSON {
        guard let value = json[name], !value.isNull else {
            throw RequestError("the field \(name) is missing")
        }
        return value
    }

    func has(_ name: String) -> Bool { json[name].map { !$0.isNull } ?? false }

    func string(_ name: String) throws(RequestError) -> String {
        guard let text = try field(name).stringValue else {
            throw RequestError("\(name) is no string")
        }
        return text
    }

    func integer(_ name: String) throws(RequestError) -> Int {
        guard let value = try field(name).int else { throw RequestError("\(name) is no integer") }
        return Int(value)
    }

    func flag(_ name: String) throws(RequestError) -> Bool {
        guard has(name) else { return false }
        guard let value = try field(name).bool else { throw RequestError("\(name) is no boolean") }
        return value
    }

    func array(_ name: String) throws(RequestError) -> [JSON] {
        guard let items = try field(name).array else { throw RequestError("\(name) is no array") }
        return items
    }

    /// Bytes from hex, in the order they stand.
    func bytes(_ name: String) throws(RequestError) -> [UInt8] {
        try Self.bytes(try field(name), name)
    }

    func bytesIfPresent(_ name: String) throws(RequestError) -> [UInt8] {
        has(name) ? try bytes(name) : []
    }

    /// 32 bytes as they stand.
    func hash(_ name: String) throws(RequestError) -> Hash256 {
        guard let hash = Hash256(bytes: try bytes(name)) else {
            throw RequestError("\(name) is not of 32 bytes")
        }
        return hash
    }

    /// A hash in display order.
    func displayHash(_ name: String) throws(RequestError) -> Hash256 {
        guard let hash = Hash256(displayHex: try string(name)) else {
            throw RequestError("\(name) is no hash")
        }
        return hash
    }

    func transaction(_ name: String = "tx") throws(RequestError) -> Transaction {
        do {
            return try Transaction(decoding: try bytes(name))
        } catch let error as DecodingError {
            throw RequestError("\(name) does not decode: \(error)")
        } catch let error as RequestError {
            throw error
        } catch {
            throw RequestError("\(name): \(error)")
        }
    }

    /// `[[value, script], ...]`, an output for each input.
    func spentOutputs() throws(RequestError) -> [TransactionOutput] {
        var outputs: [TransactionOutput] = []
        for item in try array("spent") {
            guard let pair = item.array, pair.count >= 2, let value = pair[0].int else {
                throw RequestError("spent holds something other than [value, script]")
            }
            outputs.append(
                TransactionOutput(
                    value: Amount(satoshis: value),
                    script: Script(try Self.bytes(pair[1], "spent"))))
        }
        return outputs
    }

    static func bytes(_ json: JSON, _ name: String) throws(RequestError) -> [UInt8] {
        guard let text = json.stringValue, let bytes = Hex.decode(text) else {
            throw RequestError("\(name) is no hex")
        }
        return bytes
    }
}
