import ArgumentParser
import Foundation
import Genesis
import NodeClient
import Notation

/// Shows the roster of a running node: who is owed what, what is immature, who works how hard.
struct RosterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster",
        abstract: "Show whom a running node pays, what each is owed, and how hard each works.")

    @Option(help: "The node's data directory.")
    var datadir = "~/.cellblock"

    @Option(help: "The node's network: main, test, testnet4, signet, regtest, yard.")
    var chain = "yard"

    @Option(help: "The file that defines the node's network, where it is one of its own.")
    var network: String?

    @Option(help: "Where the node answers, on this machine (default: the network's port).")
    var rpcport: UInt16?

    @Option(help: "How many of the newest payouts to list.")
    var payouts = 10

    @Flag(help: "Show it anew every two seconds, until stopped.")
    var watch = false

    @Flag(help: "Print JSON, a line a time with --watch.")
    var json = false

    func validate() throws {
        _ = try chosen()
        try (0...1000).check(payouts, of: "payouts")
    }

    private func chosen() throws -> Network {
        guard let file = self.network else {
            guard let named = Network.named(chain) else {
                throw ValidationError("Unknown chain \(chain).")
            }
            return named
        }
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw ValidationError("The network definition \(file) cannot be read.")
        }
        do {
            return try Network(json: [UInt8](bytes))
        } catch {
            throw ValidationError("The network definition \(file) is wrong: \(error)")
        }
    }

    func run() throws {
        let network = try chosen()
        let base = NSString(string: datadir).expandingTildeInPath
        let folder = network.dataFolder.isEmpty ? base : base + "/" + network.dataFolder
        let client = RPCClient(port: rpcport ?? network.rpcPort, cookiePath: folder + "/.cookie")
        let isTerminal = isatty(STDOUT_FILENO) == 1
        repeat {
            do {
                let view = try RosterView(asking: client, payouts: payouts)
                if json {
                    show(view.json.text(indent: watch ? 0 : 2))
                } else {
                    let text = view.lines.joined(separator: "\n")
                    show(watch && isTerminal ? "\u{1b}[H\u{1b}[2J" + text : text)
                }
            } catch {
                FileHandle.standardError.write(Data("error: \(explained(error, folder))\n".utf8))
                guard watch else { throw ExitCode.failure }
            }
            if watch { sleep(2) }
        } while watch
    }

    private func show(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    private func explained(_ error: any Error, _ folder: String) -> String {
        if error is RPCClient.Refusal { return "\(error)" }
        // Foundation's own errors say all they know of themselves otherwise.
        let reason = error is CocoaError ? error.localizedDescription : "\(error)"
        return "no node answers for \(folder): is one running? (\(reason))"
    }
}

/// What the command shows, as of one moment.
struct RosterView {
    let tip: JSON
    let miner: JSON
    let inmates: [JSON]
    let payouts: [JSON]

    init(asking client: RPCClient, payouts count: Int) throws {
        inmates = try client.call("listinmates").array ?? []
        payouts = try client.call("listpayouts", [.int(count)]).array ?? []
        miner = try client.call("getminerinfo")
        tip = try client.call("getblockchaininfo")
    }

    var json: JSON {
        [
            "height": tip["blocks"] ?? .null, "bestblockhash": tip["bestblockhash"] ?? .null,
            "miner": miner, "inmates": .array(inmates), "payouts": .array(payouts),
        ]
    }

    var lines: [String] {
        var table = TextTable([
            .init(title: "inmate"), .init(title: "weight", isNumber: true),
            .init(title: "mature", isNumber: true), .init(title: "immature", isNumber: true),
            .init(title: "orphaned", isNumber: true), .init(title: "owed (sat)", isNumber: true),
            .init(title: "miners", isNumber: true), .init(title: "hash rate", isNumber: true),
            .init(title: "shares", isNumber: true),
        ])
        for inmate in inmates {
            let name = inmate["name"]?.stringValue ?? ""
            table.add([
                inmate["left"] == true ? name + " (left)" : name, number(inmate["weight"]),
                number(inmate["mature"]), number(inmate["immature"]), number(inmate["orphaned"]),
                Self.satoshis(inmate["owedmsat"]?.int ?? 0), number(inmate["miners"]),
                Self.rate(inmate["hashespersecond"]?.double ?? 0), number(inmate["shares"]),
            ])
        }
        var lines = [summary] + warnings + [""] + table.lines
        var list = TextTable([
            .init(title: "payout"), .init(title: "amount", isNumber: true),
            .init(title: "height", isNumber: true), .init(title: "status"),
        ])
        for payout in payouts {
            list.add([
                payout["name"]?.stringValue ?? "", number(payout["amount"]),
                number(payout["height"]), status(of: payout),
            ])
        }
        if !list.isEmpty { lines += [""] + list.lines }
        return lines
    }

    private var summary: String {
        var text = "height \(number(tip["blocks"]))"
        if let scheme = miner["scheme"]?.stringValue { text += ", scheme \(scheme)" }
        if let pause = miner["waitsfor"]?.stringValue {
            text += ", mining when \(Self.wish(pause))"
        } else if miner["mining"] == true {
            text += ", mining at \(Self.rate(miner["hashespersecond"]?.double ?? 0))"
        } else {
            text += ", not mining by itself"
        }
        return text + ", \(number(miner["blocks"])) blocks found since the node started"
    }

    /// What is wrong with blocks that the ledger does not follow.
    private var warnings: [String] {
        var warnings: [String] = []
        if let last = miner["lastviolated"] {
            warnings.append(
                "WARNING: \(number(miner["violated"])) blocks do not pay as they commit to, last at "
                    + "height \(number(last["height"])): \(last["reason"]?.stringValue ?? "")")
        }
        if let count = miner["unrecognised"] {
            warnings.append(
                "WARNING: \(number(count)) blocks pay by a roster or shares this node does not know"
            )
        }
        return warnings
    }

    /// What the search waits for, in words.
    private static func wish(_ pause: String) -> String {
        switch pause {
        case "interval": "the next block is due"
        case "transactions": "a transaction waits"
        case "peers": "there are peers"
        default: pause
        }
    }

    private func status(of payout: JSON) -> String {
        let status = payout["status"]?.stringValue ?? ""
        guard let at = payout["maturesat"]?.int, let height = tip["blocks"]?.int else {
            return status
        }
        let left = at - height
        return "\(status), \(left) block\(left == 1 ? "" : "s") to go"
    }

    private func number(_ json: JSON?) -> String { json?.numberText ?? "" }

    /// Thousandths of a satoshi as satoshis, exactly.
    static func satoshis(_ thousandths: Int64) -> String {
        let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        return (thousandths < 0 ? "-" : "") + "\(whole)."
            + String(repeating: "0", count: 3 - digits.count) + digits
    }

    static func rate(_ hashes: Double) -> String {
        var value = hashes
        var units = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s"][...]
        while value >= 1000, units.count > 1 {
            value /= 1000
            units = units.dropFirst()
        }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units.first ?? "")"
    }
}
