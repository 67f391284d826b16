internal import Cryptography
internal import Primitives
internal import Scripting

extension PSBT.Input {
    /// Reads one map of the inputs.
    mutating func read(_ reader: inout PSBTReader, version: UInt32) throws(PSBTError) {
        var map = PSBTMapReader("input")
        var found: Set<UInt64> = []
        while let (type, key, data) = try map.nextKey(&reader) {
            found.insert(type)
            switch type {
            case 0x00...0x08: try readFirst(type, key, &reader)
            case 0x0a...0x0d: try readPreimage(type, key, &reader)
            case 0x0e...0x12: try readPlace(type, key, &reader, version: version)
            case 0x13...0x18: try readTaproot(type, key, &reader)
            case 0x1a...0x1c: try readMuSig(type, key, data, &reader)
            case PSBT.proprietaryType:
                try PSBT.readProprietary(key: key, data, &reader, into: &proprietary)
            default: unknown.insert(try reader.sizedBytes(), for: key)
            }
        }
        guard version >= 2 else { return }
        guard found.contains(0x0e) else {
            throw PSBTError("Previous TXID is required in PSBTv2")
        }
        guard found.contains(0x0f) else {
            throw PSBTError("Previous output's index is required in PSBTv2")
        }
    }

    /// The fields of BIP174.
    private mutating func readFirst(
        _ type: UInt64, _ key: [UInt8], _ reader: inout PSBTReader
    ) throws(PSBTError) {
        switch type {
        case 0x00:
            try PSBTMapReader.expect(1, key, "Input Non-witness UTXO")
            previousTransaction = try reader.sizedTransaction(allowWitness: true)
        case 0x01:
            try PSBTMapReader.expect(1, key, "Input Witness UTXO")
            try readWitnessOutput(&reader)
        case 0x02: try readSignature(key, &reader)
        case 0x03:
            try PSBTMapReader.expect(1, key, "Input Sighash Type")
            hashType = try reader.sizedInteger(Int32.self)
        case 0x04:
            try PSBTMapReader.expect(1, key, "Input redeemScript")
            redeemScript = Script(try reader.sizedBytes())
        case 0x05:
            try PSBTMapReader.expect(1, key, "Input witnessScript")
            witnessScript = Script(try reader.sizedBytes())
        case 0x06: try PSBT.readOrigin(key: key, &reader, into: &origins)
        case 0x07:
            try PSBTMapReader.expect(1, key, "Input Final scriptSig")
            finalScript = Script(try reader.sizedBytes())
        default:
            try PSBTMapReader.expect(1, key, "Input Final scriptWitness")
            let stack = try reader.sized { (reader) throws(PSBTError) in
                var stack: [[UInt8]] = []
                for _ in 0..<(try reader.compactSize()) {
                    stack.append(try reader.sizedBytes())
                }
                return stack
            }
            finalWitness = Witness(stack)
        }
    }

    private mutating func readWitnessOutput(_ reader: inout PSBTReader) throws(PSBTError) {
        let output = try reader.sized { (reader) throws(PSBTError) in
            let value = try reader.integer(Int64.self)
            return TransactionOutput(
                value: Amount(satoshis: value), script: Script(try reader.sizedBytes()))
        }
        // Core's mark of an output that is none.
        witnessOutput = output.value.satoshis == -1 ? nil : output
    }

    private mutating func readSignature(
        _ key: [UInt8], _ reader: inout PSBTReader
    ) throws(PSBTError) {
        let publicKey = try PSBT.publicKey(in: key, "partial signature pubkey")
        let signature = try reader.sizedBytes()
        let flags: ScriptFlags = [.derSignatures, .strictEncoding]
        guard !signature.isEmpty,
            (try? SignatureEncoding.check(signature[...], flags: flags)) != nil
        else { throw PSBTError("Signature is not a valid encoding") }
        partialSignatures.insert(
            PSBT.PartialSignature(key: publicKey, signature: signature),
            for: Hash160.hash(publicKey.span).bytes)
    }

    private mutating func readPreimage(
        _ type: UInt64, _ key: [UInt8], _ reader: inout PSBTReader
    ) throws(PSBTError) {
        let hash = Array(key.dropFirst())
        switch type {
        case 0x0a:
            try PSBTMapReader.expect(21, key, "Input RIPEMD160 Preimage")
            preimages.ripemd160.insert(try reader.sizedBytes(), for: hash)
        case 0x0b:
            try PSBTMapReader.expect(33, key, "Input SHA256 Preimage")
            preimages.sha256.insert(try reader.sizedBytes(), for: hash)
        case 0x0c:
            try PSBTMapReader.expect(21, key, "Input Hash160 Preimage")
            preimages.hash160.insert(try reader.sizedBytes(), for: hash)
        default:
            try PSBTMapReader.expect(33, key, "Input Hash256 Preimage")
            preimages.hash256.insert(try reader.sizedBytes(), for: hash)
        }
    }

