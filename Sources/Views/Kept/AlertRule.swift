package import JourneyModel
internal import Questions

/// When a number of a kept funnel is worth an alert.
package struct AlertRule: Sendable, Hashable {
    /// What is compared.
    enum Limit: Sendable, Hashable {
        /// The share of those that reached the step; for `count` the number itself.
        case above(Double)
        /// How long the one has been undecided that has been for longest, in microseconds.
        case olderThan(Int64)
    }

    /// Most rules of a view.
    static let maximum = 32

    /// As `step:2,dropped`.
    package let cell: String
    let step: Int
    let kind: Question.Explained.Cell
    let limit: Limit

    /// Reads the member `alerts` of a view's definition.
    ///
    /// - Throws: ``QuestionFault/invalid(_:)`` with every fault.
    static func read(_ value: JSONValue, steps: Int) throws(QuestionFault) -> [AlertRule] {
        guard let list = value.elements, list.count <= maximum else {
            throw .invalid("/alerts", "must be a list of at most \(maximum) alerts such as {\"cell\": \"step:2,dropped\", \"above\": 0.3}")
        }
        var faults: [Violation] = []
        var rules: [AlertRule] = []
        for (index, element) in list.enumerated() {
            if let rule = AlertRule(element, steps: steps) {
                rules.append(rule)
            } else {
                let shape = "must be {\"cell\": \"step:N,count|undecided|dropped\", \"above\": NUMBER} with N from 1 to \(steps)"
                let other = "or {\"cell\": \"step:N,undecided\", \"olderThan\": \"P14D\"}"
                faults.append(Violation(pointer: "/alerts/\(index)", detail: "\(shape), \(other)", code: "invalid-question"))
            }
        }
        guard faults.isEmpty else { throw .invalid(faults) }
        return rules
    }

    private init?(_ value: JSONValue, steps: Int) {
        guard let members = value.members, members.count == 2, let cell = value["cell"]?.text, let place = Question.Explained(cell: cell),
            case .cell(let step, let kind) = place, 1...steps ~= step
        else { return nil }
        if case .number(let text) = value["above"], let above = Double(text) {
            limit = .above(above)
        } else if let age = value["olderThan"]?.text.flatMap({ TimeSpan($0)?.microseconds }), kind == .undecided {
            limit = .olderThan(age)
        } else {
            return nil
        }
        (self.cell, self.step, self.kind) = (cell, step, kind)
    }

    /// The number of `funnel` that is compared, and its threshold; in seconds where it is an age. Nil where there is nothing to compare.
    ///
    /// - Complexity: O(log journeys); O(journeys) for an age.
    func value(_ funnel: LiveFunnel, at moment: Int64) -> (value: Double, threshold: Double)? {
        switch limit {
        case .above(let threshold):
            let (count, all) = funnel.cell(step: step, kind, at: moment)
            if kind == .count { return (Double(count), threshold) }
            return all == 0 ? nil : (Double(count) / Double(all), threshold)
        case .olderThan(let threshold):
            let age = funnel.oldestUndecided(step: step, at: moment).map { moment - $0 } ?? 0
            return (Double(age) / 1e6, Double(threshold) / 1e6)
        }
    }
}

/// An alert that was raised, or is over.
package struct AlertEvent: Sendable {
    package let isRaised: Bool
    package let view: String
    package let cell: String
    package let value: Double
    package let threshold: Double
    package let time: Timestamp

    /// The event as CloudEvents JSON: of a source of its own, and with an id that the same alert has if it is sent again.
    package var json: [UInt8] {
        var writer = JSONWriter()
        let word = isRaised ? "raised" : "cleared"
        writer.object { writer in
            writer.member("specversion", "1.0")
            writer.member("id", "\(view)/\(cell)/\(word)/\(time.microseconds)")
            writer.member("source", AlertEvent.source)
            writer.member("type", "ops.alert.\(word)")
            writer.member("subject", "view:\(view)")
            writer.member("time", time.text)
            writer.key("data")
            writer.object { writer in
                writer.member("view", view)
                writer.member("cell", cell)
                writer.key("value")
                writer.number(value)
                writer.key("threshold")
                writer.number(threshold)
            }
        }
        return writer.bytes
    }

    /// The source of the daemon's own events.
    package static let source = "urn:journeyd:views"
}
