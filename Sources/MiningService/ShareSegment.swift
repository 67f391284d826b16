import Cryptography
import Mining
import Primitives
import Storage

/// One file of the share log: where it begins, then entries.
///
///     magic    4 bytes, "CBSH"
///     version  4 bytes, 1
///     first    8 bytes, the number of its first entry
///     previous 32 bytes, the hash of the entry before that
struct ShareSegment {
    var number: Int
    var path: String

    static let headerSize = 48
    /// A file longer than this is followed by another, in bytes.
    static let fullSize = 16 << 20
    /// What is read at once, with room for the entry that crosses the end.
    static let longest = fullSize + (4 << 20)

    private static let magic: [UInt8] = Array("CBSH".utf8)
    private static let version: UInt32 = 1

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

    static func header(_ chain: ShareChain) -> [UInt8] {
        var writer = ByteWriter(capacity: headerSize)
        writer.write(magic)
        writer.write(version)
        writer.write(chain.next)
        writer.write(chain.tip)
        return writer.bytes
    }

    /// Where the file says it begins; nil where its header is not whole, or none.
    static func start(of bytes: [UInt8]) -> ShareChain? {
        do throws(DecodingError) {
            var reader = ByteReader(bytes.span)
            guard try reader.readBytes(count: 4) == magic, try reader.read(UInt32.self) == version
            else { return nil }
            return ShareChain(next: try reader.read(), tip: try reader.readHash())
        } catch {
            return nil
        }
    }
}
