import Cryptography
import Mining
import MiningService
import Notation
import Storage
import Stratum

struct SetInmate: RPCMethod {
    let name = "setinmate"
    let summary =
        "Adds an inmate to the roster, changes or removes one, in the roster's file and at once.\nWho is removed is paid what he is owed as soon as that is no dust. Blocks already mined are judged by the rosters they were paid by.\n"
    let parameters = [
        Parameter("name", .string, "The inmate's name"),
        Parameter(
            "weight", .number, .hint("unchanged, or 1"), "His weight; 0 removes him"),
        Parameter(
            "destination", .string, .hint("unchanged"),
            "Where he is paid: an address, a descriptor, or wallet:<name>"),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.string, "name", "the name that was given"),
                ResultText(.string, "roster", "the hash of the roster from now on"),
                ResultText(.number, "inmates", "how many inmates it has"),
            ])
    ]
    let examples = [
        Example(["\"ana\"", "3", "\"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080\""])
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard let source = context.roster else {
            throw RPCError.misc(MinerError.noRoster.description)
        }
        // Each change is made to the text that the one before it left.
        return try await context.rosterChanges.run {
            try await change(source, request, context)
        }
    }

    private func change(
        _ source: RosterSource, _ request: RPCRequest, _ context: RPCContext
    ) async throws -> JSON {
        let name = try request.string("name")
        let weight = request.has("weight") ? try request.int64("weight") : nil
        var text = RosterText(try Self.contents(of: source.path))
        if weight == 0 {
            guard text.remove(name: name) else {
                throw RPCError.invalidAddressOrKey("No inmate is named \"\(name)\"")
            }
        } else {
            text.set(
                name: name, weight: weight,
                destination: try request.optionalString("destination").map(Self.destination))
        }
        let roster: Roster
        do {
            roster = try await source.read(text.text)
        } catch let error as RosterError {
            throw RPCError.invalidParameter("The roster would be wrong: \(error)")
        }
        try Self.check(roster, name: name, weight: weight)
        try await context.mining { miner in
            let (old, finder) = (await miner.roster, await miner.finder)
            do {
                try await miner.use(
                    roster: roster, finder: finder.flatMap { roster[$0] == nil ? nil : $0 })
                try File.replace(source.path, with: Array(text.text.utf8).span)
            } catch {
                // The file says what it said, so the miner does what it did.
                if let old { try? await miner.use(roster: old, finder: finder) }
                throw error
            }
        }
        await context.stratum?.use(roster: roster)
        return [
            "name": .string(name), "roster": .string(roster.hash.hex),
            "inmates": .int(roster.inmates.count),
        ]
    }

    /// The longest roster, in bytes.
    private static let longest = 4 << 20

    private static func contents(of path: String) throws -> String {
        guard let bytes = try File.contents(of: path, limit: longest) else {
            throw RPCError.misc("The roster \(path) is gone")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func destination(_ text: String) -> RosterText.Destination {
        if text.hasPrefix("wallet:") { return .wallet(String(text.dropFirst(7))) }
        return text.contains("(") ? .descriptor(text) : .address(text)
    }

    /// Makes sure that the text says what was asked: it may be written in a way not understood.
    private static func check(_ roster: Roster, name: String, weight: Int64?) throws {
        let inmate = roster[name]
        let holds =
            weight == 0
            ? inmate == nil : inmate != nil && inmate?.weight == weight ?? inmate?.weight
        guard holds else {
            throw RPCError.misc(
                "The roster's file is written in a way that must be changed by hand")
        }
    }
}
