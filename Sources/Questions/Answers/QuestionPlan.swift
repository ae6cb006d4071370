internal import JourneyModel
internal import Timelines

/// What answering a question would read, found without reading it.
struct QuestionPlan {
    private let events: Int
    private let journeys: Int
    private let scans: Int
    private let fields: Set<EventField>
    private let unread: [EventField: Int]

    /// - Parameter scans: how often all journeys would be walked through.
    init(_ journeys: Journeys, _ columns: JourneyColumns, fields: Set<EventField>, scans: Int) {
        (events, self.journeys, self.scans, self.fields) = (Int(journeys.rowCount), journeys.count, scans, fields)
        unread = columns.unread(fields, journeys)
    }

    /// Writes the member `plan`.
    func write(to writer: inout JSONWriter) {
        writer.key("plan")
        writer.object { writer in
            writer.member("events", events)
            writer.member("journeys", journeys)
            writer.member("scans", scans)
            writer.key("fields")
            writer.array { writer in
                for field in fields.sorted(by: { $0.name < $1.name }) {
                    writer.object { writer in
                        writer.member("field", field.name)
                        writer.member("eventsToRead", unread[field] ?? 0)
                    }
                }
            }
            writer.member("eventsToRead", unread.values.max() ?? 0)
        }
    }
}
