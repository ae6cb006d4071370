package import JourneyModel
internal import Timelines

/// The state of a kept funnel: what each journey adds, and what all of them amount to.
///
/// A value that depends on the journeys alone, and not on the order in which they came or changed; two of different journeys merge by adding.
/// Memory: about 100 bytes a journey that entered, and 16 bytes for each step it reached.
package struct LiveFunnel: Sendable {
    package let definition: FunnelDefinition
    private var contributions: [UInt32: [FunnelContribution]] = [:]
    private var totals: FunnelCells
    private var groups: [UInt32: FunnelCells] = [:]
    private var trend: [Int64: FunnelCells] = [:]

    package init(_ definition: FunnelDefinition) {
        self.definition = definition
        totals = FunnelCells(steps: definition.steps.count)
    }

    /// How many journeys entered.
    package var journeys: Int { contributions.count }

    /// Replaces what the journey that is `component` adds; nothing where it is no more.
    package mutating func set(_ component: UInt32, _ new: [FunnelContribution]) {
        let old = new.isEmpty ? contributions.removeValue(forKey: component) : contributions.updateValue(new, forKey: component)
        if let old {
            guard old != new else { return }
            for contribution in old { change(contribution) { $0.remove(contribution) } }
        }
        for contribution in new { change(contribution) { $0.add(contribution) } }
    }

    /// A number of a step, counted from 1, and how many reached the step.
    package func cell(step: Int, _ cell: Question.Explained.Cell, at moment: Int64) -> (count: Int, of: Int) {
        let figures = totals.steps(at: moment)[step - 1]
        return switch cell {
        case .count: (figures.count, figures.count)
        case .undecided: (figures.undecided, figures.count)
        case .dropped: (figures.dropped, figures.count)
        }
    }

    /// When the one reached the step that has been undecided there for longest; nil where none is. O(journeys).
    package func oldestUndecided(step: Int, at moment: Int64) -> Int64? {
        guard step < definition.steps.count else { return nil }
        var oldest: Int64?
        for contribution in contributions.values.joined() where contribution.isCounted && contribution.level == step {
            guard let deadline = contribution.deadline, deadline >= moment, let reached = contribution.times.last else { continue }
            oldest = min(oldest ?? reached, reached)
        }
        return oldest
    }

    /// Adds another's journeys, of which it has none.
    package mutating func merge(_ other: LiveFunnel) {
        contributions.merge(other.contributions) { _, other in other }
        totals.merge(other.totals)
        let empty = FunnelCells(steps: definition.steps.count)
        for (key, cells) in other.groups { groups[key, default: empty].merge(cells) }
        for (key, cells) in other.trend { trend[key, default: empty].merge(cells) }
    }

    private mutating func change(_ contribution: FunnelContribution, _ body: (inout FunnelCells) -> Void) {
        let empty = FunnelCells(steps: definition.steps.count)
        if contribution.isCounted {
            body(&totals)
            if let trend = definition.trend {
                let day = trend.firstDay(of: contribution.times[0])
                body(&self.trend[day, default: empty])
                if self.trend[day]?.isEmpty == true { self.trend[day] = nil }
            }
        }
        guard let breakdown = definition.breakdown, contribution.isCounted != (breakdown.attribution == .all) else { return }
        body(&groups[contribution.group, default: empty])
        if groups[contribution.group]?.isEmpty == true { groups[contribution.group] = nil }
    }

    /// Writes the semantics, `steps`, `groups` and `trend` as an answer has them.
    ///
    /// - Parameter values: the texts of the groups' symbols.
    /// - Complexity: O(steps · log journeys) a group.
    package func write(at moment: Int64, values: SymbolTable, to writer: inout JSONWriter) {
        definition.semantics.write(to: &writer)
        writer.key("steps")
        write(totals, at: moment, to: &writer)
        if definition.breakdown != nil {
            writer.key("groups")
            let named = groups.map { (symbol, cells) in
                let value: ScalarValue = symbol == 0 ? .null : values.withBytes(symbol - 1) { GroupKey.scalar($0) }
                return FunnelGroupList.Group(value: value, entered: cells.count(1), cells: cells)
            }
            FunnelGroupList.write(named, to: &writer) { cells, writer in
                write(cells, at: moment, to: &writer)
            } merge: { cells in
                cells.dropFirst().reduce(into: cells[0]) { $0.merge($1) }
            }
        }
        guard definition.trend != nil else { return }
        writer.key("trend")
        writer.array { writer in
            for (day, cells) in trend.sorted(by: { $0.key < $1.key }) {
                writer.object { writer in
                    writer.member("from", Timestamp(microseconds: day).text)
                    writer.key("steps")
                    write(cells, at: moment, to: &writer)
                }
            }
        }
    }

    private func write(_ cells: FunnelCells, at moment: Int64, to writer: inout JSONWriter) {
        FunnelStepFigures.write(cells.steps(at: moment), definition.names, histogramBins: definition.histogramBins, to: &writer)
    }
}

/// The groups of a breakdown as answers tell them: the largest one by one, the others added up.
enum FunnelGroupList {
    /// Most groups that are told one by one.
    private static let maximum = 100

    struct Group<Cells> {
        let value: ScalarValue
        let entered: Int
        let cells: Cells
    }

    static func write<Cells>(
        _ groups: [Group<Cells>], to writer: inout JSONWriter, _ steps: (Cells, inout JSONWriter) -> Void, merge: ([Cells]) -> Cells
    ) {
        let sorted = groups.sorted { ($1.entered, $0.value.sortText) < ($0.entered, $1.value.sortText) }
        writer.array { writer in
            for group in sorted.prefix(maximum) {
                writer.object { writer in
                    writer.key("value")
                    group.value.write(to: &writer)
                    writer.key("steps")
                    steps(group.cells, &writer)
                }
            }
            guard sorted.count > maximum else { return }
            writer.object { writer in
                writer.member("others", sorted.count - maximum)
                writer.key("steps")
                steps(merge(sorted.dropFirst(maximum).map(\.cells)), &writer)
            }
        }
    }
}
