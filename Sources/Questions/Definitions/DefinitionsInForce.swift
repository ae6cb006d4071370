internal import Crypto
internal import EventLog
internal import JourneyModel
internal import Timelines

/// The definitions that a question about stages is answered under.
struct DefinitionsInForce: Sendable {
    let map: StageMap
    /// The map that was in force where the question asked for another one.
    let replaced: StageMap?
    let hours: BusinessHours?
    let levels: ServiceLevels?
    /// Definitions that were set and could not be understood.
    let refused: [DefinitionHistory.Refused]

    /// Finds them for journeys as of a position.
    ///
    /// - Parameters:
    ///   - under: another map, or another position whose map is meant; nil for the one in force.
    ///   - position: gives the position that is meant by what was known.
    /// - Complexity: O(rows), about a nanosecond each, and O(definitions).
    init(
        _ under: QuestionLens.Under?, _ journeys: Journeys, _ columns: JourneyColumns, _ monitor: WorkMonitor,
        position: (Question.Knowledge) throws(QuestionFault) -> Position
    ) throws(QuestionFault) {
        let now = journeys.position
        let asked: Position? = if case .knowledge(let knowledge) = under { try position(knowledge) } else { nil }
        let history = try DefinitionHistory(journeys, columns, through: max(now, asked ?? now), monitor)
        let shipped: StageMap
        do throws(Violation) { shipped = try .shipped() } catch { throw .invalid([error]) }
        let inForce = history.map(at: now) ?? shipped
        switch under {
        case nil: (map, replaced) = (inForce, nil)
        case .map(let other): (map, replaced) = (other, inForce)
        case .knowledge: (map, replaced) = (history.map(at: asked ?? now) ?? shipped, inForce)
        }
        hours = history.hours(at: now)
        levels = history.serviceLevels(at: now)
        refused = history.refused.filter { $0.position <= now }
    }

    /// Writes the members that name them.
    func write(to writer: inout JSONWriter) {
        writer.member("map", map.digest)
        guard !refused.isEmpty else { return }
        writer.key("refusedDefinitions")
        writer.array { writer in
            for refused in refused {
                writer.object { writer in
                    writer.member("position", refused.position)
                    writer.member("pointer", refused.reason.pointer)
                    writer.member("detail", refused.reason.detail)
                }
            }
        }
    }
}

extension StageMap {
    /// The SHA-256 of the map as canonical JSON, as `sha256:…`.
    package var digest: String {
        "sha256:" + SHA256.hash(data: canonicalText).hexadecimal
    }
}

extension DefinitionHistory {
    /// The definitions set through a position, without those that are voided and with the data of those that are corrected, as of the journeys.
    fileprivate init(
        _ journeys: Journeys, _ columns: JourneyColumns, through position: Position, _ monitor: WorkMonitor
    ) throws(QuestionFault) {
        self.init()
        do throws(ColumnsError) {
            let table = journeys.table
            for row in try columns.rows(ofType: DefinitionHistory.type, in: table, monitor) where table.position(row) <= position {
                guard !journeys.effects.voided.contains(row) else { continue }
                let source = journeys.effects.corrections[row] ?? row
                guard let event = try DefinitionHistory.event(columns.log, table.position(source)),
                    let data = try? JSONValue(event.data.span)
                else { continue }
                add(source == row ? data : data["data"] ?? .null, at: table.position(row))
            }
        } catch {
            throw .columns(error)
        }
    }

    private static func event(_ log: EventLog, _ position: Position) throws(ColumnsError) -> StoredEvent? {
        do throws(LogError) { return try log.event(at: position) } catch { throw .log(error) }
    }
}
