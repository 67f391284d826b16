internal import Cryptography
internal import Notation
internal import Primitives

extension PSBT {
    /// Reads the text form, Base64.
    public init(base64 text: String) throws(PSBTError) {
        guard let bytes = Base64.decode(text) else { throw PSBTError(message: "invalid base64") }
        try self.init(decoding: bytes)
    }

    /// Reads the bytes, all of them.
    public init(decoding bytes: [UInt8]) throws(PSBTError) {
        var reader = PSBTReader(bytes)
        guard try reader.read(Self.magic.count) == Self.magic else {
            throw PSBTError("Invalid PSBT magic bytes")
        }
        let globals = try Globals(&reader)
        try globals.check()
        self.init(
            version: globals.version, transactionVersion: globals.transactionVersion,
            fallbackLockTime: globals.fallbackLockTime)
        modifiable = globals.modifiable
        add(extendedKeys: globals.extendedKeys)
        proprietary = globals.proprietary
        unknown = globals.unknown
        try readInputs(globals, &reader)
        try readOutputs(globals, &reader)
        guard reader.isAtEnd else { throw PSBTError(message: "extra data after PSBT") }
    }

    private mutating func readInputs(
        _ globals: Globals, _ reader: inout PSBTReader
    ) throws(PSBTError) {
        while !reader.isAtEnd, inputs.count < globals.inputCount {
            let known = globals.unsigned?.inputs[inputs.count]
            var input = Input(outPoint: known?.outPoint ?? .null, sequence: known?.sequence)
            try input.read(&reader, version: version)
            if let previous = input.previousTransaction {
                guard previous.txid == input.outPoint.txid else {
                    throw PSBTError("Non-witness UTXO does not match outpoint hash")
                }
                guard Int(input.outPoint.index) < previous.outputs.count else {
                    throw PSBTError("Input specifies output index that does not exist")
                }
            }
            inputs.append(input)
        }
        guard inputs.count == globals.inputCount else {
            throw PSBTError(
                "Inputs provided does not match the number of inputs in transaction.")
        }
    }

    private mutating func readOutputs(
        _ globals: Globals, _ reader: inout PSBTReader
    ) throws(PSBTError) {
        while !reader.isAtEnd, outputs.count < globals.outputCount {
            let known = globals.unsigned?.outputs[outputs.count]
            var output = Output(value: known?.value ?? .zero, script: known?.script ?? [])
            try output.read(&reader, version: version)
            outputs.append(output)
        }
        guard outputs.count == globals.outputCount else {
            throw PSBTError(
                "Outputs provided does not match the number of outputs in transaction.")
        }
    }
}

extension PSBT {
    /// The first map.
    private struct Globals {
        var unsigned: Transaction?
        var version: UInt32 = 0
        var transactionVersion: UInt32 = 0
        var fallbackLockTime: UInt32?
        var inputCount = 0
        var outputCount = 0
        var modifiable: UInt8?
        var extendedKeys: [ExtendedKey] = []
        var proprietary = ByteTable<Proprietary>()
        var unknown = ByteTable<[UInt8]>()
        /// The types read that one of the versions knows not.
        private var found: Set<UInt64> = []

        init(_ reader: inout PSBTReader) throws(PSBTError) {
            var map = PSBTMapReader("global")
            while let (type, key, data) = try map.nextKey(&reader) {
                found.insert(type)
                try read(type, key, data, &reader)
            }
        }

        private mutating func read(
            _ type: UInt64, _ key: [UInt8], _ data: PSBTReader, _ reader: inout PSBTReader
        ) throws(PSBTError) {
            switch type {
            case 0x00:
                try PSBTMapReader.expect(1, key, "Global Unsigned TX")
                try readUnsigned(&reader)
            case 0x01: try readExtendedKey(key, &reader)
            case 0x02:
                try PSBTMapReader.expect(1, key, "Global Transaction Version")
                transactionVersion = try reader.sizedInteger()
            case 0x03:
                try PSBTMapReader.expect(1, key, "Global Fallback Locktime")
                fallbackLockTime = try reader.sizedInteger(UInt32.self)
            case 0x04:
                try PSBTMapReader.expect(1, key, "Global Input Count")
                inputCount = try readCount(&reader)
            case 0x05:
                try PSBTMapReader.expect(1, key, "Global Output Count")
                outputCount = try readCount(&reader)
            case 0x06:
                try PSBTMapReader.expect(1, key, "Global TX Modifiable Flags")
                modifiable = try reader.sizedInteger(UInt8.self)
            case 0xfb:
                try PSBTMapReader.expect(1, key, "Global PSBT Version")
                version = try reader.sizedInteger()
                guard version <= 2 else { throw PSBTError("Unsupported version number") }
            case PSBT.proprietaryType:
                try PSBT.readProprietary(key: key, data, &reader, into: &proprietary)
            default: unknown.insert(try reader.sizedBytes(), for: key)
            }
        }

