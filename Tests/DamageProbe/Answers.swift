import ControlInterface
import Dispatch
import EventLog
import JourneyModel
import Questions
import Timelines
import Views

/// What a log answers to everything that is asked of it.
struct Answers {
    struct Difference {
        let text: String
        /// Whether it may be so where the damage is named.
        let isAllowed: Bool
    }

    private static let at = "at=2027-01-01"
    private static let questions = [
        #"{"funnel":{"steps":[{"type":"marketing.lead.qualified"},{"type":"sales.opportunity.won"}]},"at":"2027-01-01","list":"journeys"}"#,
        #"{"paths":{},"at":"2027-01-01"}"#,
    ]
    private static let patience = DispatchTimeInterval.seconds(30)

    /// What the program says is damaged.
    private(set) var named: [String] = []
    let tail: Position
    private var replies: [(target: String, status: Int, body: String)] = []
    // Of events that are sent again, and of one that is new.
    private var appends: [String] = []

    /// - Parameter repeated: events that are stored in the sound log, to be sent again; where nil, this is the sound log.
    /// - Throws: where the log does not open.
    init(_ path: String, repeating repeated: [String]? = nil) throws {
        let directory = try DataDirectory(path: path)
        var options = EventLog.Options()
        options.mapSize = 1 << 26
        options.identityTail = 64
        let log = try EventLog(directory: directory, options: options)
        defer { log.close() }
        let views = try JourneyViews(log: log, map: .shipped(), directory: directory, mapSize: 1 << 26)
        defer { views.close() }
        var limits = JourneyColumns.Limits()
        limits.store = try directory.directory("views/columns")
        let columns = JourneyColumns(log: log, limits: limits)
        defer { columns.close() }
        let kept = try KeptViews(views, QuestionEngine(columns), directory: directory)
        defer { kept.close() }
        let interface = ControlInterface(
            log: log, views: views, kept: kept, columns: columns, catalogue: try .shipped(),
            access: AccessPolicy(trusted: [0]), version: "0")
        tail = log.tail
        if !Answers.catchUp(views, tail) { named.append("wrong: the views hang at \(views.position)") }
        for target in Answers.targets(log) { replies.append(try Answers.ask(interface, target)) }
        for question in Answers.questions {
            do throws(QuestionFault) {
                let utf8 = Array(question.utf8)
                let answer = try QuestionEngine(columns).answer(Question(utf8.span))
                replies.append((question, 200, String(decoding: answer, as: UTF8.self)))
            } catch {
                replies.append((question, 500, "\(error)"))
                named.append("\(error)")
            }
        }
        named += log.damages
        if let reason = log.readOnlyReason { named.append(reason) }
        if let trouble = log.keepersTrouble { named.append(trouble) }
        if case .stopped(let error) = views.phase { named.append("\(error)") }
        named += views.parked.map { "the event at position \($0.position) is parked: \($0.reason)" }
        let verification = log.verify { _ in true }
        named += verification.damages.map { "\($0.place) \($0.position ?? 0): \($0.reason)" }
        for text in (repeated ?? events) + [Answers.new] { appends.append("\(text.prefix(120)): \(try Answers.append(text, interface))") }
    }

    // MARK: - Asking

    private static func targets(_ log: EventLog) -> [String] {
        var targets = log.first <= log.tail ? (log.first...log.tail).map { "/v1/events/\($0)" } : []
        targets.append("/v1/events?limit=1000")
        for view in ["funnel", "funnel?by=data.region", "funnel?by=data.channel", "friction", "friction?scope=sales"] {
            targets.append("/v1/\(view)\(view.contains("?") ? "&" : "?")\(at)")
        }
        for subject in ["lead:1", "lead:7", "account:2", "lead:30"] {
            targets += ["/v1/journeys/\(subject)?\(at)", "/v1/events?subject=\(subject)", "/v1/events?journey=\(subject)"]
        }
        return targets
    }

