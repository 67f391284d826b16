public import Notation

extension Vectors {
    /// A file of vectors, read as JSON.
    public static func json(_ name: String) throws -> JSON {
        try JSON(parsing: load(name))
    }

    /// The rows of a file that is a JSON array.
    public static func rows(_ name: String) throws -> [JSON] {
        guard let rows = try json(name).array else { throw MalformedVector(name) }
        return rows
    }

    /// The rows of a file that has one JSON value a line.
    public static func lines(_ name: String) throws -> [JSON] {
        try load(name).split(separator: 0x0a).map { try JSON(parsing: Array($0)) }
    }
}

/// A row of vectors that is not of the form it should be: the fault of the test's reading.
public struct MalformedVector: Error, CustomStringConvertible {
    public let description: String

    public init(_ row: some CustomStringConvertible) { description = "malformed: \(row)" }
}

extension JSON {
    /// The text, which must be one.
    public func text() throws -> String {
        guard let stringValue else { throw MalformedVector(self) }
        return stringValue
    }

    /// The bytes of hex text, which it must be.
    public func bytes() throws -> [UInt8] {
        guard let bytes = Hex.decode(try text()) else { throw MalformedVector(self) }
        return bytes
    }

    /// The whole number, which it must be.
    public func integer() throws -> Int64 {
        guard let int else { throw MalformedVector(self) }
        return int
    }

    /// The elements, which it must have.
    public func elements() throws -> [JSON] {
        guard let array else { throw MalformedVector(self) }
        return array
    }

    /// A member or element that must be there.
    public func member(_ key: String) throws -> JSON {
        guard let member = self[key] else { throw MalformedVector(self) }
        return member
    }

    /// An element that must be there.
    public func element(_ index: Int) throws -> JSON {
        guard let element = self[index] else { throw MalformedVector(self) }
        return element
    }
}