        private func readCount(_ reader: inout PSBTReader) throws(PSBTError) -> Int {
            Int(try reader.sized { (reader) throws(PSBTError) in try reader.compactSize() })
        }

        private mutating func readUnsigned(_ reader: inout PSBTReader) throws(PSBTError) {
            let transaction = try reader.sizedTransaction(allowWitness: false)
            guard transaction.inputs.allSatisfy({ $0.script.isEmpty && $0.witness.isEmpty })
            else {
                throw PSBTError(
                    "Unsigned tx does not have empty scriptSigs and scriptWitnesses.")
            }
            unsigned = transaction
            transactionVersion = transaction.version
            fallbackLockTime = transaction.lockTime
            inputCount = transaction.inputs.count
            outputCount = transaction.outputs.count
        }

        private mutating func readExtendedKey(
            _ key: [UInt8], _ reader: inout PSBTReader
        ) throws(PSBTError) {
            try PSBTMapReader.expect(79, key, "Global XPUB")
            let bytes = Array(key.dropFirst())
            // A root has neither parent nor number.
            let isRoot = bytes[4] == 0
            guard PSBT.isPublicKey(Array(bytes.suffix(33))),
                !isRoot || bytes[5..<13].allSatisfy({ $0 == 0 })
            else { throw .invalidKey }
            extendedKeys.append(
                ExtendedKey(bytes: bytes, origin: try PSBT.sizedOrigin(&reader)))
        }

        /// Throws where fields are missing from the version, or are those of the other.
        func check() throws(PSBTError) {
            let names: [(type: UInt64, name: String)] = [
                (0x02, "TX_VERSION"), (0x03, "FALLBACK_LOCKTIME"), (0x04, "INPUT_COUNT"),
                (0x05, "OUTPUT_COUNT"), (0x06, "TX_MODIFIABLE"),
            ]
            switch version {
            case 0:
                guard unsigned != nil else {
                    throw PSBTError("No unsigned transaction was provided")
                }
                for (type, name) in names where found.contains(type) {
                    throw PSBTError("PSBT_GLOBAL_\(name) is not allowed in PSBTv0")
                }
            case 2:
                for (type, name) in names
                where [0x02, 0x04, 0x05].contains(type) && !found.contains(type) {
                    throw PSBTError("PSBT_GLOBAL_\(name) is required in PSBTv2")
                }
                guard unsigned == nil else {
                    throw PSBTError("PSBT_GLOBAL_UNSIGNED_TX is not allowed in PSBTv2")
                }
            default: throw PSBTError("There is no PSBT version 1")
            }
        }
    }
}

extension PSBT {
    /// Adds those that Core would tell from the ones that are there, and puts all in its order.
    mutating func add(extendedKeys others: [ExtendedKey]) {
        var known = Set(extendedKeys.map(\.identity))
        extendedKeys += others.filter { known.insert($0.identity).inserted }
        extendedKeys.sort(by: ExtendedKey.precedes)
    }
}

extension PSBT.ExtendedKey {
    /// What Core tells extended keys apart by: the version and the place above them, which are in the
    /// bytes as well, are not looked at.
    struct Identity: Hashable {
        let origin: KeyOrigin
        let keyAndChainCode: [UInt8]
    }

    var identity: Identity { Identity(origin: origin, keyAndChainCode: order) }

    /// Core's order: by origin (fingerprint, length, steps), then by key and chain code.
    static func precedes(_ left: Self, _ right: Self) -> Bool {
        let (first, second) = (left.origin, right.origin)
        if first != second {
            if first.fingerprint != second.fingerprint {
                return first.fingerprint < second.fingerprint
            }
            let (steps, others) = (first.path.steps, second.path.steps)
            return steps.count == others.count
                ? steps.lexicographicallyPrecedes(others) : steps.count < others.count
        }
        return left.order.lexicographicallyPrecedes(right.order)
    }

    private var order: [UInt8] { Array(bytes.suffix(33) + bytes.dropLast(33).suffix(32)) }
}
