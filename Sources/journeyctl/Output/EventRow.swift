internal import CommandLineTools
internal import JourneyModel

/// A stored event as a row.
struct EventRow {
    /// The columns for programs.
    static let header = ["position", "recordedat", "time", "type", "subject", "account", "source", "id", "data"]
    private static let longestData = 72

    private let event: JSONValue

    init(_ event: JSONValue) {
        self.event = event
    }

    /// The values for programs.
    var cells: [String] { event.cells(EventRow.header) }

    /// Events for people, in aligned columns.
    static func table(_ events: [JSONValue]) -> String {
        var table = Table([.init("position", .right), .init("time"), .init("type"), .init("subject"), .init("data")])
        for event in events { table.append(EventRow(event).readable) }
        return table.styled
    }

    /// The event for people on a line of its own, where those to come are not known yet and columns are as wide as most need.
    var line: String {
        let widths = [-8, 20, 36, 20, 0]
        let line = zip(readable, widths).map { text, width in
            let space = String(repeating: " ", count: max(0, abs(width) - text.count))
            return width < 0 ? space + text : text + space
        }
        return line.joined(separator: "  ") + "\n"
    }

    private var readable: [String] {
        let data = event[orNull: "data"].readable
        return [
            event[orNull: "position"].readable, event[orNull: "time"].moment, event[orNull: "type"].readable,
            event[orNull: "subject"].readable,
            data.count > EventRow.longestData ? data.prefix(EventRow.longestData - 1) + "…" : data,
        ]
    }
}
