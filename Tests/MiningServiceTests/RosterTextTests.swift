import Genesis
import Mining
import Notation
import MiningService
import Primitives
import Testing

@Suite("Roster text") struct RosterTextTests {
    private let text = """
        # Our inmates
        [payout]
        scheme = "weights"

        [[inmate]]  # the first
        name = "ana"
        weight = 3
        address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"

        [[inmate]]
        name = "beto"
        weight = 2  # for now
        wallet = "beto"

        """

    private func roster(_ text: RosterText) async throws -> Roster {
        try await RosterFile.read(text.text, network: .regtest) { name in
            Script([0x00, 0x14] + [UInt8](repeating: UInt8(name.utf8.count), count: 20))
        }
    }

    @Test("A weight is changed where it stands, and all else stays as it is")
    func weight() async throws {
        var changed = RosterText(text)
        changed.set(name: "ana", weight: 7, destination: nil)
        #expect(changed.text == text.replacing("weight = 3", with: "weight = 7"))
        #expect(try await roster(changed)["ana"]?.weight == 7)
    }

    @Test("A destination takes the place of the one before, whichever kind it was")
    func destination() async throws {
        var changed = RosterText(text)
        changed.set(
            name: "beto", weight: nil,
            destination: .address("bcrt1q6rhpng9evdsfnn833a4f4vej0asu6dk5srld6x"))
        #expect(!changed.text.contains("wallet ="))
        #expect(try await roster(changed).inmates.count == 2)
        changed.set(name: "beto", weight: nil, destination: .wallet("other one"))
        #expect(!changed.text.contains("6rhpng9"))
    }

    @Test("Who is new is added at the end, and whoever is removed is gone with his lines alone")
    func addAndRemove() async throws {
        var changed = RosterText(text)
        changed.set(name: "c\"ar\\la", weight: 5, destination: .wallet("carla"))
        #expect(changed.text.hasPrefix(text.dropLast()))
        #expect(try await roster(changed)["c\"ar\\la"]?.weight == 5)
        let wasThere = changed.remove(name: "ana")
        let isThere = changed.remove(name: "ana")
        #expect(wasThere && !isThere)
        #expect(try await roster(changed).inmates.map(\.name) == ["beto", "c\"ar\\la"])
        #expect(changed.text.hasPrefix("# Our inmates\n[payout]"))
    }

    @Test("Lines that end as on Windows are told apart, and stay as they are")
    func windowsLines() async throws {
        let windows = text.replacing("\n", with: "\r\n")
        var changed = RosterText(windows)
        changed.set(name: "ana", weight: 7, destination: nil)
        #expect(changed.text == windows.replacing("weight = 3", with: "weight = 7"))
        changed.set(name: "ana", weight: nil, destination: .wallet("ana"))
        changed.set(name: "carla", weight: 5, destination: .wallet("carla"))
        let wasThere = changed.remove(name: "beto")
        #expect(wasThere)
        #expect(!changed.text.contains("\n" as Character), "\(changed.text.debugDescription)")
        #expect(try await roster(changed).inmates.map(\.name) == ["ana", "carla"])
    }

    @Test("What is wrong is found in its line, whatever lines end in", arguments: ["\n", "\r\n"])
    func wrongLine(_ end: String) async {
        let lines = ["[[inmate]]", "name = \"ana\"", "colour = \"red\"", ""]
        let wrong = RosterText(lines.joined(separator: end))
        let error = await #expect(throws: RosterError.self) { try await roster(wrong) }
        #expect(error?.line == 3)
    }

    @Test("Quotes and control characters cannot break out of their string")
    func quoting() async throws {
        var changed = RosterText(text)
        changed.set(name: "x\"\n[[inmate]]\nname = \"y", weight: 1, destination: .wallet("w\u{7}2"))
        let names = try await roster(changed).inmates.map(\.name)
        #expect(names == ["ana", "beto", "x\"\n[[inmate]]\nname = \"y"])
    }
}

@Suite("Roster archive") struct RosterArchiveTests {
    @Test("A roster's JSON gives the same roster, and a changed one is refused")
    func roundTrip() async throws {
        let roster = try await RosterFile.read(
            """
            [payout]
            scheme = "pplns"
            finder_bps = 50
            [[inmate]]
            name = "ana"
            descriptor = "wpkh(tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B/0/*)"
            [[inmate]]
            name = "beto"
            weight = 9
            address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
            """, network: .regtest
        ) { _ in [] }
        let again = try Roster(json: roster.json, network: .regtest)
        #expect(again == roster)
        guard var object = roster.json.object else { return }
        object["fee_bps"] = 1
        #expect(throws: RosterError.self) { try Roster(json: .object(object), network: .regtest) }
    }
}
