internal import Cryptography
internal import Primitives

/// The fields that several maps have alike.
extension PSBT {
    static let magic: [UInt8] = [0x70, 0x73, 0x62, 0x74, 0xff]
    static let proprietaryType: UInt64 = 0xfc

    static func origin(
        _ reader: inout PSBTReader, length: Int
    ) throws(PSBTError) -> KeyOrigin {
        guard length % 4 == 0, length > 0 else {
            throw PSBTError("Invalid length for HD key path")
        }
        let fingerprint = UInt32(bigEndian: try reader.integer())
        var steps: [UInt32] = []
        for _ in 1..<max(length / 4, 1) { steps.append(try reader.integer()) }
        return KeyOrigin(fingerprint: fingerprint, path: DerivationPath(steps))
    }

    static func sizedOrigin(_ reader: inout PSBTReader) throws(PSBTError) -> KeyOrigin {
        try origin(&reader, length: Int(try reader.compactSize()))
    }

    /// The public key that a key holds after its type, 33 or 65 bytes.
    static func publicKey(in key: [UInt8], _ name: String) throws(PSBTError) -> [UInt8] {
        guard key.count == 34 || key.count == 66 else {
            throw PSBTError("Size of key was not the expected size for the type \(name)")
        }
        let bytes = Array(key.dropFirst())
        guard isPublicKey(bytes) else { throw .invalidKey }
        return bytes
    }

    /// Whether the bytes are a point, in the form whose size they have.
    static func isPublicKey(_ bytes: [UInt8]) -> Bool {
        let isCompressed = bytes.first == 2 || bytes.first == 3
        return bytes.count == (isCompressed ? 33 : 65) && PublicKey.isValid(bytes.span)
    }

    static func readOrigin(
        key: [UInt8], _ reader: inout PSBTReader, into table: inout ByteTable<KeyOrigin>
    ) throws(PSBTError) {
        let publicKey = try publicKey(in: key, "BIP32 keypath")
        table.insert(try sizedOrigin(&reader), for: publicKey)
    }

    static func readTaprootOrigin(
        key: [UInt8], _ reader: inout PSBTReader, _ name: String,
        into table: inout ByteTable<TaprootOrigin>
    ) throws(PSBTError) {
        try PSBTMapReader.expect(33, key, "\(name) Taproot BIP32 Keypath")
        let length = Int(try reader.compactSize())
        let start = reader.position
        var leaves: Set<Hash256> = []
        for _ in 0..<(try reader.compactSize()) { leaves.insert(try reader.hash()) }
        let taken = reader.position - start
        guard taken <= length else {
            throw PSBTError("\(name) Taproot BIP32 keypath has an invalid length")
        }
        let origin = try origin(&reader, length: length - taken)
        table.insert(
            TaprootOrigin(leaves: leaves, origin: origin), for: Array(key.dropFirst()))
    }

    static func readParticipants(
        key: [UInt8], _ reader: inout PSBTReader, _ name: String,
        into table: inout ByteTable<[[UInt8]]>
    ) throws(PSBTError) {
        try PSBTMapReader.expect(34, key, "\(name) MuSig2 Participants Pubkeys")
        let aggregate = Array(key.dropFirst())
        guard isPublicKey(aggregate) else {
            throw PSBTError("\(name) musig2 aggregate pubkey is invalid")
        }
        var value = PSBTReader(try reader.sizedBytes())
        var participants: [[UInt8]] = []
        while value.remaining >= 33 {
            let participant = try value.read(33)
            guard isPublicKey(participant) else {
                throw PSBTError("\(name) musig2 participant pubkey is invalid")
            }
            participants.append(participant)
        }
        guard value.isAtEnd else {
            throw PSBTError(
                "\(name) musig2 participants pubkeys value size is not a multiple of 33")
        }
        table.insert(participants, for: aggregate)
    }

    static func readProprietary(
        key: [UInt8], _ data: PSBTReader, _ reader: inout PSBTReader,
        into table: inout ByteTable<Proprietary>
    ) throws(PSBTError) {
        var data = data
        let identifier = try data.sizedBytes()
        let subtype = try data.compactSize()
        table.insert(
            Proprietary(
                identifier: identifier, subtype: subtype, value: try reader.sizedBytes()),
            for: key)
    }
}

/// Writes the pairs of a map.
extension ByteWriter {
    /// Writes the key of a pair.
    mutating func writeKey(_ type: UInt8, _ data: some Collection<UInt8> = []) {
        writeCompactSize(data.count + 1)
        write(type)
        write(data)
    }

    mutating func writePair(
        _ type: UInt8, _ data: some Collection<UInt8> = [], _ value: some Collection<UInt8>
    ) {
        writeKey(type, data)
        writeSized(value)
    }

    mutating func writePair<I: FixedWidthInteger & BitwiseCopyable>(_ type: UInt8, integer: I) {
        writeKey(type)
        writeCompactSize(MemoryLayout<I>.size)
        write(integer)
    }

    mutating func writePair(_ type: UInt8, compactSize: Int) {
        writeKey(type)
        writeCompactSize(ByteWriter.compactSizeLength(compactSize))
        writeCompactSize(compactSize)
    }

    mutating func writeOrigins(_ type: UInt8, _ table: ByteTable<KeyOrigin>) {
        for entry in table.entries { writePair(type, entry.key, entry.value.encoded) }
    }

    mutating func writeTaprootOrigins(_ type: UInt8, _ table: ByteTable<PSBT.TaprootOrigin>) {
        for entry in table.entries {
            var value = ByteWriter()
            value.writeCompactSize(entry.value.leaves.count)
            for leaf in entry.value.sortedLeaves { value.write(leaf) }
            value.write(entry.value.origin.encoded)
            writePair(type, entry.key, value.bytes)
        }
    }

    mutating func writeParticipants(_ type: UInt8, _ table: ByteTable<[[UInt8]]>) {
        for entry in table.entries { writePair(type, entry.key, entry.value.flatMap(\.self)) }
    }

    /// Writes pairs that are kept as they came.
    mutating func writeRaw(_ table: ByteTable<[UInt8]>) {
        for entry in table.entries {
            writeSized(entry.key)
            writeSized(entry.value)
        }
    }

    mutating func writeRaw(_ table: ByteTable<PSBT.Proprietary>) {
        for entry in table.entries {
            writeSized(entry.key)
            writeSized(entry.value.value)
        }
    }
}

extension KeyOrigin {
    /// The fingerprint and each step, little-endian.
    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.writeBigEndian(fingerprint)
        for step in path.steps { writer.write(step) }
        return writer.bytes
    }
}
