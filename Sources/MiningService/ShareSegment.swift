import Storage

/// One file of the share log: where it begins, then entries.
struct ShareSegment {
    var number: Int
    var path: String

    /// A file longer than this is followed by another, in bytes.
    static let fullSize = 16 << 20
    /// What is read at once, with room for the entry that crosses the end.
    static let longest = fullSize + (4 << 20)

    init(number: Int, folder: String) {
        self.number = number
        let digits = String(number)
        path =
            folder + "/" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".log"
    }

    /// The files of the folder, in order.
    static func all(in folder: String) throws(StorageError) -> [ShareSegment] {
        try System.names(in: folder).compactMap { name -> Int? in
            guard name.hasSuffix(".log"), name.utf8.count == 12 else { return nil }
            return Int(name.dropLast(4))
        }
        .filter { $0 >= 0 }.sorted().map { ShareSegment(number: $0, folder: folder) }
    }
}
