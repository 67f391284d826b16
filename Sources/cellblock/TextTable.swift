/// A table in plain text: columns as wide as they need to be, numbers to the right.
struct TextTable {
    struct Column {
        var title: String
        var isNumber = false
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ row: [String]) { rows.append(row) }

    var isEmpty: Bool { rows.isEmpty }

    /// Its lines, the titles first.
    var lines: [String] {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { place in
            all.map { place < $0.count ? $0[place].count : 0 }.max() ?? 0
        }
        return all.map { row in
            var line = ""
            for (place, column) in columns.enumerated() {
                let text = place < row.count ? row[place] : ""
                let padding = String(repeating: " ", count: widths[place] - text.count)
                line +=
                    (place == 0 ? "" : "  ") + (column.isNumber ? padding + text : text + padding)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
