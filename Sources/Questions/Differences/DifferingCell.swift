internal import JourneyModel

/// A number of an answer, by name, as JSON: two are the same where they read the same.
struct DifferingCell: Sendable, Equatable {
    let name: String
    private let text: [UInt8]

    init(_ name: String, _ number: Int) {
        (self.name, text) = (name, Array(String(number).utf8))
    }

    init(_ name: String, _ times: TimeFigures?) {
        var writer = JSONWriter()
        TimeFigures.write(times, to: &writer)
        (self.name, text) = (name, writer.bytes)
    }

    /// Writes an object for each cell that differs, null for a side that has none.
    ///
    /// - Parameter place: writes the members that say where the cells are.
    static func write(
        _ before: [DifferingCell]?, _ after: [DifferingCell]?, to writer: inout JSONWriter, place: (inout JSONWriter) -> Void
    ) {
        for (index, name) in (after ?? before ?? []).map(\.name).enumerated() {
            let (one, other) = (before?[index], after?[index])
            guard one != other else { continue }
            writer.object { writer in
                place(&writer)
                writer.member("cell", name)
                for (side, cell) in [("before", one), ("after", other)] {
                    writer.key(side)
                    if let cell { writer.raw(cell.text.span) } else { writer.null() }
                }
            }
        }
    }
}
