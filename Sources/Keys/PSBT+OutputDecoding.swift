internal import Cryptography
internal import Primitives

extension PSBT.Output {
    /// Reads one map of the outputs.
    mutating func read(_ reader: inout PSBTReader, version: UInt32) throws(PSBTError) {
        var map = PSBTMapReader("output")
        var found: Set<UInt64> = []
        while let (type, key, data) = try map.nextKey(&reader) {
            found.insert(type)
            switch type {
            case 0x00:
                try PSBTMapReader.expect(1, key, "Output redeemScript")
                redeemScript = Script(try reader.sizedBytes())
            case 0x01:
                try PSBTMapReader.expect(1, key, "Output witnessScript")
                witnessScript = Script(try reader.sizedBytes())
            case 0x02: try PSBT.readOrigin(key: key, &reader, into: &origins)
            case 0x03, 0x04: try readPayment(type, key, &reader, version: version)
            case 0x05:
                try PSBTMapReader.expect(1, key, "Output Taproot Internal Key")
                taprootInternalKey = try reader.sizedHash()
            case 0x06:
                try PSBTMapReader.expect(1, key, "Output Taproot Tree Key")
                taprootTree = try Self.tree(try reader.sizedBytes())
            case 0x07:
                try PSBT.readTaprootOrigin(key: key, &reader, "Output", into: &taprootOrigins)
            case 0x08:
                try PSBT.readParticipants(key: key, &reader, "Output", into: &muSigParticipants)
            case PSBT.proprietaryType:
                try PSBT.readProprietary(key: key, data, &reader, into: &proprietary)
            default: unknown.insert(try reader.sizedBytes(), for: key)
            }
        }
        guard version >= 2 else { return }
        guard found.contains(0x03) else {
            throw PSBTError("Output amount is required in PSBTv2")
        }
        guard found.contains(0x04) else {
            throw PSBTError("Output script is required in PSBTv2")
        }
    }

    private mutating func readPayment(
        _ type: UInt64, _ key: [UInt8], _ reader: inout PSBTReader, version: UInt32
    ) throws(PSBTError) {
        let isAmount = type == 0x03
        try PSBTMapReader.expect(1, key, isAmount ? "Output Amount" : "Output Script")
        guard version >= 2 else {
            throw PSBTError("Output \(isAmount ? "amount" : "script") is not allowed in PSBTv0")
        }
        if isAmount {
            value = Amount(satoshis: try reader.sizedInteger())
        } else {
            script = Script(try reader.sizedBytes())
        }
    }

    private static func tree(_ bytes: [UInt8]) throws(PSBTError) -> [PSBT.TreeLeaf] {
        var reader = PSBTReader(bytes)
        guard !reader.isAtEnd else {
            throw PSBTError("Output Taproot tree must not be empty")
        }
        var leaves: [PSBT.TreeLeaf] = []
        // The depths of subtrees that lack the one beside them.
        var open: [Int] = []
        while !reader.isAtEnd {
            let depth = try reader.integer(UInt8.self)
            let version = try reader.integer(UInt8.self)
            let script = try reader.sizedBytes()
            guard depth <= TaprootTree.maximumDepth else {
                throw PSBTError(
                    "Output Taproot tree has as leaf greater than Taproot maximum depth")
            }
            guard version & 1 == 0 else {
                throw PSBTError("Output Taproot tree has a leaf with an invalid leaf version")
            }
            leaves.append(PSBT.TreeLeaf(depth: depth, version: version, script: script))
            var node = Int(depth)
            while node > 0, open.last == node {
                open.removeLast()
                node -= 1
            }
            open.append(node)
        }
        guard open == [0] else { throw PSBTError("Output Taproot tree is malformed") }
        return leaves
    }
}
