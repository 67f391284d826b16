import Genesis
import Keys
import Notation
import Primitives

/// The scripts that scan objects name, and what each was made of.
struct ScanScripts: Sendable {
    private struct Source: Sendable {
        var descriptor: Descriptor
        var index: UInt32
    }

    private var sources: [Script: Source] = [:]

    init(_ objects: [JSON], on network: Network) async throws {
        for object in objects { try await add(object, on: network) }
    }

    var scripts: Set<Script> { Set(sources.keys) }

    private mutating func add(_ object: JSON, on network: Network) async throws {
        let object = try ScanObject(object, on: network)
        for index in object.range {
            // A million keys take a while: let others have a turn.
            if index & 1023 == 1023 { await Task.yield() }
            for descriptor in object.descriptors {
                for script in try object.expand(descriptor, at: index).scripts
                where sources[script] == nil {
                    sources[script] = Source(descriptor: descriptor, index: index)
                }
            }
        }
    }

    /// What is known of one of the scripts, as a descriptor.
    func descriptor(of script: Script, on network: Network) -> String {
        guard let source = sources[script],
            let expansion = source.descriptor.expand(at: source.index)
        else { return "" }
        return Descriptor.infer(script, provider: expansion.provider).text(on: network)
    }
}

/// What the scans say of their arguments and answers in the help.
enum ScanText {
    static let action = Parameter(
        "action", .string,
        "The action to execute\n"
            + "\"start\" for starting a scan\n"
            + "\"abort\" for aborting the current scan (returns true when abort was successful)\n"
            + "\"status\" for progress report (in %) of the current scan")

    static let objects = Parameter(
        "scanobjects", .array, .omitted,
        "Array of scan objects. Required for \"start\" action\n"
            + "Every scan object is either a string descriptor or an object:",
        inner: inner
    ).shown(as: "[scanobjects,...]")

    static let inner = [
        Parameter("descriptor", .string, .omitted, "An output descriptor"),
        Parameter(
            "", .object, .omitted, "An object with output descriptor and metadata",
            inner: [
                Parameter("desc", .string, .required, "An output descriptor"),
                Parameter(
                    "range", .range, default: 1000,
                    "The range of HD chain indexes to explore (either end or [begin,end])"),
            ]),
    ]

    static let aborted = ResultText(
        .bool, "success",
        "True if scan will be aborted (not necessarily before this RPC returns), or false if there is no scan to abort",
        when: "when action=='abort'")

    static let idle = ResultText(
        .null, "", "",
        when: "when action=='status' and no scan is in progress - possibly already completed")

    static let isRunning = RPCError.invalidParameter(
        "Scan already in progress, use action \"abort\" or \"status\"")
}
