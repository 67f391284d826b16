import Notation

/// A question of the kind `/rest/block/<hash>.json?count=5`: a path, the form of the answer, and
/// what is said besides.
struct RESTRequest: Sendable {
    /// The forms in which an answer can be had.
    enum Form: String, Sendable { case binary = "bin", hex, json }

    /// The parts of the path after `/rest/`, without the form.
    let path: [String]
    /// Nil where the path ends with none.
    let form: Form?
    let body: [UInt8]
    private let query: [String: String]

    static let prefix = "/rest/"

    /// Nil where the address is not one of these.
    init?(uri: String, body: [UInt8] = []) {
        guard uri.hasPrefix(Self.prefix) else { return nil }
        var path = uri.dropFirst(Self.prefix.count)
        var query = Substring()
        if let mark = path.lastIndex(of: "?") {
            query = path[path.index(after: mark)...]
            path = path[..<mark]
        }
        let dot = path.lastIndex(of: ".")
        form = dot.flatMap { Form(rawValue: String(path[path.index(after: $0)...])) }
        if let dot, form != nil { path = path[..<dot] }
        self.path = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        self.body = body
        self.query = Self.values(query)
    }

    /// What is said of a name behind the question mark.
    subscript(name: String) -> String? { query[name] }

    private static func values(_ query: Substring) -> [String: String] {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first else { continue }
            let value = parts.count > 1 ? decodePercents(parts[1]) : ""
            // Of two the first counts.
            if values[String(name)] == nil { values[String(name)] = value }
        }
        return values
    }
}

extension String {
    /// The number that the text is, if it is digits alone.
    func digits<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        guard !isEmpty, utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Number(self, radix: 10)
    }
}