    /// The fields of BIP370: what is spent, and when.
    private mutating func readPlace(
        _ type: UInt64, _ key: [UInt8], _ reader: inout PSBTReader, version: UInt32
    ) throws(PSBTError) {
        let names: [(keyName: String, field: String)] = [
            ("Previous TXID", "Previous txid"),
            ("Previous Output's Index", "Previous output's index"), ("Sequence", "Sequence"),
            ("Required Time Based Locktime", "Required time based locktime"),
            ("Required Height Based Locktime", "Required height based locktime"),
        ]
        let (keyName, field) = names[Int(type) - 0x0e]
        try PSBTMapReader.expect(1, key, "Input " + keyName)
        guard version >= 2 else { throw PSBTError("\(field) is not allowed in PSBTv0") }
        switch type {
        case 0x0e:
            outPoint.txid = try reader.sized { (reader) throws(PSBTError) in
                try reader.hash()
            }
        case 0x0f: outPoint.index = try reader.sizedInteger()
        case 0x10: sequence = try reader.sizedInteger(UInt32.self)
        case 0x11:
            let lock = try reader.sizedInteger(UInt32.self)
            guard lock >= Self.lockTimeThreshold else {
                throw PSBTError("\(field) is invalid (less than 500000000)")
            }
            timeLock = lock
        default:
            let lock = try reader.sizedInteger(UInt32.self)
            guard lock < Self.lockTimeThreshold else {
                throw PSBTError("\(field) is invalid (greater than or equal to 500000000)")
            }
            guard lock > 0 else { throw PSBTError("\(field) is invalid (0)") }
            heightLock = lock
        }
    }

    /// From here on, lock times are seconds.
    private static let lockTimeThreshold = UInt32(ScriptLimits.lockTimeThreshold)
}

extension PSBT.Input {
    /// The fields of BIP371.
    private mutating func readTaproot(
        _ type: UInt64, _ key: [UInt8], _ reader: inout PSBTReader
    ) throws(PSBTError) {
        switch type {
        case 0x13:
            try PSBTMapReader.expect(1, key, "Input Taproot Key Path Signature")
            taprootKeySignature = try Self.schnorrSignature(&reader, "key")
        case 0x14:
            try PSBTMapReader.expect(65, key, "Input Taproot Script Path Signature")
            taprootScriptSignatures.insert(
                try Self.schnorrSignature(&reader, "script"), for: Array(key.dropFirst()))
        case 0x15: try readLeaf(key, &reader)
        case 0x16:
            try PSBT.readTaprootOrigin(key: key, &reader, "Input", into: &taprootOrigins)
        case 0x17:
            try PSBTMapReader.expect(1, key, "Input Taproot Internal Key")
            taprootInternalKey = try reader.sizedHash()
        default:
            try PSBTMapReader.expect(1, key, "Input Taproot Merkle Root")
            taprootMerkleRoot = try reader.sizedHash()
        }
    }

    private static func schnorrSignature(
        _ reader: inout PSBTReader, _ path: String
    ) throws(PSBTError) -> [UInt8] {
        let signature = try reader.sizedBytes()
        guard signature.count >= 64 else {
            throw PSBTError("Input Taproot \(path) path signature is shorter than 64 bytes")
        }
        guard signature.count <= 65 else {
            throw PSBTError("Input Taproot \(path) path signature is longer than 65 bytes")
        }
        return signature
    }

    private mutating func readLeaf(
        _ key: [UInt8], _ reader: inout PSBTReader
    ) throws(PSBTError) {
        guard key.count >= 34 else {
            throw PSBTError("Input Taproot leaf script key is not at least 34 bytes")
        }
        guard (key.count - 2) % 32 == 0 else {
            throw PSBTError("Input Taproot leaf script key's control block size is not valid")
        }
        var script = try reader.sizedBytes()
        guard let version = script.popLast() else {
            throw PSBTError("Input Taproot leaf script must be at least 1 byte")
        }
        taprootLeaves[PSBT.LeafScript(script: script, version: version), default: []]
            .insert(Array(key.dropFirst()))
    }

    /// The fields of BIP373.
    private mutating func readMuSig(
        _ type: UInt64, _ key: [UInt8], _ data: PSBTReader, _ reader: inout PSBTReader
    ) throws(PSBTError) {
        guard type != 0x1a else {
            try PSBT.readParticipants(key: key, &reader, "Input", into: &muSigParticipants)
            return
        }
        let isNonce = type == 0x1b
        guard key.count == 67 || key.count == 99 else {
            let name = isNonce ? "pubnonce" : "partial sig"
            throw PSBTError("Input musig2 \(name) key is not expected size of 67 or 99 bytes")
        }
        var data = data
        let participant = try data.read(33)
        let aggregate = try data.read(33)
        guard PSBT.isPublicKey(aggregate) else {
            throw PSBTError("musig2 aggregate pubkey is invalid")
        }
        guard PSBT.isPublicKey(participant) else {
            throw PSBTError("musig2 participant pubkey is invalid")
        }
        let leaf = data.isAtEnd ? nil : try data.hash()
        let group = PSBT.MuSigGroup(
            aggregate: aggregate, leaf: leaf == .zero ? nil : leaf)
        if isNonce {
            let nonce = try reader.sizedBytes()
            guard nonce.count == 66 else {
                throw PSBTError("Input musig2 pubnonce value is not 66 bytes")
            }
            muSigNonces[group, default: ByteTable()].insert(nonce, for: participant)
        } else {
            let signature = try reader.sized { (reader) throws(PSBTError) in
                try reader.read(32)
            }
            muSigSignatures[group, default: ByteTable()].insert(signature, for: participant)
        }
    }
}

extension PSBTReader {
    /// A hash; nil where all bits are zero, which Core takes for none.
    mutating func sizedHash() throws(PSBTError) -> Hash256? {
        let hash = try sized { (reader) throws(PSBTError) in try reader.hash() }
        return hash.isZero ? nil : hash
    }
}
