/// A connection, numbered in order of its making. Never used again.
public struct PeerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public static func < (left: PeerID, right: PeerID) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(rawValue) }
}
