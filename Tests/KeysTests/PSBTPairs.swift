import Notation
import TestSupport
import Testing

/// The pairs of a partially signed transaction as they stand in its bytes, read without `PSBT`: what
/// a reading or writing of it may not lose.
struct PSBTPairs {
    /// The maps one after another: the global one, those of the inputs, those of the outputs.
    let maps: [[[UInt8]: [UInt8]]]

    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        try #require(rest.starts(with: Array("psbt".utf8) + [0xff]))
        rest.removeFirst(5)
        var maps: [[[UInt8]: [UInt8]]] = []
        while !rest.isEmpty {
            var map: [[UInt8]: [UInt8]] = [:]
            while true {
                let key = try Self.sized(&rest)
                if key.isEmpty { break }
                try #require(map.updateValue(try Self.sized(&rest), forKey: key) == nil)
            }
            maps.append(map)
        }
        self.maps = maps
    }

    private static func sized(_ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
        guard let first = rest.popFirst() else { throw MalformedVector("an end within a map") }
        var size = Int(first)
        if size >= 253 {
            let width = 1 << (size - 252)
            size = rest.prefix(width).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(width)
        }
        try #require(size <= rest.count)
        defer { rest = rest.dropFirst(size) }
        return Array(rest.prefix(size))
    }

    /// How many pairs another writing lacks, adds or has another value for, by map and type.
    func changes(in other: PSBTPairs, inputs: Int) throws -> [String: Int] {
        try #require(maps.count == other.maps.count)
        var changes: [String: Int] = [:]
        for (index, (map, now)) in zip(maps, other.maps).enumerated() {
            let name = index == 0 ? "global" : index <= inputs ? "input" : "output"
            for key in Set(map.keys).union(now.keys) where map[key] != now[key] {
                let change = now[key] == nil ? "lost" : map[key] == nil ? "added" : "changed"
                changes["\(name) \(Hex.encode(key.prefix(1))) \(change)", default: 0] += 1
            }
        }
        return changes
    }
}
