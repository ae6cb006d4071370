internal import EventLog
internal import JourneyModel
internal import Timelines

/// The journeys that a question is asked of, those it is held against, and the moment at which both are judged.
struct AskedJourneys {
    let journeys: Journeys
    let at: Timestamp
    /// What the journeys are held against, with what it is; nil for nothing, or for the same under another map.
    private let other: (journeys: Journeys, side: Against.Side)?
    private let isAgainstMap: Bool
    private let assumed: [IdentityLens.Assumption]

    init(_ question: Question, _ positions: QuestionPositions, _ columns: JourneyColumns, _ monitor: WorkMonitor) throws(QuestionFault) {
        let position = try question.knowledge.map { (asOf) throws(QuestionFault) in try positions.position(asOf, "/asOf") }
        if let asked = question.at { at = asked } else { at = try positions.moment(question.knowledge, position) }
        var lens = IdentityLens()
        lens.position = try question.lens.identity.map { (asOf) throws(QuestionFault) in try positions.position(asOf, "/identity") }
        func journeys(_ position: Position?, _ lens: IdentityLens) throws(QuestionFault) -> Journeys {
            do throws(ColumnsError) {
                return try columns.journeys(asOf: position, through: lens, monitor)
            } catch {
                throw .columns(error)
            }
        }
        let plain = try journeys(position, lens)
        assumed = try AskedJourneys.assumed(question.lens.assumptions, plain, columns)
        isAgainstMap = if case .under = question.lens.against { true } else { false }
        if !assumed.isEmpty {
            (lens.assumptions, lens.moment) = (assumed, at.microseconds)
            self.journeys = try journeys(position, lens)
            other = (plain, .withoutAssuming)
        } else if case .knowledge(let knowledge) = question.lens.against {
            let earlier = try positions.position(knowledge, "/diff")
            guard earlier <= plain.position else {
                throw .invalid("/diff", "must be a position before the one that is asked as of, which is \(plain.position)")
            }
            self.journeys = plain
            other = (try journeys(earlier, lens), .position(earlier, moment: try positions.recordedAt(earlier)))
        } else {
            (self.journeys, other) = (plain, nil)
        }
        // Rows count from the first event that the log keeps.
        if let other, other.journeys.table.first != self.journeys.table.first { throw .columns(.retained) }
    }

    private static func assumed(
        _ assumptions: [QuestionLens.Assumption], _ journeys: Journeys, _ columns: JourneyColumns
    ) throws(QuestionFault) -> [IdentityLens.Assumption] {
        func number(_ name: String, _ pointer: String) throws(QuestionFault) -> UInt32 {
            if let number = columns.subject(name), Int(number) < journeys.roots.count { return number }
            throw .invalid(pointer, "no event up to position \(journeys.position) speaks of '\(name)'")
        }
        return try assumptions.map { (assumption) throws(QuestionFault) in
            IdentityLens.Assumption(
                try number(assumption.first, assumption.pointer), try number(assumption.second, assumption.pointer),
                isLink: assumption.isLink)
        }
    }

    /// Whether the answer is held against another.
    var isCompared: Bool { other != nil || isAgainstMap }

    /// Those of both sides with the most events.
    var widest: Journeys {
        guard let other, other.journeys.rowCount > journeys.rowCount else { return journeys }
        return other.journeys
    }

    /// What the answer is held against; nil for nothing.
    ///
    /// - Complexity: O(subjects + events between the two).
    func against(_ definitions: DefinitionsInForce?, _ columns: JourneyColumns) throws(QuestionFault) -> Against? {
        if let other { return Against(other.side, other.journeys, journeys, assumed: assumed) }
        guard isAgainstMap, let map = definitions?.replaced else { return nil }
        return Against(.definition(map), journeys, journeys, assumed: [])
    }

    /// An answer's JSON: the members that all have, and those that `body` writes.
    func answer(_ question: Question, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("position", journeys.position)
            writer.member("at", at.text)
            writer.member("definition", question.hash)
            body(&writer)
        }
        return writer.bytes
    }
}
