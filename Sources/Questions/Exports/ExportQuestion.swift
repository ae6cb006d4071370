package import EventLog
internal import JourneyModel
package import Timelines

/// An export: the events of a selection of journeys in a format that other programs read.
///
///     {"format": "xes", "activity": "data.activity", "resource": "data.resource", "where": {…}, "journeys": ["lead:42"]}
///
/// A journey is exported whole, with all its events, where any of them meets `where` and it is one of `journeys`; both may be left out.
package struct ExportQuestion: Sendable {
    /// What is written.
    package enum Format: String, Sendable, CaseIterable {
        /// IEEE 1849-2016, a trace a journey.
        case xes
        /// OCEL 2.0 in JSON (https://www.ocel-standard.org): an event relates to its subject and its account.
        case ocel
        /// A header, and a row an event.
        case csv
        /// An event a line, as `GET /v1/events` gives it, with the extension attribute `journey`.
        case ndjson

        /// The media type.
        package var contentType: String {
            switch self {
            case .xes: "application/xml"
            case .ocel: "application/json"
            case .csv: "text/csv"
            case .ndjson: "application/x-ndjson"
            }
        }
    }

    /// Most journeys that can be named.
    private static let maximumNamed = 10_000
    /// Bytes after which a piece is sent.
    private static let pieceSize = 256 << 10

    package let format: Format
    let activity: EventField
    let resource: EventField?
    let population: Condition?
    let named: [String]?

    init(_ part: QuestionPart) {
        part.allow(["format", "activity", "resource", "where", "journeys"], "an export")
        if part["format"] == nil, part.value.members != nil { part.fault("has no format: xes, ocel, csv or ndjson") }
        format = part["format"]?.word(Format.self) ?? .ndjson
        activity = part["activity"]?.field() ?? .type
        resource = part["resource"]?.field()
        var conditions = ConditionReader()
        population = part["where"].map { conditions.condition($0) }
        named = part["journeys"]?.elements(1...ExportQuestion.maximumNamed, "subjects").compactMap { $0.text("a subject such as lead:42") }
    }

    /// The fields of which columns must be had.
    package var fields: Set<EventField> { population?.fields ?? [] }

    /// The journeys that are meant, made ready to be written: nothing is refused from then on but what the log cannot give.
    package func selection(
        _ journeys: Journeys, _ source: JourneyColumns, _ monitor: WorkMonitor = WorkMonitor()
    ) throws(QuestionFault) -> Selection {
        let columns: [EventField: PropertyColumn]
        do throws(ColumnsError) {
            columns = try source.properties(fields, for: journeys, monitor)
        } catch {
            throw .columns(error)
        }
        let rows = population?.rows(journeys, columns)
        var wanted: Set<UInt32>?
        if let named {
            var roots: Set<UInt32> = []
            for (index, name) in named.enumerated() {
                guard let subject = source.subject(name), Int(subject) < journeys.roots.count else {
                    throw .invalid("/export/journeys/\(index)", "no event speaks of '\(name)'")
                }
                roots.insert(journeys.roots[Int(subject)])
            }
            wanted = roots
        }
        let chosen = journeys.filter { journey in
            (wanted?.contains(journey.root) ?? true) && (rows.map { rows in journey.contains { rows.contains($0.row) } } ?? true)
        }
        return Selection(
            question: self, journeys: journeys, chosen: chosen, names: JourneyNames(Set(chosen.map(\.root)), journeys, source),
            log: source.log)
    }

    /// The journeys of an export.
    package struct Selection: Sendable {
        let question: ExportQuestion
        let journeys: Journeys
        let chosen: [JourneyRows]
        let names: JourneyNames
        let log: EventLog

        /// The media type of what is written.
        package var contentType: String { question.format.contentType }

        /// How many journeys there are.
        package var count: Int { chosen.count }

        /// Writes the export piece by piece, until `send` says that nobody listens any more.
        ///
        /// - Returns: false where it broke off.
        /// - Throws: where the log cannot be read.
        /// - Complexity: O(events), a few microseconds each; memory is that of a journey and a piece, for OCEL of all objects as well.
        package func write(_ send: (_ piece: [UInt8]) -> Bool) throws(LogError) -> Bool {
            var writer: any ExportWriter =
                switch question.format {
                case .xes: XESWriter()
                case .ocel: OCELWriter()
                case .csv: CSVWriter(hasResource: question.resource != nil)
                case .ndjson: NDJSONWriter()
                }
            writer.begin()
            for journey in chosen {
                writer.add(names[journey.root], try events(journey))
                guard writer.bytes.count < ExportQuestion.pieceSize || send(writer.take()) else { return false }
            }
            writer.end()
            return send(writer.take())
        }

        private func events(_ journey: JourneyRows) throws(LogError) -> [ExportedEvent] {
            var events: [ExportedEvent] = []
            for row in journey {
                guard let stored = try log.event(at: journeys.table.position(row.row)) else { continue }
                var data = stored.data
                if let correction = journeys.effects.corrections[row.row],
                    let event = try log.event(at: journeys.table.position(correction)), let value = try? JSONValue(event.data.span)["data"]
                {
                    data = value.canonicalText
                }
                events.append(ExportedEvent(stored, data: data, question))
            }
            return events
        }
    }
}

/// Writes journeys in one format.
protocol ExportWriter {
    /// What was written and not yet taken.
    var bytes: [UInt8] { get set }

    mutating func begin()
    mutating func add(_ journey: String, _ events: [ExportedEvent])
    mutating func end()
}

extension ExportWriter {
    /// What was written since the last time.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    mutating func write(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
