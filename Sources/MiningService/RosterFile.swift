public import Genesis
public import Mining
public import Primitives
import Storage
import TOMLKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads a roster from its TOML file.
public enum RosterFile {
    /// The largest file read, in bytes.
    static let maximumSize = 4 << 20

    /// Reads a roster and checks it.
    ///
    /// - Parameter walletScript: a script of the wallet of that name. It must give the same one
    ///   every time, since payments are found again by it.
    /// - Throws: `RosterError`, naming the file and, where it can be told, the line.
    public static func load(
        path: String, network: Network,
        walletScript: (String) async throws -> Script
    ) async throws(RosterError) -> Roster {
        let text: String
        do {
            // The size is looked at first: a file may have no end.
            guard let bytes = try File.contents(of: path, limit: maximumSize) else {
                throw RosterError(line: nil, reason: "cannot be read").inFile(path)
            }
            text = String(decoding: bytes, as: UTF8.self)
        } catch let error as RosterError {
            throw error
        } catch {
            let isLarge = (System.size(path) ?? 0) > maximumSize
            throw RosterError(
                line: nil, reason: isLarge ? "the file is larger than 4 MiB" : "cannot be read"
            ).inFile(path)
        }
        do throws(RosterError) {
            return try await read(text, network: network, walletScript: walletScript)
        } catch {
            throw error.inFile(path)
        }
    }

    /// Reads a roster from the text of a file and checks it.
    public static func read(
        _ text: String, network: Network, walletScript: (String) async throws -> Script
    ) async throws(RosterError) -> Roster {
        let definition = try parse(text)
        var scripts: [String: Result<Script, RosterError>] = [:]
        for wallet in definition.wallets where scripts[wallet.value] == nil {
            scripts[wallet.value] = await script(of: wallet, from: walletScript)
        }
        return try definition.roster(on: network, wallets: scripts)
    }

    private static func script(
        of wallet: RosterDefinition.Located<String>,
        from walletScript: (String) async throws -> Script
    ) async -> Result<Script, RosterError> {
        do {
            return .success(try await walletScript(wallet.value))
        } catch {
            return .failure(
                RosterError(line: wallet.line, reason: "wallet \"\(wallet.value)\": \(error)"))
        }
    }

    /// Reads the text of a roster; what it says is checked by `RosterDefinition.roster`.
    static func parse(_ text: String) throws(RosterError) -> RosterDefinition {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw RosterError(line: error.source.begin.line, reason: error.description)
        } catch {
            throw RosterError(line: nil, reason: "\(error)")
        }
        let lines = LineFinder(text)
        var definition = RosterDefinition()
        for key in table.keys {
            switch key {
            case "payout":
                guard let payout = table[key]?.table else {
                    throw RosterError(line: lines.line(of: key), reason: "payout is no table")
                }
                try read(payout, lines, into: &definition)
            case "inmate":
                guard let members = table[key]?.array else {
                    throw RosterError(
                        line: lines.line(of: key), reason: "inmate is no list of tables: [[inmate]]"
                    )
                }
                for (place, member) in members.enumerated() {
                    guard let member = member.table else {
                        throw RosterError(
                            line: lines.line(of: key), reason: "an inmate is no table: [[inmate]]")
                    }
                    definition.members.append(try read(member, lines, place: place))
                }
            default:
                throw RosterError(line: lines.line(of: key), reason: "unknown key \"\(key)\"")
            }
        }
        return definition
    }

    private static func read(
        _ table: TOMLTable, _ lines: LineFinder, into definition: inout RosterDefinition
    ) throws(RosterError) {
        for key in table.keys {
            let line = lines.line(of: key, in: "payout")
            let value = Value(table[key], key: key, line: line)
            switch key {
            case "scheme": definition.scheme = try value.text()
            case "max_payees": definition.maxPayees = try value.integer()
            case "min_payout": definition.minPayout = try value.integer()
            case "fee_bps": definition.feeBasisPoints = try value.integer()
            case "finder_bps": definition.finderBasisPoints = try value.integer()
            case "pplns_factor": definition.pplnsFactor = try value.integer()
            case "operator": definition.operatorAddress = try value.text()
            default:
                throw RosterError(line: line, reason: "unknown key \"\(key)\" in [payout]")
            }
        }
    }

    private static func read(
        _ table: TOMLTable, _ lines: LineFinder, place: Int
    ) throws(RosterError) -> RosterDefinition.Member {
        var member = RosterDefinition.Member(line: lines.line(ofTable: "inmate", place: place))
        for key in table.keys {
            let line = lines.line(of: key, in: "inmate", place: place)
            let value = Value(table[key], key: key, line: line)
            switch key {
            case "name": member.name = try value.text()
            case "weight": member.weight = try value.integer()
            case "address": member.address = try value.text()
            case "descriptor": member.descriptor = try value.text()
            case "wallet": member.wallet = try value.text()
            default:
                throw RosterError(line: line, reason: "unknown key \"\(key)\" in [[inmate]]")
            }
        }
        return member
    }

    /// A value of the file, to be of one kind or the other.
    private struct Value {
        let value: (any TOMLValueConvertible)?
        let key: String
        let line: Int?

        init(_ value: (any TOMLValueConvertible)?, key: String, line: Int?) {
            self.value = value
            self.key = key
            self.line = line
        }

        func text() throws(RosterError) -> RosterDefinition.Located<String> {
            guard let text = value?.string else {
                throw RosterError(line: line, reason: "\(key) must be text in quotes")
            }
            return .init(text, line: line)
        }

        func integer() throws(RosterError) -> RosterDefinition.Located<Int64> {
            guard value?.type == .int, let number = value?.int else {
                throw RosterError(line: line, reason: "\(key) must be a whole number")
            }
            return .init(Int64(number), line: line)
        }
    }
}

extension RosterError {
    fileprivate func inFile(_ path: String) -> RosterError {
        RosterError(line: nil, reason: "roster \(path): \(description)")
    }
}

/// Where keys stand in a TOML file. The parser does not tell.
struct LineFinder {
    private struct Section {
        var name: String
        var line: Int
        var keys: [String: Int] = [:]
    }

    private var sections: [Section] = [Section(name: "", line: 1)]

    init(_ text: String) {
        let lines = text.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
        for (index, line) in lines.enumerated() {
            let content = line.drop { $0 == " " || $0 == "\t" }
            if content.hasPrefix("[") {
                let name = content.drop { $0 == "[" || $0 == " " }.prefix { $0 != "]" && $0 != " " }
                sections.append(Section(name: String(name), line: index + 1))
            } else if let equals = content.firstIndex(of: "="), !content.hasPrefix("#") {
                let key = content[..<equals].filter { !" \t\"'".contains($0) }
                let last = sections.count - 1
                if sections[last].keys[key] == nil { sections[last].keys[key] = index + 1 }
            }
        }
    }

    /// The line of a key, or of a table of that name, at the top of the file.
    func line(of key: String) -> Int? {
        sections.first?.keys[key] ?? sections.first { $0.name == key }?.line
    }

    func line(of key: String, in table: String, place: Int = 0) -> Int? {
        let found = section(table, place)
        return found?.keys[key] ?? found?.line
    }

    func line(ofTable table: String, place: Int) -> Int? { section(table, place)?.line }

    private func section(_ name: String, _ place: Int) -> Section? {
        let named = sections.filter { $0.name == name }
        return place < named.count ? named[place] : nil
    }
}
