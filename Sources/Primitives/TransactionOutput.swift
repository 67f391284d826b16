/// A coin in the making: so much, for whoever answers the script.
public struct TransactionOutput: Hashable, Sendable {
    public var value: Amount

    /// The script that must be answered to spend it (`scriptPubKey`).
    public var script: Script

    public init(value: Amount, script: Script = []) {
        self.value = value
        self.script = script
    }

    @_lifetime(reader: copy reader)
    public init(from reader: inout ByteReader) throws(DecodingError) {
        value = Amount(satoshis: try reader.read())
        script = Script(try reader.readSizedBytes())
    }

    public func encode(to writer: inout ByteWriter) {
        writer.write(value.satoshis)
        writer.writeSized(script.bytes)
    }

    /// The bytes it takes when serialised.
    public var serializedSize: Int {
        8 + ByteWriter.compactSizeLength(script.count) + script.count
    }
}