    private static func ask(_ interface: ControlInterface, _ target: String) throws -> (target: String, status: Int, body: String) {
        let route = try Route(method: "GET", target: try RequestTarget(target), accept: nil, lastEventID: nil)
        guard case .whole(let reply) = interface.answer(route) else { return (target, 0, "not an answer as a whole") }
        return (target, reply.status, String(decoding: reply.body, as: UTF8.self))
    }

    private static func catchUp(_ views: JourneyViews, _ tail: Position) -> Bool {
        let seen = DispatchSemaphore(value: 0)
        views.whenSeen(tail) { seen.signal() }
        let deadline = DispatchTime.now() + patience
        while DispatchTime.now() < deadline {
            // Views that stop tell nobody: they are looked at now and then.
            if seen.wait(timeout: .now() + .milliseconds(2)) == .success { return true }
            if case .stopped = views.phase { return true }
        }
        return false
    }

    private static let new = #"{"specversion":"1.0","id":"new","source":"/probe","type":"test.probe.sent","subject":"lead:1"}"#

    /// Some of the events, as anybody could send them again.
    var events: [String] {
        let events = replies.filter { $0.status == 200 && $0.target.dropFirst(11).allSatisfy(\.isNumber) && !$0.target.contains("?") }
        return stride(from: 0, to: events.count, by: 37).map { events[$0].body }
    }

    private static func append(_ text: String, _ interface: ControlInterface) throws -> String {
        let bytes = Array(text.utf8)
        let batch = try interface.batch(bytes.span, .single, interface.access.emission(Caller(user: 0, groups: [])))
        let (done, outcome) = (DispatchSemaphore(value: 0), Outcome())
        do throws(LogError) {
            try interface.log.append(
                AppendRequest(batch: batch, to: interface.log, isAtomic: true, emitter: 0) { result in
                    outcome.text = "\(result)"
                    done.signal()
                })
        } catch {
            return "refused: \(error)"
        }
        guard done.wait(timeout: .now() + patience) == .success else { return "no answer" }
        return outcome.text
    }

    private final class Outcome: @unchecked Sendable {
        // @unchecked Sendable: read after the semaphore that is signalled after it was written.
        var text = ""
    }

    // MARK: - Comparing

    func differences(from sound: Answers) -> [Difference] {
        var differences: [Difference] = []
        let mine = Dictionary(uniqueKeysWithValues: replies.map { ($0.target, $0) })
        for expected in sound.replies {
            guard let reply = mine[expected.target] else {
                // Not asked, as the log says that it ends before.
                differences.append(Difference(text: "\(expected.target) is beyond the log", isAllowed: tail < sound.tail))
                continue
            }
            guard reply.status != expected.status || reply.body != expected.body else { continue }
            let text = "\(reply.target) is answered \(reply.status) \(reply.body.prefix(300)) and not \(expected.body.prefix(300))"
            let isAllowed = reply.status >= 400 || isPartial(reply.body) || isEarlier(reply.body, expected.body)
            differences.append(Difference(text: text, isAllowed: isAllowed))
        }
        let soundAppends = Set(sound.appends)
        for append in appends where !soundAppends.contains(append) {
            differences.append(
                Difference(text: "an append is answered \(append)", isAllowed: append.contains("refused") || append.contains("failure")))
        }
        return differences
    }

    /// Whether an answer says that it is one without some events.
    private func isPartial(_ body: String) -> Bool {
        (try? JSONValue(text: body))?["partial"]?["parked"]?.integer ?? 0 > 0
    }

    /// Whether an answer is one for an earlier position, and says so; or is the beginning of the sound list.
    private func isEarlier(_ body: String, _ sound: String) -> Bool {
        guard let value = try? JSONValue(text: body), let expected = try? JSONValue(text: sound) else { return false }
        if let events = value["events"]?.elements, value["journey"] == nil, let all = expected["events"]?.elements {
            return events.count <= all.count && events == Array(all.prefix(events.count))
        }
        guard let position = value["position"]?.integer, let last = expected["position"]?.integer else { return false }
        return position < last
    }
}
