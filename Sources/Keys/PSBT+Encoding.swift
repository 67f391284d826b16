internal import Cryptography
internal import Notation
internal import Primitives

extension PSBT {
    /// The text form, Base64.
    public var base64: String { Base64.encode(bytes) }

    /// The bytes, the pairs in Core's order.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.magic)
        writeGlobals(to: &writer)
        for input in inputs { input.write(to: &writer, version: version) }
        for output in outputs { output.write(to: &writer, version: version) }
        return writer.bytes
    }

    private func writeGlobals(to writer: inout ByteWriter) {
        if version < 2, let unsigned = unsignedTransaction {
            writer.writePair(0x00, [], unsigned.strippedBytes)
        }
        for key in extendedKeys { writer.writePair(0x01, key.bytes, key.origin.encoded) }
        if version >= 2 {
            writer.writePair(0x02, integer: transactionVersion)
            if let fallbackLockTime { writer.writePair(0x03, integer: fallbackLockTime) }
            writer.writePair(0x04, compactSize: inputs.count)
            writer.writePair(0x05, compactSize: outputs.count)
            if let modifiable { writer.writePair(0x06, integer: modifiable) }
            writer.writePair(0xfb, integer: version)
        }
        writer.writeRaw(proprietary)
        writer.writeRaw(unknown)
        writer.write(UInt8(0))
    }
}

extension PSBT.Input {
    func write(to writer: inout ByteWriter, version: UInt32) {
        if let previousTransaction {
            writer.writePair(0x00, [], previousTransaction.strippedBytes)
        }
        if let witnessOutput {
            var value = ByteWriter()
            witnessOutput.encode(to: &value)
            writer.writePair(0x01, [], value.bytes)
        }
        if !isFinal {
            writeScripts(to: &writer)
            writeTaproot(to: &writer)
            writeMuSig(to: &writer)
        }
        if !finalScript.isEmpty { writer.writePair(0x07, [], finalScript.bytes) }
        if !finalWitness.isEmpty {
            var value = ByteWriter()
            finalWitness.encode(to: &value)
            writer.writePair(0x08, [], value.bytes)
        }
        if version >= 2 {
            writer.writePair(0x0e, [], outPoint.txid.bytes)
            writer.writePair(0x0f, integer: outPoint.index)
            if let sequence { writer.writePair(0x10, integer: sequence) }
            if let timeLock { writer.writePair(0x11, integer: timeLock) }
            if let heightLock { writer.writePair(0x12, integer: heightLock) }
        }
        writer.writeRaw(proprietary)
        writer.writeRaw(unknown)
        writer.write(UInt8(0))
    }

    private func writeScripts(to writer: inout ByteWriter) {
        for entry in partialSignatures.entries {
            writer.writePair(0x02, entry.value.key, entry.value.signature)
        }
        if let hashType { writer.writePair(0x03, integer: hashType) }
        if !redeemScript.isEmpty { writer.writePair(0x04, [], redeemScript.bytes) }
        if !witnessScript.isEmpty { writer.writePair(0x05, [], witnessScript.bytes) }
        writer.writeOrigins(0x06, origins)
        let tables = [
            preimages.ripemd160, preimages.sha256, preimages.hash160, preimages.hash256,
        ]
        for (type, table) in zip(UInt8(0x0a)..., tables) {
            for entry in table.entries { writer.writePair(type, entry.key, entry.value) }
        }
    }

    private func writeTaproot(to writer: inout ByteWriter) {
        if !taprootKeySignature.isEmpty { writer.writePair(0x13, [], taprootKeySignature) }
        for entry in taprootScriptSignatures.entries {
            writer.writePair(0x14, entry.key, entry.value)
        }
        for (leaf, controlBlocks) in sortedLeaves {
            for block in controlBlocks {
                writer.writePair(0x15, block, leaf.script + [leaf.version])
            }
        }
        writer.writeTaprootOrigins(0x16, taprootOrigins)
        if let taprootInternalKey { writer.writePair(0x17, [], taprootInternalKey.bytes) }
        if let taprootMerkleRoot { writer.writePair(0x18, [], taprootMerkleRoot.bytes) }
    }

    private func writeMuSig(to writer: inout ByteWriter) {
        writer.writeParticipants(0x1a, muSigParticipants)
        for (type, table) in [(UInt8(0x1b), muSigNonces), (0x1c, muSigSignatures)] {
            for (group, values) in Self.sorted(table) {
                for entry in values {
                    let key = entry.key + group.aggregate + (group.leaf?.bytes ?? [])
                    writer.writePair(type, key, entry.value)
                }
            }
        }
    }
}

extension PSBT.Output {
    func write(to writer: inout ByteWriter, version: UInt32) {
        if !redeemScript.isEmpty { writer.writePair(0x00, [], redeemScript.bytes) }
        if !witnessScript.isEmpty { writer.writePair(0x01, [], witnessScript.bytes) }
        writer.writeOrigins(0x02, origins)
        if version >= 2 {
            writer.writePair(0x03, integer: value.satoshis)
            writer.writePair(0x04, [], script.bytes)
        }
        writer.writeRaw(proprietary)
        if let taprootInternalKey { writer.writePair(0x05, [], taprootInternalKey.bytes) }
        if !taprootTree.isEmpty {
            var tree = ByteWriter()
            for leaf in taprootTree {
                tree.write([leaf.depth, leaf.version])
                tree.writeSized(leaf.script)
            }
            writer.writePair(0x06, [], tree.bytes)
        }
        writer.writeTaprootOrigins(0x07, taprootOrigins)
        writer.writeParticipants(0x08, muSigParticipants)
        writer.writeRaw(unknown)
        writer.write(UInt8(0))
    }
}
