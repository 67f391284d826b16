public import Notation

extension Vectors {
    /// One JSON file, named relative to the folder.
    public static func json(_ name: String) throws -> JSON {
        try JSON(parsing: load(name))
    }
}
