import Notation

/// What the demo found, for `--json`.
struct DemoReport {
    struct Step {
        var title: String
        var claims: [String] = []
        var seconds = 0.0
    }

    struct Row {
        var inmate: Inmate
        var rewards: Recount.Rewards
        var holdings: Recount.Holdings
    }

    var steps: [Step] = []
    var rows: [Row] = []
    var tip = Tip(height: 0, hash: "")
    var seconds = 0.0

    var claims: Int { steps.reduce(0) { $0 + $1.claims.count } }

    var json: JSON {
        .object([
            "network": "yard", "height": .int(tip.height), "bestblockhash": .string(tip.hash),
            "seconds": Self.seconds(seconds), "steps": .array(steps.map(Self.json)),
            "inmates": .array(rows.map(Self.json)),
        ])
    }

    private static func json(_ step: Step) -> JSON {
        .object([
            "title": .string(step.title), "seconds": seconds(step.seconds),
            "claims": .array(step.claims.map(JSON.string)),
        ])
    }

    private static func json(_ row: Row) -> JSON {
        .object([
            "name": .string(row.inmate.name), "weight": .int(row.inmate.weight),
            "address": .string(row.inmate.address), "paid": .amount(row.rewards.paid),
            "immature": .amount(row.rewards.immature), "mature": .amount(row.rewards.mature),
            "spendable": .amount(row.holdings.spendable),
        ])
    }

    private static func seconds(_ value: Double) -> JSON {
        .number(FloatingText.fixed(value, decimals: 3))
    }
}
