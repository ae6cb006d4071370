/// A line of JSON to send: an event of the ledger, as it is or disguised.
struct TortureLine {
    /// The number of the event in the ledger.
    let event: Int
    /// Whether it has the name of a stored event and other content.
    var isConflict = false
    /// What is sent.
    let text: String
}

/// What one connection sends.
struct TorturePlan: Sendable {
    enum Form: Sendable {
        /// One event a request, so many requests on their way at once.
        case singles(onTheirWay: Int)
        /// One array a request.
        case arrays
        /// One request; a unit of lines at a time, so many units sent before an answer is read.
        case stream(ahead: Int)
    }

    let form: Form
    /// What goes out together.
    let units: [[TortureLine]]
}

/// What one connection sent and was told.
struct TortureRecord: Sendable {
    /// An answer that some lines were stored.
    struct Acknowledgement: Sendable {
        let lines: Range<Int>
        let first, last: Int?
        let appended, duplicates: Int
        /// Lines that were refused, counted as `lines` are, and their codes.
        let rejected: [Int: String]
    }

    /// An answer that nothing of a unit was stored.
    struct Refusal: Sendable {
        let lines: Range<Int>
        let status: Int
        let code: String
    }

    let lines: [TortureLine]
    var acknowledgements: [Acknowledgement] = []
    var refusals: [Refusal] = []
    /// What must not happen, in words.
    var problems: [String] = []
    let isStream: Bool

    init(_ plan: TorturePlan) {
        lines = plan.units.flatMap { $0 }
        if case .stream = plan.form { isStream = true } else { isStream = false }
    }
}

extension Ledger {
    /// Judges what a connection was told, when all that is stored has been read.
    ///
    /// - Parameters:
    ///   - start: the last position before the connection.
    ///   - shared: events that others sent at the same time, so that who was first is not known.
    /// - Returns: how many new events were acknowledged, and how many that were stored before.
    mutating func judge(_ record: TortureRecord, after start: Int, shared: Set<Int>) -> (appended: Int, duplicates: Int) {
        for problem in record.problems { faults.note(\.other, problem) }
        let refused = judgeRefusals(record)
        var seen: Set<Int> = []
        var totals = (appended: 0, duplicates: 0)
        for answer in record.acknowledgements {
            judge(answer, record, start, shared, &seen)
            totals.appended += answer.appended
            totals.duplicates += answer.duplicates
        }
        judgeOrder(record, start, shared, refused)
        return totals
    }

    private mutating func judge(
        _ answer: TortureRecord.Acknowledgement, _ record: TortureRecord, _ start: Int, _ shared: Set<Int>, _ seen: inout Set<Int>
    ) {
        var (positions, duplicates, isShared): ([Int], Int, Bool) = ([], 0, false)
        for index in answer.lines {
            let line = record.lines[index]
            if line.isConflict || answer.rejected[index] != nil {
                if !line.isConflict || answer.rejected[index] != "conflicting-duplicate" {
                    faults.note(\.other, "answered \(answer.rejected[index] ?? "stored") to \(line.text.prefix(300))")
                }
                continue
            }
            guard let position = events[line.event].position else {
                faults.note(\.lost, "acknowledged at \(answer.first ?? 0)…\(answer.last ?? 0) and not there: \(line.text.prefix(300))")
                continue
            }
            positions.append(position)
            isShared = isShared || shared.contains(line.event)
            if position <= start || !seen.insert(line.event).inserted { duplicates += 1 }
        }
        if positions.min() != answer.first || positions.max() != answer.last {
            let found = "\(positions.min() ?? 0)…\(positions.max() ?? 0)"
            faults.note(\.outOfOrder, "acknowledged at \(answer.first ?? 0)…\(answer.last ?? 0), found at \(found)")
        }
        let isRight = isShared || (answer.duplicates == duplicates && answer.appended == positions.count - duplicates)
        if !isRight || answer.appended + answer.duplicates != positions.count {
            let counts = "\(answer.appended) new and \(answer.duplicates) duplicates"
            faults.note(\.duplicated, "answered \(counts), were \(positions.count - duplicates) and \(duplicates)")
        }
    }

    /// - Returns: the lines that stand for nothing stored.
    private mutating func judgeRefusals(_ record: TortureRecord) -> Set<Int> {
        var refused: Set<Int> = []
        for refusal in record.refusals {
            let hasConflict = refusal.lines.contains { record.lines[$0].isConflict }
            if !hasConflict || refusal.status != 409 {
                let text = record.lines[refusal.lines.lowerBound].text
                faults.note(\.other, "answered \(refusal.status) \(refusal.code) to \(text.prefix(300))")
            }
            refused.formUnion(refusal.lines)
        }
        return refused
    }

    /// New events of one connection are stored in the order sent, and none without those before it.
    private mutating func judgeOrder(_ record: TortureRecord, _ start: Int, _ shared: Set<Int>, _ refused: Set<Int>) {
        var last = start
        var missing: String?
        var seen: Set<Int> = []
        for (index, line) in record.lines.enumerated() {
            guard !line.isConflict, !refused.contains(index), !shared.contains(line.event), seen.insert(line.event).inserted else {
                continue
            }
            guard let position = events[line.event].position else {
                missing = missing ?? line.text
                continue
            }
            guard position > start else { continue }
            if let missing {
                faults.note(\.outOfOrder, "stored at \(position), and not what went before it on the connection: \(missing.prefix(300))")
                return
            }
            if position <= last { faults.note(\.outOfOrder, "stored at \(position), after one that was sent later at \(last)") }
            last = position
        }
    }
}
