#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The search for a few bytes among many, at the speed of the system's own.
package enum ByteSearch {
    /// The first place at or after `start` where all of `pattern` stands.
    package static func first(
        _ pattern: [UInt8], in bytes: Span<UInt8>, from start: Int = 0
    ) -> Int? {
        guard let head = pattern.first else { return nil }
        return bytes.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            var place = start
            while place >= 0, place + pattern.count <= bytes.count {
                let count = bytes.count - pattern.count + 1 - place
                guard let found = memchr(base + place, Int32(head), count) else { return nil }
                place = UnsafeRawPointer(found) - base
                if bytes[place..<place + pattern.count].elementsEqual(pattern) { return place }
                place += 1
            }
            return nil
        }
    }
}
