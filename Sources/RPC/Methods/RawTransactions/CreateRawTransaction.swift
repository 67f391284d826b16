import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

struct CreateRawTransaction: RPCMethod {
    let name = "createrawtransaction"
    let summary = """
        Create a transaction spending the given inputs and creating new outputs.
        Outputs can be addresses or data.
        Returns hex-encoded raw transaction.
        Note that the transaction's inputs are not signed, and
        it is not stored in the wallet or transmitted to the network.
        """
    let parameters = RawTransaction.parameters
    let results = [ResultText(.hex, "transaction", "hex string of the transaction")]
    let examples = [
        Example(["[{\"txid\":\"myid\",\"vout\":0}]", "[{\"address\":0.01}]"]),
        Example(["[{\"txid\":\"myid\",\"vout\":0}]", "[{\"data\":\"00010203\"}]"]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let isReplaceable =
            request.arguments.count > 3 && !request.arguments[3].isNull
            ? try request.bool("replaceable") : nil
        let transaction = try RawTransaction.construct(
            inputs: request["inputs"], outputs: request["outputs"],
            lockTime: request["locktime"], isReplaceable: isReplaceable,
            version: try request.uint32("version"), context.definition)
        return .hex(transaction.bytes)
    }
}

/// Makes an unsigned transaction from the inputs and outputs that a request names.
enum RawTransaction {
    static let parameters = [
        Parameter(
            "inputs", .array, "The inputs",
            inner: [
                Parameter(
                    "", .object, .omitted, "",
                    inner: [
                        Parameter("txid", .hex, "The transaction id"),
                        Parameter("vout", .number, "The output number"),
                        Parameter(
                            "sequence", .number,
                            hint:
                                "depends on the value of the 'replaceable' and 'locktime' arguments",
                            "The sequence number"),
                    ])
            ]),
        Parameter(
            "outputs", .array,
            """
            The outputs specified as key-value pairs.
            Each key may only appear once, i.e. there can only be one 'data' output, and no address may be duplicated.
            At least one output of either type must be specified.
            For compatibility reasons, a dictionary, which holds the key-value pairs directly, is also
                                         accepted as second parameter.
            """,
            inner: [
                Parameter(
                    "", .userKeys, .omitted, "",
                    inner: [
                        Parameter(
                            "address", .amount,
                            "A key-value pair. The key (string) is the bitcoin address, the value (float or string) is the amount in BTC"
                        )
                    ]),
                Parameter(
                    "", .object, .omitted, "",
                    inner: [
                        Parameter(
                            "data", .hex,
                            "A key-value pair. The key must be \"data\", the value is hex-encoded data that becomes a part of an OP_RETURN output"
                        )
                    ]),
            ]
        ).unchecked(),
        Parameter(
            "locktime", .number, default: 0,
            "Raw locktime. Non-0 value also locktime-activates inputs"),
        Parameter(
            "replaceable", .bool, default: true,
            """
            Marks this transaction as BIP125-replaceable.
            Allows this transaction to be replaced by a transaction with higher fees. If provided, it is an error if explicit sequence numbers are incompatible.
            """),
        Parameter("version", .number, default: 2, "Transaction version"),
    ]

    /// The highest sequence number that says a transaction may be replaced (BIP125).
    private static let replaceableSequence = TransactionInput.finalSequence - 2

    static func construct(
        inputs: JSON, outputs: JSON, lockTime: JSON, isReplaceable: Bool?, version: UInt32,
        _ network: Network
    ) throws -> Transaction {
        let time = lockTime.isNull ? 0 : try lockTime.asInt64()
        guard let lockTime = UInt32(exactly: time) else {
            throw RPCError.invalidParameter("Invalid parameter, locktime out of range")
        }
        guard (1...3).contains(version) else {
            throw RPCError.invalidParameter("Invalid parameter, version out of range(1~3)")
        }
        let inputs = try (inputs.isNull ? [] : inputs.asArray()).map {
            try input($0, lockTime: lockTime, isReplaceable: isReplaceable)
        }
        let payments = try self.outputs(outputs, network)
        if isReplaceable == true, !inputs.isEmpty,
            inputs.allSatisfy({ $0.sequence > replaceableSequence })
        {
            throw RPCError.invalidParameter(
                "Invalid parameter combination: Sequence number(s) contradict replaceable option")
        }
        return Transaction(
            version: version, inputs: inputs, outputs: payments, lockTime: lockTime)
    }

    private static func input(
        _ json: JSON, lockTime: UInt32, isReplaceable: Bool?
    ) throws -> TransactionInput {
        let object = try json.asObject()
        let txid = try (object["txid"] ?? .null).asHash("txid")
        guard let number = object["vout"], number.numberText != nil else {
            throw RPCError.invalidParameter("Invalid parameter, missing vout key")
        }
        guard let index = UInt32(exactly: try number.asInt()) else {
            throw RPCError.invalidParameter("Invalid parameter, vout cannot be negative")
        }
        var sequence = TransactionInput.finalSequence
        if isReplaceable ?? true {
            sequence = replaceableSequence
        } else if lockTime > 0 {
            sequence -= 1
        }
        if let given = object["sequence"], given.numberText != nil {
            guard let value = UInt32(exactly: try given.asInt64()) else {
                throw RPCError.invalidParameter(
                    "Invalid parameter, sequence number is out of range")
            }
            sequence = value
        }
        return TransactionInput(
            outPoint: OutPoint(txid: txid, index: index), sequence: sequence)
    }

    /// The outputs that an object, or a list of objects of one member each, names.
    static func outputs(_ json: JSON, _ network: Network) throws -> [TransactionOutput] {
        guard !json.isNull else {
            throw RPCError.invalidParameter(
                "Invalid parameter, output argument must be non-null")
        }
        var members = JSONObject()
        if let object = json.object {
            members = object
        } else {
            for element in try json.asArray() {
                guard let object = element.object else {
                    throw RPCError.invalidParameter(
                        "Invalid parameter, key-value pair not an object as expected")
                }
                guard object.count == 1 else {
                    throw RPCError.invalidParameter(
                        "Invalid parameter, key-value pair must contain exactly one key")
                }
                members.append(contentsOf: object)
            }
        }
        var seen: Set<Address> = []
        var hasData = false
        return try members.members.map { member in
            guard member.key != "data" else {
                guard !hasData else {
                    throw RPCError.invalidParameter("Invalid parameter, duplicate key: data")
                }
                hasData = true
                let text = JSON.string(member.value.stringValue ?? member.value.text())
                let data = try text.asHexBytes("Data")
                return TransactionOutput(value: .zero, script: .nullData(data))
            }
            let address = try? Address(member.key, network: network)
            let amount = try member.value.asAmount()
            guard let address else {
                throw RPCError.invalidAddressOrKey("Invalid Bitcoin address: \(member.key)")
            }
            guard seen.insert(address).inserted else {
                throw RPCError.invalidParameter(
                    "Invalid parameter, duplicated address: \(member.key)")
            }
            return TransactionOutput(value: Amount(satoshis: amount), script: address.script)
        }
    }
}
