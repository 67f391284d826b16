import Foundation
import Logging
import Options
import RPC
import Synchronization

/// Where the log goes: a file in the data directory, the console, or both.
final class LogSink: Sendable {
    struct Options: Sendable {
        var path: String?
        var printsToConsole = false
        var hasTimestamps = true
        var hasMicroseconds = false
        /// The categories whose finer remarks are logged.
        var categories = LogCategories()
        var shrinks = false
    }

    let options: Options
    private let file: Mutex<FileHandle?>

    /// A log file longer than this is cut to its end when the node starts, in bytes.
    private static let longest = 11_000_000
    private static let keptWhenCut = 10_000_000

    init(_ options: Options) throws(ConfigurationError) {
        self.options = options
        guard let path = options.path else {
            file = Mutex(nil)
            return
        }
        if options.shrinks { Self.shrink(path) }
        let files = FileManager.default
        if !files.fileExists(atPath: path) { _ = files.createFile(atPath: path, contents: nil) }
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw ConfigurationError("Could not open debug log file \(path)")
        }
        _ = try? handle.seekToEnd()
        file = Mutex(handle)
    }

    func write(_ text: String) {
        var line = options.hasTimestamps ? timestamp() + " " : ""
        line += text.replacing("\n", with: " ") + "\n"
        let data = Data(line.utf8)
        file.withLock { file in
            // A full disk must not stop the node on account of its log.
            try? file?.write(contentsOf: data)
            if options.printsToConsole { try? FileHandle.standardOutput.write(contentsOf: data) }
        }
    }

    private func timestamp() -> String {
        let now = Date()
        let seconds = now.formatted(.iso8601)
        guard options.hasMicroseconds else { return seconds }
        let fraction = now.timeIntervalSince1970.truncatingRemainder(dividingBy: 1)
        let digits = String(Int(fraction * 1_000_000))
        let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return seconds.dropLast() + "." + padded + "Z"
    }

    private static func shrink(_ path: String) {
        guard let handle = FileHandle(forUpdatingAtPath: path),
            let size = try? handle.seekToEnd(), size > longest
        else { return }
        defer { try? handle.close() }
        guard (try? handle.seek(toOffset: size - UInt64(keptWhenCut))) != nil,
            let end = try? handle.readToEnd(),
            (try? handle.truncate(atOffset: 0)) != nil
        else { return }
        try? handle.write(contentsOf: end)
    }
}

/// Writes the remarks of one part of the node; the label of the logger is its category.
struct NodeLogHandler: LogHandler {
    let category: String
    let sink: LogSink
    var metadata: Logger.Metadata = [:]

    /// It follows the categories, which can be switched while the node runs.
    var logLevel: Logger.Level {
        get { sink.options.categories.isActive(category) ? .trace : .info }
        set {}
    }

    init(category: String, sink: LogSink) {
        self.category = category
        self.sink = sink
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let prefix =
            switch event.level {
            case .trace, .debug: "[\(category)] "
            case .info, .notice: ""
            case .warning: "[warning] "
            case .error, .critical: "[error] "
            }
        let more = (event.metadata ?? [:]).sorted { $0.key < $1.key }
            .map { " \($0.key)=\($0.value)" }.joined()
        sink.write(prefix + "\(event.message)" + more)
    }
}

extension Configuration {
    /// How this configuration wants the log.
    func logOptions() -> LogSink.Options {
        var options = LogSink.Options()
        if !settings.isNegated("debuglogfile") {
            options.path = path(settings.path("debuglogfile") ?? "debug.log")
        }
        options.printsToConsole = settings.bool("printtoconsole", default: true)
        options.hasTimestamps = settings.bool("logtimestamps", default: true)
        options.hasMicroseconds = settings.bool("logtimemicros", default: false)
        let wanted = settings.list("debug").filter { $0 != "0" && $0 != "none" }
        for name in wanted { _ = options.categories.set(name, isActive: true) }
        for name in settings.list("debugexclude") {
            _ = options.categories.set(name, isActive: false)
        }
        options.shrinks = settings.bool("shrinkdebugfile", default: wanted.isEmpty)
        return options
    }
}
