/// Paths as plain text: joined, made absolute, cleared of `.` and `..`.
enum Path {
    static func isAbsolute(_ path: String) -> Bool { path.hasPrefix("/") }

    static func join(_ base: String, _ path: String) -> String {
        if isAbsolute(path) || base.isEmpty { return path }
        return base.hasSuffix("/") ? base + path : base + "/" + path
    }

    static func absolute(_ path: String) -> String { join(System.currentDirectory, path) }

    /// Without empty parts, `.`, parts that a `..` takes back, or a slash at the end.
    static func normal(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute(path) {
                parts.append(part)
            }
        }
        let text = parts.joined(separator: "/")
        if isAbsolute(path) { return "/" + text }
        return text.isEmpty ? "." : text
    }
}
