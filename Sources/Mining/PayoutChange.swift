public import Cryptography
public import Primitives

/// What one block did to the payout ledger.
public struct PayoutChange: Sendable, Hashable {
    public var before: PayoutLedger
    public var after: PayoutLedger
    /// By what it was computed; nil in records of old.
    public var terms: PayoutTerms?

    public init(before: PayoutLedger, after: PayoutLedger, terms: PayoutTerms?) {
        self.before = before
        self.after = after
        self.terms = terms
    }

    /// The record of a block, as the disk holds it.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.writeSized(before.encoded)
        writer.writeSized(after.encoded)
        if let terms { terms.encode(to: &writer) }
        return writer.bytes
    }

    public init(decoding bytes: [UInt8]) throws(DecodingError) {
        var reader = ByteReader(bytes.span)
        before = try PayoutLedger(decoding: try reader.readSizedBytes())
        after = try PayoutLedger(decoding: try reader.readSizedBytes())
        // Written before terms were kept: nothing follows.
        terms = reader.remaining > 0 ? try PayoutTerms(from: &reader) : nil
        try reader.finish()
    }
}

/// By what a block's split was computed, beside the block itself: enough to compute it anew.
public struct PayoutTerms: Sendable, Hashable {
    public var rosterHash: Hash256
    /// How many members could have been paid.
    public var payeeLimit: Int
    /// Who found the block, where it makes a difference.
    public var finder: String?
    /// The end of the share log; zero without one.
    public var shareRoot: Hash256

    public init(_ split: PayoutSplit) {
        rosterHash = split.rosterHash
        payeeLimit = split.payeeLimit
        finder = split.finder
        shareRoot = split.shareRoot
    }

    public func encode(to writer: inout ByteWriter) {
        writer.write(rosterHash)
        writer.write(UInt32(clamping: payeeLimit))
        writer.writeSized((finder ?? "").utf8)
        writer.write(shareRoot)
    }

    @_lifetime(reader: copy reader)
    public init(from reader: inout ByteReader) throws(DecodingError) {
        rosterHash = try reader.readHash()
        payeeLimit = Int(try reader.read(UInt32.self))
        let name = try reader.readString(limit: RosterDefinition.maximumNameLength)
        finder = name.isEmpty ? nil : name
        shareRoot = try reader.readHash()
    }
}
