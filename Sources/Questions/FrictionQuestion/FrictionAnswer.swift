package import JourneyModel

/// The frictions of a question, worst first, whether the stage map tells them or they deviate from the rest.
package struct FrictionAnswer: Sendable {
    /// One of them.
    package enum Row: Sendable {
        case staged(Friction.Row)
        case deviation(Deviation)

        /// From 0 to 1.
        package var severity: Double {
            switch self {
            case .staged(let row): row.severity
            case .deviation(let deviation): deviation.severity
            }
        }
    }

    /// The most severe first.
    package let rows: [Row]
    private let names: [String]

    init(_ frictions: Friction, _ deviations: [Deviation], names: [String], limit: Int) {
        let all = frictions.rows.map(Row.staged) + deviations.map(Row.deviation)
        // Stable: among equals the order in which each kind gave them.
        let order = all.indices.sorted { (-all[$0].severity, $0) < (-all[$1].severity, $1) }
        rows = order.prefix(limit).map { all[$0] }
        self.names = names
    }

    /// Writes the members of the answer.
    package func write(to writer: inout JSONWriter) {
        writer.key("frictions")
        writer.array { writer in
            for row in rows {
                switch row {
                case .staged(let row): row.write(to: &writer)
                case .deviation(let deviation): deviation.write(to: &writer, names: names)
                }
            }
        }
    }
}
