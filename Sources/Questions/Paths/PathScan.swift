internal import EventLog
internal import JourneyModel
internal import Timelines

/// A walk over all journeys as path rows, piece by piece on several threads, each piece adding up a part of its own.
struct PathScan: Sendable {
    /// Journeys between two looks at whether anybody still waits.
    static let stride = 1024

    let journeys: Journeys
    let fields: PathFields
    private let columns: [EventField: PropertyColumn]
    private let included: RowSet?
    private let log: EventLog
    private let names: PathNames

    /// - Parameters:
    ///   - included: the events that count; all where nil.
    ///   - names: what has a number already, in each part the same.
    init(
        _ journeys: Journeys, _ fields: PathFields, _ columns: [EventField: PropertyColumn], included: RowSet?, log: EventLog,
        names: PathNames = PathNames()
    ) {
        (self.journeys, self.fields, self.columns, self.included, self.log, self.names) =
            (journeys, fields, columns, included, log, names)
    }

    /// The parts, in the order of the pieces.
    ///
    /// - Parameters:
    ///   - pointer: where the question names the activity.
    ///   - add: takes the journey in that `reader.rows` holds.
    ///   - end: is given the names that the part's numbers stand for.
    /// - Throws: where a piece has too many activities, or nobody waits any more.
    func parts<Part: Sendable>(
        threads: Int, _ monitor: WorkMonitor, _ pointer: String, begin: @escaping @Sendable (PathNames) -> Part,
        add: @escaping @Sendable (inout Part, borrowing PathRowReader, JourneyRows) -> Void,
        end: @escaping @Sendable (inout Part, PathNames) -> Void = { _, _ in }
    ) throws(QuestionFault) -> [Part] {
        let scan = self
        let parts = Parallel.map(journeys.pieces.count, threads: threads) { number -> Part? in
            var reader = PathRowReader(
                scan.journeys, scan.fields, scan.columns, included: scan.included, log: scan.log, names: scan.names)
            var part = begin(scan.names)
            let piece = scan.journeys.pieces[number]
            for journey in 0..<piece.chunk.count where !piece.isReplaced(journey) {
                if journey % PathScan.stride == 0, monitor.isCancelled { return nil }
                let rows = JourneyRows(piece.chunk, journey)
                reader.read(rows)
                add(&part, reader, rows)
            }
            end(&part, reader.names)
            return reader.hasOverflown ? nil : part
        }
        if monitor.isCancelled { throw .columns(.cancelled) }
        let whole = parts.compactMap(\.self)
        guard whole.count == parts.count else { throw tooManyActivities(pointer) }
        return whole
    }

    /// As many parts as threads, each of the pieces that its thread came by: for what comes out the same whoever adds it up.
    ///
    /// - Parameter add: takes the journey in that `reader.rows` holds.
    /// - Throws: as ``parts(threads:_:_:begin:add:end:)``.
    func fold<Part: Sendable>(
        threads: Int, _ monitor: WorkMonitor, _ pointer: String, begin: @escaping @Sendable () -> Part,
        add: @escaping @Sendable (inout Part, borrowing PathRowReader) -> Void
    ) throws(QuestionFault) -> [Part] {
        let (scan, count) = (self, max(1, min(threads, journeys.pieces.count)))
        let parts = Parallel.map(count, threads: threads) { first -> Part? in
            var reader = PathRowReader(
                scan.journeys, scan.fields, scan.columns, included: scan.included, log: scan.log, names: scan.names)
            var part = begin()
            for number in Swift.stride(from: first, to: scan.journeys.pieces.count, by: count) {
                let piece = scan.journeys.pieces[number]
                for journey in 0..<piece.chunk.count where !piece.isReplaced(journey) {
                    if journey % PathScan.stride == 0, monitor.isCancelled { return nil }
                    reader.read(JourneyRows(piece.chunk, journey))
                    add(&part, reader)
                }
            }
            return reader.hasOverflown ? nil : part
        }
        if monitor.isCancelled { throw .columns(.cancelled) }
        let whole = parts.compactMap(\.self)
        guard whole.count == parts.count else { throw tooManyActivities(pointer) }
        return whole
    }

    /// What is thrown where there are more activities than are told apart.
    func tooManyActivities(_ pointer: String) -> QuestionFault {
        .invalid(pointer, "\(fields.activity.name) has more than \(PathNames.maximumActivities) values; an activity is one of a few")
    }
}
