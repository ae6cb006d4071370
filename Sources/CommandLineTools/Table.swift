/// Rows of text in aligned columns, for terminals.
package struct Table: Sendable {
    /// On which side a column's texts line up.
    package enum Alignment: Sendable {
        case left, right
    }

    /// A column's heading and alignment.
    package struct Column: Sendable {
        package let title: String
        package let alignment: Alignment

        package init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    /// A table without rows.
    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row. Cells that are missing stay empty, and those beyond the columns are not shown.
    package mutating func append(_ cells: [String]) {
        rows.append(columns.indices.map { $0 < cells.count ? cells[$0] : "" })
    }

    /// The table as text, a line for each row under a line of titles; without one where all titles are empty.
    ///
    /// Widths count characters, which is right for all but those that terminals draw two cells wide.
    package var text: String {
        let titles = columns.map(\.title)
        let lines = titles.allSatisfy(\.isEmpty) ? rows : [titles] + rows
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line(of: $0, widths) + "\n" }.joined()
    }

    private func line(of cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let space = String(repeating: " ", count: widths[index] - cell.count)
            if index > 0 { line += "  " }
            line += columns[index].alignment == .left ? cell + space : space + cell
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
